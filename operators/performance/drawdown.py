"""How far and for how long equity has been below its best."""

from collections.abc import Sequence
from typing import Any


class Drawdown:
    """Equity below its highest close so far: now, at its deepest, at its longest.

    A drawdown lasts from the last bar at the highest close to the first one at it or above it again, or to now. Bars
    at the top, however many, are none.

    - Input: equity at closes, finite; the number of the bar, counted from 1; its close (ms).
    - Output: depths as fractions of the highest close: 0 at it, 1 where all is lost, more where more than all is.
      Lengths in bars and in ms.
    - Cost: 0.15 microseconds a bar; memory: seven numbers.

    >>> drawdown = Drawdown(100.0, 1_000)
    >>> for bar, equity in enumerate((90.0, 75.0, 100.0, 96.0), start=2):
    ...     drawdown.mark(equity, bar, bar * 1_000)
    >>> drawdown.deepest, round(drawdown.now, 12), drawdown.longest(5, 5_000)
    (0.25, 0.04, (3, 3000))
    """

    __slots__ = ("_longest_bars", "_longest_ms", "_peak", "_peak_bar", "_peak_time", "deepest", "now")

    deepest: float
    """The greatest depth so far."""
    now: float
    """The depth at the last close."""

    def __init__(self, capital: float, opened_at: int, resume: Sequence[Any] | None = None) -> None:
        self._peak: float
        self._peak_bar: int
        self._peak_time: int
        self._longest_bars: int
        self._longest_ms: int
        self._peak, self._peak_bar, self._peak_time, self._longest_bars, self._longest_ms, self.deepest, self.now = (
            (capital, 1, opened_at, 0, 0, 0.0, 0.0) if resume is None else resume
        )

    def mark(self, equity: float, bar: int, time: int) -> None:
        """The equity at the next close."""
        if equity >= self._peak:
            if self.now > 0.0:
                self._longest_bars, self._longest_ms = self.longest(bar, time)
                self.now = 0.0
            self._peak, self._peak_bar, self._peak_time = equity, bar, time
            return
        self.now = depth = 1.0 - equity / self._peak
        if depth > self.deepest:  # noqa: PLR1730  # half of what max() costs, at every bar under water
            self.deepest = depth

    def still(self, bar: int, time: int) -> None:
        """Up to this bar equity has stayed where it was."""
        if self.now == 0.0:
            self._peak_bar, self._peak_time = bar, time

    def longest(self, bar: int, time: int) -> tuple[int, int]:
        """The longest drawdown as of the last bar: in bars, and in milliseconds (each the greatest of its kind)."""
        if self.now == 0.0:
            return self._longest_bars, self._longest_ms
        return max(self._longest_bars, bar - self._peak_bar), max(self._longest_ms, time - self._peak_time)

    def snapshot(self) -> list[float]:
        """As primitives: what ``resume`` takes."""
        lengths = self._longest_bars, self._longest_ms
        return [self._peak, self._peak_bar, self._peak_time, *lengths, self.deepest, self.now]
