"""What a worker tells Prometheus: one registry for each process, filled when somebody asks.

The flow counts in plain numbers, so that a candle costs it nothing more; they become metrics at a scrape. All are of
this process alone: Prometheus adds up the processes of a cluster.
"""

import importlib.metadata
import platform
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from confluent_kafka import libversion
from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from dataflows.health.buckets import Buckets
from dataflows.health.readings import Readings
from dataflows.health.vitals import Vitals
from dataflows.recovery.folder import bytes_on_disk
from dataflows.version import version
from operators.tally import Tally


def registry_of(tally: Tally, readings: Readings, vitals: Vitals, store: Path | None) -> CollectorRegistry:
    """Everything that a worker tells: of itself, and of its process (memory, CPU, file handles, collections)."""
    registry = CollectorRegistry()
    registry.register(WorkerCollector(tally, readings, vitals, store))
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


class WorkerCollector(Collector):
    """The metrics of one worker; ``store`` is the recovery store that it writes to, if any."""

    def __init__(self, tally: Tally, readings: Readings, vitals: Vitals, store: Path | None) -> None:
        self._tally = tally
        self._readings = readings
        self._vitals = vitals
        self._store = store
        self._build = {
            "version": version(),
            "python": platform.python_version(),
            "bytewax": _version_of("bytewax"),
            "confluent_kafka": _version_of("confluent-kafka"),
            "librdkafka": libversion()[0],
        }

    def describe(self) -> Iterable[Metric]:
        """Every metric, for the registry's check of names."""
        return self.collect()

    def collect(self) -> Iterator[Metric]:
        """All metrics as they are now."""
        yield InfoMetricFamily("candelabra_build", "What runs here.", self._build)
        yield from self._counts()
        yield from self._states()
        yield from self._histograms()

    def _counts(self) -> Iterator[Metric]:
        tally, readings = self._tally, self._readings
        for name, text, count in (
            ("candles", "Closed candles taken by the market step.", tally.candles),
            ("duplicates", "Candles that were there already, dropped.", tally.duplicates),
            ("gaps", "Gaps in the candles of a symbol.", tally.gaps),
            ("evaluations", "Candles judged, once for each strategy.", tally.evaluations),
            ("late_signals", "Signals that came when their windows had been worked.", tally.late_signals),
            ("restarts", "How often the cluster was started again before this process.", readings.restarts),
        ):
            yield CounterMetricFamily(f"candelabra_{name}", text, count)
        for name, text, label, counts in (
            ("signals", "Signals given.", "strategy", tally.signals),
            ("composites", "Composites given; * is the consensus of all.", "strategy", tally.composites),
            ("dead_letters", "Refused input, handed to the producer.", "reason", readings.dead_letters),
            ("alerts", "Alerts, handed to the producer.", "kind", readings.alerts),
            ("records", "Records handed to the producer.", "topic", readings.records),
            ("commands", "Commands and watchlist entries given to a symbol.", "part", readings.commands),
        ):
            yield _by_label(CounterMetricFamily(f"candelabra_{name}", text, labels=[label]), counts)

    def _states(self) -> Iterator[Metric]:
        readings = self._readings
        known = dict.fromkeys(readings.partitions, 0) | self._tally.lag  # one that never had a candle has no lag
        lag = {str(partition): count for partition, count in known.items()}
        for name, text, label, values in (
            ("lag_records", "Records of the candle topic not read yet.", "partition", lag),
            ("restored_keys", "Keys that went on from a snapshot at the start.", "step", readings.restored),
        ):
            yield _by_label(GaugeMetricFamily(f"candelabra_{name}", text, labels=[label]), values)
        yield self._waits()
        for name, text, value in (
            ("alive", "1 while the flow's thread turns its loop, as /healthz says.", not self._vitals.not_alive()),
            ("ready", "1 while the worker works the feed, as /readyz says.", not self._vitals.not_ready()),
            ("quarantined_keys", "Keys that are out of service now.", len(readings.quarantined)),
            ("resume_seconds", "From the flow's start to its first look at the feed.", readings.restored_seconds or 0),
            ("snapshot_timestamp_seconds", "When the last snapshot of the feed was taken.", readings.snapshot_at),
            ("threads", "Threads of the process, those of the Kafka client included.", threads()),
            ("recovery_store_bytes", "Size of the recovery store, all workers' parts.", store_bytes(self._store)),
        ):
            yield GaugeMetricFamily(f"candelabra_{name}", text, float(value))

    def _waits(self) -> Metric:
        text = "Market time that a strategy on all its symbols holds back, by the symbol it waits for."
        family = GaugeMetricFamily("candelabra_behind_seconds", text, labels=["strategy", "symbol", "candles"])
        for strategy, wait in sorted(dict(self._readings.waits).items()):
            for symbols, candles in ((wait.late, "late"), (wait.silent, "none")):
                for symbol in symbols:
                    family.add_metric([strategy, symbol, candles], wait.behind_ms / 1000)
        return family

    def _histograms(self) -> Iterator[Metric]:
        readings = self._readings
        for name, text, label, found in (
            (
                "latency_seconds",
                "From a candle's record timestamp to the hand-over of what it caused to the producer.",
                "record",
                readings.latency,
            ),
            (
                "snapshot_seconds",
                "Time to take a snapshot; of an output, until all is acknowledged.",
                "step",
                readings.snapshots,
            ),
            ("snapshot_bytes", "Size of one snapshot in 64.", "step", readings.snapshot_bytes),
        ):
            yield _with_buckets(HistogramMetricFamily(f"candelabra_{name}", text, labels=[label]), found)


def _version_of(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:  # built by hand, without saying what it is
        return "unknown"


F = TypeVar("F", CounterMetricFamily, GaugeMetricFamily)


def _by_label(family: F, counts: Mapping[str, int]) -> F:
    for label, count in sorted(dict(counts).items()):
        family.add_metric([label], count)
    return family


def _with_buckets(family: HistogramMetricFamily, found: Mapping[str, Buckets]) -> HistogramMetricFamily:
    for label, buckets in sorted(dict(found).items()):
        family.add_metric([label], buckets.cumulative(), buckets.sum)
    return family


def threads() -> int:
    """Threads of this process, native ones too where the system tells."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir())
    except OSError:
        return threading.active_count()


def store_bytes(store: Path | None) -> int:
    """Size of a recovery store; 0 where there is none, or none that can be looked at."""
    try:
        return 0 if store is None else bytes_on_disk(store)
    except OSError:  # a journal that was merged between two looks
        return 0
