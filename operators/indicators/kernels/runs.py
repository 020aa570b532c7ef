"""Whether a series has gone one way for some bars in a row."""

from collections.abc import Callable
from operator import gt, lt
from typing import Any

import numpy as np

from operators.indicators.kernels.kernel import Floats, Numbers

Further = Callable[[Any, Any], Any]
"""Whether a value lies beyond the one before it."""


class RunHandle:
    """The value before, and for how many bars the series has gone its way."""

    def __init__(self, further: Further, period: int, before: float, run: int) -> None:
        self._further = further
        self._period = period
        self._before = before
        self._run = run

    def update(self, *values: float) -> float:
        """Take the next value; 1.0 if the run is long enough."""
        value = values[0]
        self._run = self._run + 1 if self._further(value, self._before) else 0
        self._before = value
        return float(self._run >= self._period)


class Run:
    """1.0 where each of the last ``period`` values lies beyond the one before it, else 0.0.

    - Input: one series, any unit. Output: 1.0 or 0.0.
    - Warm-up: ``period`` bars of NaN. Memory: ``period`` values.
    - Cost: 0.15 microseconds an update.

    >>> import numpy as np
    >>> RISING.open_and_fill(np.array([1.0, 2.0, 3.0, 3.0]), period=2)[1][0].tolist()
    [nan, nan, 1.0, 0.0]
    """

    def __init__(self, further: Further) -> None:
        self._further = further

    def lookback(self, parameters: Numbers) -> int:
        """Bars before the first value."""
        return int(parameters["period"])

    def open_and_fill(self, *windows: Floats, **parameters: float) -> tuple[RunHandle, tuple[Floats]]:
        """Compute over a window of one series, longer than ``period``."""
        (window,) = windows
        period = int(parameters["period"])
        bars = np.arange(len(window))
        went = np.concatenate([[False], self._further(window[1:], window[:-1])])
        runs = bars - np.maximum.accumulate(np.where(went, 0, bars))
        held = np.where(bars < period, np.nan, (runs >= period).astype(np.float64))
        return RunHandle(self._further, period, float(window[-1]), int(runs[-1])), (held,)


RISING = Run(gt)
FALLING = Run(lt)
