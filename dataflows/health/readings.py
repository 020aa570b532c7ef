"""What a worker measures of itself beside the tally of its steps. Written by the flow's thread, read by any."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import get_args

from dataflows.health.buckets import Buckets
from operators.together.waits import Wait
from schemas.alert import AlertKind
from schemas.dead_letter import Reason

LATENCY_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
SNAPSHOT_SECONDS = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0)
SNAPSHOT_BYTES = (100.0, 300.0, 1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7)


@dataclass(slots=True)
class Readings:
    """Counts since the process started, and how things are now.

    Attributes:
        restarts: how often the cluster was started again before this process.
        partitions: of the candle topic, those that this worker reads.
        records: handed to the producer, by topic without prefix; those held back after a resume count too.
        dead_letters: by reason, as ``records``.
        alerts: by kind, as ``records``.
        commands: commands and entries of the watchlist given to a symbol, by part of the feed.
        restored: keys that went on from a snapshot, by step.
        restored_seconds: from the start of the process's flow to its first look at the feed; None before that look.
        quarantined: a token for each key that is in quarantine now.
        waits: for whom strategies wait that are worked on all their symbols in one order, by strategy.
        snapshots: seconds that a snapshot took, by step, input or output.
        snapshot_bytes: size of one snapshot in 64, by step.
        snapshot_at: when a part of the feed had its last snapshot, seconds since the epoch; 0 before the first.
        latency: seconds, by kind of record; see ``dataflows.health.sink``.
    """

    restarts: int = 0
    partitions: list[int] = field(default_factory=list)
    records: dict[str, int] = field(default_factory=dict)
    dead_letters: dict[str, int] = field(default_factory=lambda: {reason.value: 0 for reason in Reason})
    alerts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(get_args(AlertKind), 0))
    commands: dict[str, int] = field(default_factory=dict)
    restored: dict[str, int] = field(default_factory=dict)
    restored_seconds: float | None = None
    quarantined: set[Hashable] = field(default_factory=set)
    waits: dict[str, Wait] = field(default_factory=dict)
    snapshots: dict[str, Buckets] = field(default_factory=dict)
    snapshot_bytes: dict[str, Buckets] = field(default_factory=dict)
    snapshot_at: float = 0.0
    latency: dict[str, Buckets] = field(
        default_factory=lambda: {kind: Buckets(LATENCY_SECONDS) for kind in ("signal", "composite")}
    )


def one_more(counts: dict[str, int], name: str) -> None:
    """Count one by name."""
    counts[name] = counts.get(name, 0) + 1
