"""Keltner channels: a mean with a band of true ranges around it."""

from operators.indicators.kernels.composed import Carried, part, ready_from
from operators.indicators.kernels.kernel import Floats, Numbers


class Keltner:
    """EMA(close, ``period``) plus and minus ``multiplier`` times ATR(``atr_period``), Wilder's.

    TA-Lib 0.8.2's KC is another channel, which stays available as ``kc``: an exponential mean of the typical price,
    and an exponential mean of the true range in the place of the ATR.

    - Input: high, low, close. Output: middle, upper, lower, in the unit of the price.
    - Warm-up: max(period - 1, atr_period) bars of NaN. Memory: constant; forgets as the EMA and the ATR do.
    - Cost: 0.5 microseconds an update.
    - Source: C. W. Keltner, How to Make Money in Commodities (1960), in the form that L. B. Raschke gave it:
      StockCharts ChartSchool, "Keltner Channels".

    >>> import numpy as np
    >>> flat = np.full(4, 10.0)
    >>> _, (_, upper, _) = KELTNER.open_and_fill(flat + 1, flat - 1, flat, period=2, atr_period=2, multiplier=1.5)
    >>> upper.tolist()[2:]
    [13.0, 13.0]
    """

    def lookback(self, parameters: Numbers) -> int:
        """Bars before the first value."""
        return max(int(parameters["period"]) - 1, int(parameters["atr_period"]))

    def open_and_fill(self, *windows: Floats, **parameters: float) -> tuple[Carried, tuple[Floats, ...]]:
        """Compute over windows of high, low and close."""
        highs, lows, closes = windows
        multiplier = parameters["multiplier"]
        mean_with, means = part("EMA", closes, timeperiod=parameters["period"])
        range_with, ranges = part("ATR", highs, lows, closes, timeperiod=parameters["atr_period"])

        def update(high: float, low: float, close: float) -> tuple[float, float, float]:
            middle, band = mean_with(close), multiplier * range_with(high, low, close)
            return middle, middle + band, middle - band

        bands = multiplier * ranges
        return Carried(update), ready_from(self.lookback(parameters), means, means + bands, means - bands)


KELTNER = Keltner()
