"""How a deployment stands: everything that can be seen of it from outside, in one look of a second or two."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka.admin import TopicMetadata

from dataflows.brokers.contact import wait_for_broker
from dataflows.health.answers import WorkerAnswer, ask_workers
from dataflows.health.lag import PartitionLag, partition_lags
from dataflows.health.news import Recent, newest_statuses, recent_alerts, recent_dead_letters
from dataflows.health.signs import newest_output, worked_again
from dataflows.kafka import topic_layout
from dataflows.kafka.topic_report import TopicReport
from dataflows.recovery.folder import bytes_on_disk, partition_files
from dataflows.recovery.inspection import inspect
from dataflows.settings import Settings
from schemas import topics
from schemas.lifecycle import StrategyStatus

GROUP = "candelabra"
"""After the topic prefix: the consumer group that workers commit to."""
_MOST_WORKERS = 64
NEWEST = 1_000
"""So many of the newest candles of each partition that were worked: what share of them was refused."""


@dataclass(frozen=True)
class Store:
    """A recovery store: its size, the epoch it is gone on from, how long ago it was written to, what is wrong."""

    folder: Path
    bytes: int
    epoch: int
    age_seconds: float | None
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Standing:
    """What was seen.

    Attributes:
        looked_at_ms: when, milliseconds since the epoch.
        epoch_seconds: how often workers commit, as these settings say.
        topics: what is missing or other than designed.
        lags: by partition of the candle topic; empty where that is missing.
        statuses: the newest status by key; ``statuses_whole`` says whether all were read in time.
        workers: those that answer; None where no health port is set, so nobody was asked.
        store: None where none is named.
        newest_candles: how many candles the share of dead letters is taken of: ``dead_letters.of_newest`` are of these.
        output_ms: when a worker last wrote anything, milliseconds since the epoch; None where no topic has anything.
        again: partitions of which candles that wait were worked before: a rebuild, or what came since a snapshot.
    """

    looked_at_ms: int
    epoch_seconds: float
    servers: str
    topics: TopicReport
    group: str
    lags: tuple[PartitionLag, ...]
    statuses: dict[str, StrategyStatus]
    statuses_whole: bool
    dead_letters: Recent
    alerts: Recent
    workers: tuple[WorkerAnswer, ...] | None
    health: str
    store: Store | None
    newest_candles: int = 0
    output_ms: int | None = None
    again: frozenset[int] = frozenset()

    @property
    def worked_ms(self) -> int | None:
        """When the newest candle that is worked was written."""
        return max((lag.worked_ms for lag in self.lags if lag.worked_ms is not None), default=None)

    @property
    def newest_ms(self) -> int | None:
        """When the newest candle was written."""
        return max((lag.newest_ms for lag in self.lags if lag.newest_ms is not None), default=None)


def look(settings: Settings, now: Callable[[], float] = time.time) -> Standing:
    """Look at the broker, the topics, the workers and the recovery store of these settings. Changes nothing.

    Raises:
        BrokerError: nobody answers, or the broker does not let this client look.
    """
    config, prefix = settings.kafka_client_config(), settings.topic_prefix
    there = wait_for_broker(config).topics
    counts = {
        spec.name: len(topic.partitions) if (topic := there.get(spec.prefixed(prefix))) is not None else 0
        for spec in (topics.CANDLES, topics.STATUS, topics.DEAD_LETTER, topics.ALERTS)
    }
    port, group = settings.health_port, f"{prefix}{GROUP}"
    with ThreadPoolExecutor(6) as pool:
        layout = pool.submit(topic_layout.check, settings)
        candles = topics.CANDLES.prefixed(prefix)
        lags = pool.submit(partition_lags, config, candles, counts["candles"], group) if counts["candles"] else None
        statuses = pool.submit(newest_statuses, settings) if counts["status"] else None
        most = min(max(counts["candles"], 1), _MOST_WORKERS)
        workers = pool.submit(ask_workers, settings.health_host, port, most) if port is not None else None
        found = tuple(lags.result()) if lags is not None else ()
        newest = max((lag.newest_ms for lag in found if lag.newest_ms is not None), default=None)
        of_newest = {one.partition: range(max(one.oldest, one.position - NEWEST), one.position) for one in found}
        letters = pool.submit(recent_dead_letters, settings, counts["dead-letter"], newest, of_newest)
        looked_at_ms = int(now() * 1000)
        again = pool.submit(worked_again, settings, found, looked_at_ms)
        output = pool.submit(newest_output, config, _written(there, prefix))
        alerts = pool.submit(recent_alerts, settings, counts["alerts"], newest)
        store = None if settings.recovery_dir is None else look_at_store(settings.recovery_dir, now())
        newest_of, whole = statuses.result() if statuses is not None else ({}, True)
        return Standing(
            looked_at_ms=looked_at_ms,
            epoch_seconds=settings.epoch_seconds,
            servers=settings.bootstrap_servers,
            topics=layout.result(),
            group=group,
            lags=found,
            statuses=newest_of,
            statuses_whole=whole,
            dead_letters=letters.result() if counts["dead-letter"] else Recent(),
            alerts=alerts.result() if counts["alerts"] else Recent(),
            workers=None if workers is None else tuple(workers.result()),
            health="" if port is None else f"{settings.health_host}:{port}",
            store=store,
            newest_candles=sum(map(len, of_newest.values())),
            output_ms=output.result(),
            again=again.result(),
        )


def _written(there: Mapping[str, TopicMetadata], prefix: str) -> dict[str, int]:
    """The topics that workers write, and nobody else: how many partitions each has."""
    written = (
        topics.PLACEMENTS,
        topics.STATUS,
        topics.SIGNALS,
        topics.COMPOSITES,
        topics.EQUITY,
        topics.ALERTS,
        topics.DEAD_LETTER,
    )
    names = [spec.prefixed(prefix) for spec in written]
    return {name: len(there[name].partitions) for name in names if name in there}


def look_at_store(folder: Path, now: float) -> Store:
    """A recovery store as it lies there."""
    found = inspect(folder)
    written = [path.stat().st_mtime for path in folder.glob("part-*.sqlite3*")]
    age = max(0.0, now - max(written)) if written else None
    faults = [str(fault) for fault in found.faults]
    if not partition_files(folder):
        faults = ["there is no recovery store"]
    return Store(folder, bytes_on_disk(folder), found.epoch, age, tuple(faults))
