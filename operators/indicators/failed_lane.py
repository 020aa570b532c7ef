"""The place of an indicator that failed: it gives nothing, and costs nothing."""

import math
from collections.abc import Mapping, Sequence

from operators.indicators.history import History
from operators.indicators.lane import Lane


class FailedLane(Lane):
    """A lane that is never ready."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        self.last = (math.nan,) * len(self.columns)

    def open(self, history: History) -> None:
        """There is nothing to open."""

    def past(self, history: History) -> Sequence[Sequence[float]]:
        """NaN at every bar that is kept."""
        return [[math.nan] * (history.count - history.oldest) for _ in self.columns]

    def step(self, history: History, row: Mapping[str, float]) -> tuple[float, ...]:
        """NaN."""
        del history, row
        return self.last

    def advance(self, history: History, rows: Mapping[str, Sequence[float]], count: int) -> Sequence[Sequence[float]]:
        """NaN at every bar."""
        del history, rows
        return [[math.nan] * count for _ in self.columns]
