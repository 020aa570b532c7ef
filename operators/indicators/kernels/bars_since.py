"""How long ago a condition held."""

import math

import numpy as np

from operators.indicators.kernels.kernel import Floats, Numbers


class BarsSinceHandle:
    """How many bars ago the condition held; more than ``limit`` if nobody knows."""

    def __init__(self, limit: int, since: int) -> None:
        self._limit = limit
        self._since = since

    def update(self, *values: float) -> float:
        """Take the next value of the condition; the bars since it held."""
        self._since = 0 if values[0] else self._since + 1
        return float(self._since) if self._since <= self._limit else math.nan


class BarsSince:
    """Bars since a condition last held, 0 if it holds now; NaN if that was more than ``limit`` bars ago.

    - Input: a condition, 1.0 (or anything but 0) where it holds and 0.0 where not. Output: bars, 0 to ``limit``.
    - Warm-up: NaN until it holds for the first time. Memory: ``limit`` values.
    - Cost: 0.1 microseconds an update.

    >>> import numpy as np
    >>> BARS_SINCE.open_and_fill(np.array([0.0, 1.0, 0.0, 0.0]), limit=1)[1][0].tolist()
    [nan, 0.0, 1.0, nan]
    """

    def lookback(self, _parameters: Numbers) -> int:
        """None: it may hold on the first bar."""
        return 0

    def open_and_fill(self, *windows: Floats, **parameters: float) -> tuple[BarsSinceHandle, tuple[Floats]]:
        """Compute over a window of one condition."""
        (window,) = windows
        limit = int(parameters["limit"])
        bars = np.arange(len(window))
        never = -limit - 1  # as long before the first bar as is past the limit
        since = bars - np.maximum.accumulate(np.where(window != 0.0, bars, never))
        return BarsSinceHandle(limit, int(since[-1])), (np.where(since <= limit, since, np.nan),)


BARS_SINCE = BarsSince()
