"""What the workers last said of strategies, and what went wrong lately: read from the output topics."""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from confluent_kafka import Consumer

from dataflows.kafka.client import ClientConfig, reader_config
from dataflows.kafka.codec import build_codec
from dataflows.kafka.follow import Followed, FollowedRecord, TopicFollower
from dataflows.kafka.metadata import offset_range
from dataflows.settings import Settings
from schemas import topics
from schemas.alert import Alert
from schemas.dead_letter import DeadLetter
from schemas.lifecycle import StrategyStatus
from schemas.record import Record
from schemas.signal import Signal
from schemas.topics import TopicSpec

LOOKED_AT = 5_000
"""So many of the newest dead letters, and as many alerts, are looked at in each partition."""
HOUR_MS = 3_600_000
_READ_SECONDS = 5.0
"""What a topic may take; mostly it takes a tenth of that."""


@dataclass(frozen=True)
class Recent:
    """Records of a topic by what they are about.

    Attributes:
        total: how many the topic holds.
        counts: of those that were looked at, the newest.
        last_hour: of them, those written in the last hour of the feed: the hour before its newest candle was written.
        looked_at: how many that were.
        of_newest: of them, those that are about one of the newest candles; see ``recent_dead_letters``.
    """

    total: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    last_hour: Mapping[str, int] = field(default_factory=dict)
    looked_at: int = 0
    of_newest: int = 0


def newest_statuses(settings: Settings) -> tuple[dict[str, StrategyStatus], bool]:
    """The newest status by key, and whether the topic was read to its end in time."""
    statuses: dict[str, StrategyStatus] = {}
    reading = _Reading(settings, topics.STATUS, StrategyStatus, None)
    for one in reading:
        if isinstance(one.record, StrategyStatus):
            statuses[one.record.key] = one.record
    return statuses, reading.whole


def recent_dead_letters(
    settings: Settings, partitions: int, newest_ms: int | None, newest: Mapping[int, range] | None = None
) -> Recent:
    """Dead letters by reason. ``newest`` are the offsets of the newest candles, by partition of their topic."""
    candles = topics.CANDLES.prefixed(settings.topic_prefix)

    def is_of_newest(record: object) -> bool:
        if not isinstance(record, DeadLetter) or record.topic != candles or newest is None:
            return False
        return record.offset in newest.get(record.partition, ())

    return _recent(settings, topics.DEAD_LETTER, DeadLetter, partitions, newest_ms, is_of_newest)


def recent_alerts(settings: Settings, partitions: int, newest_ms: int | None) -> Recent:
    """Alerts by kind."""
    return _recent(settings, topics.ALERTS, Alert, partitions, newest_ms)


def newest_signals(settings: Settings, until_ms: int) -> dict[str, datetime]:
    """The latest candle of each symbol that a signal follows from: its close time. Of signals written until then."""
    newest: dict[str, datetime] = {}
    for one in _Reading(settings, topics.SIGNALS, Signal, LOOKED_AT):
        if isinstance(one.record, Signal) and one.timestamp_ms is not None and one.timestamp_ms <= until_ms:
            symbol, close_time = one.record.symbol, one.record.close_time
            newest[symbol] = max(close_time, newest.get(symbol, close_time))
    return newest


def _recent(  # noqa: PLR0913, PLR0917  # what is read, and what is asked of it
    settings: Settings,
    spec: TopicSpec,
    kind: type[Record],
    partitions: int,
    newest_ms: int | None,
    is_of_newest: Callable[[object], bool] = lambda _record: False,
) -> Recent:
    counts, last_hour, of_newest = Counter[str](), Counter[str](), 0
    since = None if newest_ms is None else newest_ms - HOUR_MS
    for one in _Reading(settings, spec, kind, LOOKED_AT):
        record = one.record
        name = record.reason.value if isinstance(record, DeadLetter) else getattr(record, "kind", "cannot be read")
        counts[name] += 1
        of_newest += is_of_newest(record)
        if since is not None and one.timestamp_ms is not None and one.timestamp_ms >= since:
            last_hour[name] += 1
    total = _total(settings.kafka_client_config(), spec.prefixed(settings.topic_prefix), partitions)
    looked_at = sum(counts.values())
    return Recent(
        max(total, looked_at), dict(counts.most_common()), dict(last_hour.most_common()), looked_at, of_newest
    )


class _Reading:
    """A topic from near its end to its end, for a moment at most."""

    def __init__(self, settings: Settings, spec: TopicSpec, kind: type[Record], last: int | None) -> None:
        codec = build_codec(settings)
        followed = Followed(spec.prefixed(settings.topic_prefix), lambda value: codec.decode(value, kind), last)
        self._config = settings.kafka_client_config()
        self._followed = followed
        self.whole = False

    def __iter__(self) -> Iterator[FollowedRecord]:
        deadline = time.monotonic() + _READ_SECONDS
        with TopicFollower(self._config, [self._followed], missing="wait", timeout_s=_READ_SECONDS) as follower:
            while not follower.caught_up and time.monotonic() < deadline:
                yield from follower.poll(max_records=10_000, timeout_s=0.02)
            self.whole = follower.caught_up


def _total(client_config: ClientConfig, topic: str, partitions: int) -> int:
    with contextlib.closing(Consumer({**reader_config(client_config), "log_level": 0})) as consumer:
        total = 0
        for number in range(partitions):
            low, high = offset_range(consumer, topic, number)
            total += max(0, high - low)
        return total
