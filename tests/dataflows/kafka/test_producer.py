"""Parts share a producer while one of them lives; a failed one and a parent's one are shared no more."""

import gc
import os

import pytest

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
