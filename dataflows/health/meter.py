"""What one process measures of itself: made before its flow, filled by it, read by who answers and logs."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from dataflows.health.buckets import Buckets
from dataflows.health.dead_letter_summary import DeadLetterSummary
from dataflows.health.logs import tell
from dataflows.health.readings import SNAPSHOT_SECONDS, Readings
from dataflows.health.stamps import Stamps
from dataflows.health.vitals import Vitals
from dataflows.stop import StopFlag
from operators.tally import Tally

SLOW_SECONDS = 1.0
"""A snapshot that takes longer is told of."""


@dataclass
class Meter:
    """Counts, signs of life and stamps of one process; the wrappers around sources, outputs and steps fill it.

    Attributes:
        wall: the clock that record timestamps are compared with, in seconds since the epoch.
        offsets: where the parts of the feed go on, as their snapshots say; one that begins anew is not among them.
    """

    tally: Tally
    stop: StopFlag
    stamps: Stamps = field(default_factory=Stamps)
    readings: Readings = field(default_factory=Readings)
    wall: Callable[[], float] = time.time
    dead_letters: DeadLetterSummary = field(default_factory=DeadLetterSummary)
    offsets: dict[str, object] = field(default_factory=dict)
    vitals: Vitals = field(init=False)

    def __post_init__(self) -> None:
        self.vitals = Vitals(self.stop)

    def snapshot_took(self, step: str, seconds: float) -> None:
        """One more snapshot of a step, input or output."""
        taken = self.readings.snapshots.get(step)
        if taken is None:
            taken = self.readings.snapshots[step] = Buckets(SNAPSHOT_SECONDS)
        taken.add(seconds)
        if seconds > SLOW_SECONDS:
            tell(logging.WARNING, "slow snapshot", step=step, seconds=round(seconds, 3))

    def first_look(self) -> None:
        """The flow begins to work: its states are restored and its parts stand where they go on."""
        vitals, restored = self.vitals, self.readings.restored
        if vitals.first_look is None:
            return
        seconds = self.readings.restored_seconds = vitals.first_look - vitals.started
        if self.offsets or restored:
            keys, offsets = sum(restored.values()), dict(sorted(self.offsets.items()))
            tell(logging.INFO, "resumed", keys=keys, seconds=round(seconds, 3), offsets=offsets)
        else:
            tell(logging.INFO, "began", seconds=round(seconds, 3), at="the oldest candle that there is")
