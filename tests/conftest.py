"""What every test may ask for: brokers, names that do not clash, real candles."""

import itertools
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn, TypeVar

import pytest
from hypothesis import settings

from dataflows.brokers.apache_kafka import ApacheKafka
from dataflows.brokers.broker import Broker
from dataflows.brokers.embedded import EmbeddedBroker
from dataflows.brokers.external import connect_broker
from dataflows.brokers.java import find_java
from dataflows.brokers.kafka_jars import kafka_jars
from dataflows.errors import BrokerUnavailable

REQUIRE_VARIABLE = "CANDELABRA_REQUIRE_KAFKA"

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COLUMNS", None)  # of the terminal of who started it, or 80: what verbs print is no terminal's here

settings.register_profile("any machine", deadline=None)  # how fast an example runs proves nothing
settings.load_profile("any machine")

_SESSION = secrets.token_hex(4)
_numbers = itertools.count(1)
Started = TypeVar("Started")


def do_without(reason: str) -> NoReturn:
    """Skip with the reason, or fail with it where a broker is required."""
    if os.environ.get(REQUIRE_VARIABLE, "") not in {"", "0"}:
        pytest.fail(f"{REQUIRE_VARIABLE} is set, and there is no broker: {reason}", pytrace=False)
    pytest.skip(reason)


def _start(start: Callable[[], Started]) -> Started:
    try:
        return start()
    except BrokerUnavailable as unavailable:
        do_without(str(unavailable))


@pytest.fixture(scope="session")
def kafka_can_start() -> None:
    """Skip unless this machine can start an Apache Kafka of its own, whatever KAFKA_BOOTSTRAP says."""
    _start(lambda: (find_java(), kafka_jars()))


@pytest.fixture(scope="session")
def apache_kafka() -> Iterator[Broker]:
    """Apache Kafka: the one at KAFKA_BOOTSTRAP, else one of our own for the whole session."""
    given = os.environ.get("KAFKA_BOOTSTRAP")
    with connect_broker(given) if given else _start(ApacheKafka) as broker:
        yield broker


@pytest.fixture(scope="session")
def embedded_broker() -> Iterator[Broker]:
    """The demo broker, for the whole session."""
    with _start(EmbeddedBroker) as broker:
        yield broker


@pytest.fixture(scope="session", params=["embedded_broker", pytest.param("apache_kafka", marks=pytest.mark.kafka)])
def any_broker(request: pytest.FixtureRequest) -> Broker:
    """Both brokers in turn, for what must work on either."""
    broker = request.getfixturevalue(request.param)
    assert isinstance(broker, Broker)
    return broker


@pytest.fixture
def topic_prefix() -> str:
    """A topic prefix nobody else uses, on a broker that many tests and sessions share."""
    return f"test-{_SESSION}-{next(_numbers)}."


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the directory of real candles, which lies beside the repository where there is one."""
    directory = Path(__file__).parents[2] / "shared" / "data"
    if not directory.is_dir():
        pytest.skip("real candles are not here: there is no ../shared/data beside the repository")
    return directory
