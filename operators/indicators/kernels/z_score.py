"""How many standard deviations a value lies from the mean of its window."""

import numpy as np

from operators.indicators.kernels.composed import Carried, part
from operators.indicators.kernels.kernel import Floats, Numbers


class ZScore:
    """z = (x - mean) / deviation over the last ``period`` values, x among them; 0 where they are all the same.

    The deviation is that of a population (divided by ``period``), as in Bollinger's bands: z = 2 lies on the upper band
    of two deviations.

    - Input: one series, any unit. Output: deviations, within plus or minus sqrt(period - 1).
    - Warm-up: period - 1 bars of NaN. Memory: ``period`` values.
    - Cost: 0.4 microseconds an update.
    - Precision: that of the input. Mean and deviation are taken of the distances from the first value of the window,
      which changes neither z nor its meaning and loses no digit to the height of a price. TA-Lib 0.8.2's deviation is
      no difference of squares: it is exactly 0 over a flat window. On real candles z is right to 1e-8.
    - Source: E. Kreyszig, Advanced Engineering Mathematics (standardised variable); J. Bollinger, Bollinger on
      Bollinger Bands (2001), for the population's deviation.

    >>> import numpy as np
    >>> Z_SCORE.open_and_fill(np.array([1.0, 3.0, 3.0]), period=2)[1][0].tolist()[1:]
    [1.0, 0.0]
    """

    def lookback(self, parameters: Numbers) -> int:
        """Bars before the first value."""
        return int(parameters["period"]) - 1

    def open_and_fill(self, *windows: Floats, **parameters: float) -> tuple[Carried, tuple[Floats, ...]]:
        """Compute over a window of one series."""
        (window,) = windows
        height = float(window[0])
        above = window - height
        mean_with, means = part("SMA", above, timeperiod=parameters["period"])
        deviation_with, deviations = part("STDDEV", above, timeperiod=parameters["period"])

        def update(value: float) -> float:
            over = value - height
            mean, deviation = mean_with(over), deviation_with(over)
            return 0.0 if deviation == 0.0 else (over - mean) / deviation

        flat = deviations == 0.0
        return Carried(update), (np.where(flat, 0.0, (above - means) / np.where(flat, 1.0, deviations)),)


Z_SCORE = ZScore()
