"""The one reader of a dashboard process: a background thread that keeps a store up to date for all sessions."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from confluent_kafka import KafkaException

from dataflows.errors import CandelabraError
from dataflows.kafka.codec import build_codec
from dataflows.kafka.follow import Followed, FollowedRecord, TopicFollower
from dataflows.kafka.record_types import RECORDS_OF
from dataflows.kafka.registry import RegistryError
from dataflows.settings import Settings
from schemas.composite import Composite, Consensus, LateSignal
from schemas.decode_error import DecodeError
from schemas.lifecycle import DesiredState, StrategyStatus, StrategyVersion
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.portfolio import PortfolioEntry, PortfolioReset
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.position import PositionChange
from schemas.signal import Signal
from schemas.topics import (
    CANDLES,
    COMPOSITES,
    CONTROL,
    EQUITY,
    LATE_SIGNALS,
    METRICS,
    POSITIONS,
    SIGNALS,
    STATUS,
    TopicSpec,
)
from schemas.trade import Trade
from schemas.watchlist import WatchlistEntry
from ui.dashboard.news import Deleted, News, Undecodable
from ui.dashboard.store import MarketStore

_CANDLES_OF_EACH_PARTITION = 50_000
_SIGNALS_OF_EACH_PARTITION = 20_000
_COMPOSITES_OF_EACH_PARTITION = 5_000
_POSITIONS_OF_EACH_PARTITION = 10_000
_POINTS_OF_EACH_PARTITION = 50_000
_RETRY_S = 1.0
_SHOWN = (
    tuple,
    Signal,
    Composite,
    Consensus,
    LateSignal,
    StrategyStatus,
    PositionChange,
    Trade,
    StrategyMetrics,
    EquityPoint,
    PortfolioMetrics,
    PortfolioEntry,
    WatchlistEntry,
)
_PASSED_OVER = (StrategyVersion, DesiredState, PortfolioReset)
_FAILURES = (CandelabraError, RegistryError, KafkaException)
_WAIT_S = 0.25


@dataclass(frozen=True)
class Connection:
    """How the feed stands to its broker; ``since`` is when that began.

    ``why`` is why not: empty while it is connected, and at the very beginning, before the first attempt has ended.
    """

    connected: bool
    since: datetime
    why: str = ""


class Reader(Protocol):
    """What the feed asks of a topic follower."""

    trouble: str | None

    def poll(self, max_records: int, timeout_s: float) -> list[FollowedRecord]:
        """What has arrived."""

    def close(self) -> None:
        """Leave the broker."""


class Feed:
    """Runs a reader in a thread until ``stop``, and opens a new one, again and again, when it fails.

    Args:
        open_reader: opens a reader; may raise when the broker is not there.
        store: what the reader brings goes in here.
        address: where the broker is expected, for messages to people.
        retry_s: pause before a failed reader is opened again, in seconds.
    """

    def __init__(
        self, open_reader: Callable[[], Reader], store: MarketStore, *, address: str, retry_s: float = _RETRY_S
    ) -> None:
        """Start the thread."""
        self.store = store
        self.address = address
        self._open_reader = open_reader
        self._retry_s = retry_s
        self._stopping = threading.Event()
        self._connection = Connection(connected=False, since=_now())
        self._thread = threading.Thread(target=self._run, name="candelabra-feed", daemon=True)
        self._thread.start()

    @property
    def connection(self) -> Connection:
        """Whether the broker is there, and since when."""
        return self._connection

    def stop(self) -> None:
        """End the thread; returns when it has ended."""
        self._stopping.set()
        self._thread.join(timeout=20)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                reader = self._open_reader()
            except _FAILURES as failure:
                self._note(str(failure))
            else:
                try:
                    self._read(reader)
                except _FAILURES as failure:
                    self._note(str(failure))
                finally:
                    reader.close()
            self._stopping.wait(self._retry_s)

    def _read(self, reader: Reader) -> None:
        away = False
        while not self._stopping.is_set():
            if away and reader.trouble is None:
                return  # whoever came back may be another broker with other records: the store drops what it knows
            away = reader.trouble is not None
            self._note(reader.trouble)
            records = reader.poll(1_000, _WAIT_S)
            if records:
                self.store.apply(filter(None, map(_news, records)), now=time.monotonic())

    def _note(self, trouble: str | None) -> None:
        """The first moment of a connection or of an outage counts, the newest reason is shown."""
        connected, before = trouble is None, self._connection
        if (connected, trouble or "") != (before.connected, before.why):
            since = before.since if connected == before.connected else _now()
            self._connection = Connection(connected=connected, since=since, why=trouble or "")


def kafka_feed(settings: Settings) -> Feed:
    """A feed of an installation: candles, what strategies say and come to, and the watchlist."""
    codec = build_codec(settings)

    def records(topic: TopicSpec, last: int | None = None) -> Followed:
        return Followed(
            topic.prefixed(settings.topic_prefix), lambda value: codec.decode_any(value, RECORDS_OF[topic.name]), last
        )

    topics = [
        records(CONTROL),
        Followed(CANDLES.prefixed(settings.topic_prefix), codec.decode_candle_row, last=_CANDLES_OF_EACH_PARTITION),
        records(SIGNALS, _SIGNALS_OF_EACH_PARTITION),
        records(COMPOSITES, _COMPOSITES_OF_EACH_PARTITION),
        records(LATE_SIGNALS),
        records(STATUS),
        records(POSITIONS, _POSITIONS_OF_EACH_PARTITION),
        records(EQUITY, _POINTS_OF_EACH_PARTITION),
        records(METRICS),
    ]
    config = settings.kafka_client_config()
    return Feed(
        lambda: TopicFollower(config, topics, missing="wait", timeout_s=5.0),
        MarketStore(timeframes=settings.timeframes),
        address=settings.bootstrap_servers,
    )


def _news(followed: FollowedRecord) -> News | None:
    """What the store is told of a record; None of one that it has no use for."""
    record = followed.record
    if isinstance(record, DecodeError):
        if followed.is_deletion and followed.key is not None:
            return _deleted(followed.topic, followed.key.decode("utf-8", "replace"))
        return Undecodable(followed.topic, followed.partition, followed.offset, str(record))
    if isinstance(record, _SHOWN):
        return record
    if isinstance(record, _PASSED_OVER):
        return None
    return Undecodable(followed.topic, followed.partition, followed.offset, f"unexpected {type(record).__name__}")


def _deleted(topic: str, key: str) -> Deleted | None:
    """Of the topics that are read, status, metrics and control are compacted; of control nothing is kept by key."""
    if topic.endswith(CONTROL.name):
        return None
    return Deleted(key, "metrics" if topic.endswith(METRICS.name) else "status")


def _now() -> datetime:
    return datetime.now(tz=UTC)
