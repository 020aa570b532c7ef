"""How fast a series moves: the slope of the straight line that fits its window best."""

from operators.indicators.kernels.composed import Carried, part
from operators.indicators.kernels.kernel import Floats, Numbers


class Slope:
    """The least-squares slope over the last ``period`` values against the bar's number.

    TA-Lib's LINEARREG_SLOPE sums products with the values as they are, and of a series of 1e8 that moves by 0.001 a bar
    its fourth digit is wrong. A line's slope does not change with its height: here it is given the distances from the
    first value of the window.

    - Input: one series, any unit. Output: that unit per bar.
    - Warm-up: period - 1 bars of NaN. Memory: ``period`` values.
    - Cost: 0.2 microseconds an update.
    - Source: ordinary least squares (C. F. Gauss); TA-Lib's LINEARREG_SLOPE.

    >>> import numpy as np
    >>> SLOPE.open_and_fill(np.array([100.0, 102.0, 104.0]), period=3)[1][0].tolist()[2:]
    [2.0]
    """

    def lookback(self, parameters: Numbers) -> int:
        """Bars before the first value."""
        return int(parameters["period"]) - 1

    def open_and_fill(self, *windows: Floats, **parameters: float) -> tuple[Carried, tuple[Floats, ...]]:
        """Compute over a window of one series."""
        (window,) = windows
        height = float(window[0])
        slope_with, slopes = part("LINEARREG_SLOPE", window - height, timeperiod=parameters["period"])

        def update(value: float) -> float:
            return slope_with(value - height)

        return Carried(update), (slopes,)


SLOPE = Slope()
