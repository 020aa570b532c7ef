"""Gains and losses, summed apart."""

from collections.abc import Mapping
from typing import Any

from operators.performance.compensated import CompensatedSum
from operators.performance.ratios import finite


class Outcomes:
    """What a run of outcomes amounts to: above zero a gain, below a loss.

    - Input: finite numbers of one unit. Output: that unit; ``factor`` is a plain number.
    - Before there is any, ``best`` and ``worst`` are None; ``factor`` is None while nothing was
      lost, or next to nothing.

    >>> outcomes = Outcomes()
    >>> for value in (3.0, -2.0, 0.0):
    ...     outcomes.add(value)
    >>> outcomes.won, outcomes.lost, outcomes.factor, outcomes.total
    (3.0, -2.0, 1.5, 1.0)
    """

    __slots__ = ("_lost", "_won", "best", "worst")

    best: float | None
    """The greatest outcome."""
    worst: float | None
    """The smallest outcome."""

    def __init__(self, resume: Mapping[str, Any] | None = None) -> None:
        if resume is None:
            self._won, self._lost, self.best, self.worst = CompensatedSum(), CompensatedSum(), None, None
        else:
            self._won, self._lost = CompensatedSum(resume["won"]), CompensatedSum(resume["lost"])
            self.best, self.worst = resume["best"], resume["worst"]

    def add(self, value: float) -> None:
        """One more outcome."""
        if value > 0.0:
            self._won.add(value)
        elif value < 0.0:
            self._lost.add(value)
        self.best = value if self.best is None else max(self.best, value)
        self.worst = value if self.worst is None else min(self.worst, value)

    @property
    def won(self) -> float:
        """The sum of the gains."""
        return self._won.value

    @property
    def lost(self) -> float:
        """The sum of the losses: zero or below."""
        return self._lost.value

    @property
    def total(self) -> float:
        """The sum of all."""
        return self._won.value + self._lost.value

    @property
    def factor(self) -> float | None:
        """The gains over the losses."""
        lost = self._lost.value
        return None if lost == 0.0 else finite(self._won.value / -lost)

    def snapshot(self) -> dict[str, object]:
        """As primitives: what ``resume`` takes."""
        return {"won": self._won.snapshot(), "lost": self._lost.snapshot(), "best": self.best, "worst": self.worst}
