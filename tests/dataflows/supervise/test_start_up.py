"""Broker and topics may come later; who waits for them says so, and gives up with what is missing."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from dataflows.brokers.broker import Broker
from dataflows.brokers.ports import LOOPBACK, free_port
from dataflows.errors import BrokerUnreachable, TopicMissing
from dataflows.kafka import topic_layout
from dataflows.settings import Settings
from dataflows.supervise import start_up
from dataflows.supervise.start_up import NEEDED, wait_until_there
from schemas import topics
from schemas.topics import CANDLES, SIGNALS, TopicSpec
from tests.dataflows.deployment import Deployment


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits says so at once and often."""
    monkeypatch.setattr(start_up, "SILENT_SECONDS", 0.0)
    monkeypatch.setattr(start_up, "SAY_SECONDS", 0.2)
    monkeypatch.setattr(start_up, "SHORTEST_WAIT_SECONDS", 0.5)


def settings(servers: str, prefix: str = "", **more: object) -> Settings:
    return Settings(_env_file=None, bootstrap_servers=servers, topic_prefix=prefix, **more)  # type: ignore[call-arg, arg-type]  # pydantic-settings' own, and as a test gives them


def never() -> bool:
    return False


@contextmanager
def door(port: int, behind: str, opens_after: float) -> Iterator[None]:
    """Something that from some time on leads whoever comes to a port to the broker."""
    host, _, number = behind.partition(":")
    over = threading.Event()

    def pipe(source: socket.socket, target: socket.socket) -> None:
        with source, target:
            try:
                while data := source.recv(65_536):
                    target.sendall(data)
            except OSError:
                pass

    def serve() -> None:
        over.wait(opens_after)
        with ExitStack() as stack, socket.create_server((LOOPBACK, port)) as server:
            server.settimeout(0.1)
            while not over.is_set():
                try:
                    client = stack.enter_context(server.accept()[0])
                except TimeoutError:
                    continue
                broker = stack.enter_context(socket.create_connection((host, int(number))))
                for pair in ((client, broker), (broker, client)):
                    threading.Thread(target=pipe, args=pair, daemon=True).start()

    opener = threading.Thread(target=serve)
    opener.start()
    try:
        yield
    finally:
        over.set()
        opener.join()


def test_what_is_needed_is_what_is_designed_and_used() -> None:
    """The rest belongs to parts that are to come, or is made by the workers."""
    later = {topics.SUBSCRIPTIONS, topics.ORDERS}
    assert {*NEEDED, *later, topics.PLACEMENTS} == set(topics.ALL_TOPICS)


def test_what_is_there_is_not_waited_for(any_broker: Broker, topic_prefix: str) -> None:
    given = settings(any_broker.bootstrap_servers, topic_prefix)
    topic_layout.create(given)
    said: list[str] = []
    assert wait_until_there(given, said.append, never)
    assert said == []


@pytest.mark.usefixtures("eager")
def test_a_broker_that_comes_later_is_waited_for_aloud(embedded_broker: Broker, topic_prefix: str) -> None:
    topic_layout.create(settings(embedded_broker.bootstrap_servers, topic_prefix))
    port = free_port()
    said: list[str] = []
    with door(port, embedded_broker.bootstrap_servers, opens_after=1.0):
        assert wait_until_there(settings(f"{LOOPBACK}:{port}", topic_prefix), said.append, never)
    assert said[0].startswith(f"waiting for a Kafka broker at {LOOPBACK}:{port} (")
    assert "of at most 120): " in said[0]
    assert "nothing listens there" in said[-1]


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("missing", NEEDED, ids=lambda topic: topic.name)
def test_a_topic_that_comes_later_is_waited_for_aloud(
    embedded_broker: Broker, topic_prefix: str, tmp_path: Path, missing: TopicSpec
) -> None:
    given = settings(embedded_broker.bootstrap_servers, topic_prefix)
    admin = AdminClient({**given.kafka_client_config(), "log_level": 0})
    Deployment(embedded_broker, topic_prefix, tmp_path).create(without=[missing])
    said: list[str] = []
    later = threading.Timer(0.5, topic_layout.create, [given])
    later.start()
    try:
        assert wait_until_there(given, said.append, never)
    finally:
        later.join()
    assert f"has no {missing.prefixed(topic_prefix)}. Create them with `candelabra topics create`" in said[0]
    assert missing.prefixed(topic_prefix) in admin.list_topics(timeout=10).topics


@pytest.mark.usefixtures("eager")
def test_it_gives_up_on_a_broker_with_the_likely_cause() -> None:
    given = settings(f"{LOOPBACK}:1", startup_wait_seconds=1.0)
    said: list[str] = []
    with pytest.raises(BrokerUnreachable, match=r"no Kafka broker answered at .* within 1 s.*nothing listens there"):
        wait_until_there(given, said.append, never)
    assert said


@pytest.mark.usefixtures("eager")
def test_it_gives_up_on_topics_with_their_names(embedded_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    given = settings(embedded_broker.bootstrap_servers, topic_prefix, startup_wait_seconds=1.0)
    Deployment(embedded_broker, topic_prefix, tmp_path).create(without=[CANDLES, SIGNALS])
    with pytest.raises(TopicMissing) as refused:
        wait_until_there(given, lambda _what: None, never)
    names = f"{CANDLES.prefixed(topic_prefix)}, {SIGNALS.prefixed(topic_prefix)}"
    assert f"still lacked these topics after 1 s: {names}. Create them" in str(refused.value)


def test_who_asks_for_the_end_is_heard_while_it_waits() -> None:
    began = time.monotonic()
    asked = threading.Event()
    threading.Timer(0.3, asked.set).start()
    assert not wait_until_there(settings(f"{LOOPBACK}:1"), lambda _what: None, asked.is_set)
    assert time.monotonic() - began < 60
