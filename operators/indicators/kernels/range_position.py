"""Where a value lies between the least and the greatest of its window."""

import numpy as np

from operators.indicators.kernels.composed import Carried, part
from operators.indicators.kernels.kernel import Floats, Numbers


class RangePosition:
    """(x - least) / (greatest - least) over the last ``period`` values, x among them; 0.5 where they are all the same.

    - Input: one series, any unit. Output: a fraction from 0 (the least) to 1 (the greatest).
    - Warm-up: period - 1 bars of NaN. Memory: ``period`` values.
    - Cost: 0.4 microseconds an update.
    - Source: min-max normalisation (J. Han, M. Kamber, Data Mining); over closes it is the unsmoothed stochastic of
      closes. Unlike ``stoch`` it reads one series and gives a fraction.

    >>> import numpy as np
    >>> RANGE_POSITION.open_and_fill(np.array([1.0, 5.0, 2.0]), period=3)[1][0].tolist()[2:]
    [0.25]
    """

    def lookback(self, parameters: Numbers) -> int:
        """Bars before the first value."""
        return int(parameters["period"]) - 1

    def open_and_fill(self, *windows: Floats, **parameters: float) -> tuple[Carried, tuple[Floats, ...]]:
        """Compute over a window of one series."""
        (window,) = windows
        greatest_with, greatest = part("MAX", window, timeperiod=parameters["period"])
        least_with, least = part("MIN", window, timeperiod=parameters["period"])

        def update(value: float) -> float:
            high, low = greatest_with(value), least_with(value)
            return 0.5 if high == low else (value - low) / (high - low)

        flat = greatest == least
        return Carried(update), (np.where(flat, 0.5, (window - least) / np.where(flat, 1.0, greatest - least)),)


RANGE_POSITION = RangePosition()
