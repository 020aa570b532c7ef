"""The squeeze: Bollinger's bands inside Keltner's channel, and where price leans while it lasts."""

import numpy as np

from operators.indicators.kernels.composed import Carried, part, ready_from
from operators.indicators.kernels.kernel import Floats, Numbers


class Squeeze:
    """TTM Squeeze: whether volatility has shrunk, and the momentum that may be released.

    - on: 1.0 where mean + ``deviations`` * deviation < mean + ``multiplier`` * range, else 0.0. Mean: SMA(close,
      ``period``), deviation: the population's over as many closes, range: the SMA of as many true ranges. As both
      channels have the same middle, one is inside the other if it is narrower.
    - momentum: the end of the line that fits the last ``period`` values of
      close - ((highest high + lowest low) / 2 + mean) / 2 best.

    Input: high, low, close. Output: 1 or 0; the unit of the price.
    Warm-up: 2 * (period - 1) bars of NaN. Memory: as many bars. Cost: 1.2 microseconds an update.
    Source: J. F. Carter, Mastering the Trade, chapter 11; momentum after LazyBear, "Squeeze Momentum Indicator",
    TradingView (2014), which opened the formula.
    """

    def lookback(self, parameters: Numbers) -> int:
        """Bars before the first value."""
        return 2 * (int(parameters["period"]) - 1)

    def open_and_fill(self, *windows: Floats, **parameters: float) -> tuple[Carried, tuple[Floats, ...]]:
        """Compute over windows of high, low and close."""
        highs, lows, closes = windows
        period = int(parameters["period"])
        deviations_wide, ranges_wide = parameters["deviations"], parameters["multiplier"]
        mean_with, means = part("SMA", closes, timeperiod=period)
        deviation_with, deviations = part("STDDEV", closes, timeperiod=period)
        highest_with, highest = part("MAX", highs, timeperiod=period)
        lowest_with, lowest = part("MIN", lows, timeperiod=period)
        range_with, true_ranges = part("TRANGE", highs, lows, closes)
        mean_range_with, mean_ranges = part("SMA", true_ranges[1:], timeperiod=period)
        leans = closes - (highest / 4 + lowest / 4 + means / 2)
        momentum_with, momenta = part("LINEARREG", leans[period - 1 :], timeperiod=period)

        def update(high: float, low: float, close: float) -> tuple[float, float]:
            mean = mean_with(close)
            mean_range = mean_range_with(range_with(high, low, close))
            on = deviations_wide * deviation_with(close) < ranges_wide * mean_range
            lean = close - (highest_with(high) / 4 + lowest_with(low) / 4 + mean / 2)
            return float(on), momentum_with(lean)

        on = np.zeros(len(closes))
        on[1:] = deviations_wide * deviations[1:] < ranges_wide * mean_ranges
        momentum = np.concatenate([np.full(period - 1, np.nan), momenta])
        return Carried(update), ready_from(self.lookback(parameters), on, momentum)


SQUEEZE = Squeeze()
