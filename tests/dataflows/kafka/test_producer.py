"""Parts share a producer while one of them lives; a failed one and a parent's one are shared no more."""

import gc
import os

import pytest

from dataflows.kafka.client import writer_config
from dataflows.kafka.producer import give_up, shared_producer

NOWHERE = {"bootstrap.servers": "127.0.0.1:1"}


def test_one_for_each_way_of_reaching_a_broker() -> None:
    producer = shared_producer(NOWHERE)
    assert shared_producer(dict(NOWHERE)) is producer
    assert shared_producer({**NOWHERE, "client.id": "other"}) is not producer


def test_nobody_shares_one_that_was_given_up() -> None:
    producer = shared_producer(NOWHERE)
    producer.produce("topic", b"value")
    give_up(producer)
    assert shared_producer(NOWHERE) is not producer
    assert producer.flush(5) == 0  # what it held is dropped, so that it cannot be delivered later


def test_it_ends_with_its_last_holder() -> None:
    first = shared_producer(NOWHERE)
    first.marked = True  # type: ignore[attr-defined]  # to be told apart from a later one at the same address
    del first
    gc.collect()
    assert not hasattr(shared_producer(NOWHERE), "marked")


def test_a_forked_child_gets_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    parents = shared_producer(NOWHERE)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert shared_producer(NOWHERE) is not parents


def test_one_that_was_given_up_says_why_for_good() -> None:
    producer = shared_producer(NOWHERE)
    assert producer.given_up is None
    give_up(producer, "the first reason")
    give_up(producer, "another")
    assert producer.given_up == "the first reason"


def test_what_is_not_answered_in_time_is_counted() -> None:
    """Before the client's own time for a record is over, so that all of them can be dropped at once."""
    producer = shared_producer({**NOWHERE, "client.id": "unanswered"})
    producer.patience_s = 0.3
    assert producer.settle() is None
    for _ in range(2):
        producer.produce("topic", b"value")
    unsettled = producer.settle()
    assert unsettled is not None
    assert unsettled.startswith("2 records not acknowledged within 0.3 s")
    assert len(producer) == 2
    give_up(producer)
    assert len(producer) == 0


def test_it_waits_for_minutes_with_bounded_memory() -> None:
    """A broker that is stopped for a while is back-pressure, not a crash."""
    assert shared_producer(NOWHERE).patience_s == 270.0
    config = writer_config(NOWHERE)
    assert config["message.timeout.ms"] == 300_000
    assert config["queue.buffering.max.kbytes"] == 65_536
    assert shared_producer({**NOWHERE, "message.timeout.ms": 0}).patience_s == 270.0
    assert shared_producer({**NOWHERE, "message.timeout.ms": 2_000}).patience_s == 1.8
