"""A broker that is not there is reported in time, with the cause, and without secrets."""

import socket
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from confluent_kafka import KafkaError, KafkaException

from dataflows.brokers.broker import Broker
from dataflows.brokers.contact import wait_for_broker
from dataflows.brokers.external import connect_broker
from dataflows.brokers.ports import free_port
from dataflows.errors import BrokerUnreachable, ClientConfigInvalid

SECRET = "hunter2-hunter2"


@pytest.fixture
def silent_server() -> Iterator[str]:
    """A server that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_nothing_listening_is_told_within_ten_seconds() -> None:
    address = f"127.0.0.1:{free_port()}"
    began = time.monotonic()
    with pytest.raises(BrokerUnreachable) as told:
        wait_for_broker({"bootstrap.servers": address})
    assert time.monotonic() - began < 10
    assert str(told.value).startswith(f"no Kafka broker answered at {address} within 8 s. The connection was refused")
    assert "CANDELABRA_BOOTSTRAP_SERVERS" in str(told.value)


def test_an_unknown_host_is_told_apart() -> None:
    began = time.monotonic()
    with pytest.raises(BrokerUnreachable, match=r"at broker\.invalid:9092 .*host name is not known"):
        wait_for_broker({"bootstrap.servers": "broker.invalid:9092"})
    assert time.monotonic() - began < 10


class Slow:
    """A client of a broker that needs so long for an answer, and gives none to a request that waits less."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.metadata: object = SimpleNamespace(brokers={0: "broker"}, topics={})

    def list_topics(self, timeout: float) -> object:
        time.sleep(min(timeout, self.seconds))
        if timeout < self.seconds:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001  # confluent-kafka's public error codes begin with an underscore
        return self.metadata

    def poll(self, _timeout: float) -> int:
        return 0


def test_a_broker_that_needs_longer_than_a_look_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, told = Slow(0.7), list[str]()
    monkeypatch.setattr("dataflows.brokers.contact.admin_client", lambda *_: slow)
    assert wait_for_broker({}, timeout_s=60, waiting=told.append) is slow.metadata
    assert told, "who waits is told meanwhile"


def test_a_server_that_keeps_silent_is_told_apart(silent_server: str) -> None:
    with pytest.raises(BrokerUnreachable, match="may be starting, behind a firewall, or expect another security"):
        wait_for_broker({"bootstrap.servers": silent_server}, timeout_s=1)


def test_the_wait_ends_early_when_told_so() -> None:
    began = time.monotonic()
    with pytest.raises(BrokerUnreachable):
        wait_for_broker({"bootstrap.servers": "127.0.0.1:1"}, timeout_s=300, give_up=lambda: True)
    assert time.monotonic() - began < 60


def test_a_refused_setting_is_named_without_its_value() -> None:
    with pytest.raises(ClientConfigInvalid, match=r"refused the setting security\.protocol:") as told:
        wait_for_broker({"bootstrap.servers": "127.0.0.1:1", "security.protocol": SECRET, "sasl.password": "x"})
    assert SECRET not in str(told.value)
    assert told.value.__cause__ is None


def test_no_secret_is_in_the_message_of_an_unreachable_broker() -> None:
    config = {
        "bootstrap.servers": "127.0.0.1:1",
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "user",
        "sasl.password": SECRET,
    }
    with pytest.raises(BrokerUnreachable) as told:
        wait_for_broker(config, timeout_s=1)
    assert SECRET not in str(told.value)


def test_a_broker_somebody_else_runs_outlives_our_connection(any_broker: Broker) -> None:
    with connect_broker(any_broker.bootstrap_servers) as external:
        assert external.bootstrap_servers == any_broker.bootstrap_servers
    assert wait_for_broker({"bootstrap.servers": any_broker.bootstrap_servers}).brokers
