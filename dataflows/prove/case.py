"""One way to tell an input: everything that must make no difference, as data."""

from dataclasses import dataclass
from typing import Literal

Order = Literal["time", "symbols", "random"]
"""How the symbols are mixed: by time, one symbol after the other, or in random runs. Each keeps its own order."""

Pace = Literal["full", "60x", "pauses", "outage", "set back"]
"""At full speed; a minute of event time in a second; with random pauses; with an hour in which nothing comes, after
which all of it comes at once; with a clock that is set back by an hour."""

BY_MINUTE = 0
"""A batch for each minute of event time, as a live feed has them."""
RANDOM_SIZES = -1

REFERENCE = "reference"


@dataclass(frozen=True)
class Case:
    """How candles and commands reach the graph, and on what it runs.

    Attributes:
        name: for people.
        order: how the symbols are mixed.
        batch: candles of a partition that come at once; ``BY_MINUTE``, or ``RANDOM_SIZES`` from 1 to 40.
        partitions: of the feed; a symbol is on one of them.
        pace: how time passes for the clocks while it runs.
        workers: threads of each execution; the last number serves all that follow.
        stops: how often every partition is stopped, at places of its own, and the whole resumed from a recovery store.
        epoch_s: how often a snapshot is taken, in seconds; 0 is after each batch.
        early: whether commands that name their time are sent earlier.
        seed: of all that is random here.
        real_s: seconds of real time to spread the pauses over, at least.
    """

    name: str
    order: Order = "time"
    batch: int = 1_000
    partitions: int = 4
    pace: Pace = "full"
    workers: tuple[int, ...] = (1,)
    stops: int = 0
    epoch_s: float = 10.0
    early: bool = False
    seed: int = 0
    real_s: float = 0.0

    @property
    def same_offsets(self) -> bool:
        """Whether a candle has the offset that it has in the reference, and so a dead letter its origin."""
        return self.order == "time" and self.partitions == Case(REFERENCE).partitions
