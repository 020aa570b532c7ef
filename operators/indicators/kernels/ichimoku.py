"""Ichimoku Kinko Hyo: the cloud chart's lines as they stand at a bar, none of which knows a later one."""

from collections import deque

import numpy as np

from operators.indicators.kernels.composed import Carried, part, ready_from
from operators.indicators.kernels.kernel import Floats, Numbers


class Ichimoku:
    """The middles of three ranges, and the cloud that was drawn at this bar ``displacement`` bars ago.

    - tenkan, kijun: (highest high + lowest low) / 2 over ``tenkan_period`` and ``kijun_period`` bars.
    - senkou_a: (tenkan + kijun) / 2 of ``displacement`` bars ago. senkou_b: the middle of ``senkou_period`` bars, of
      ``displacement`` bars ago. A chart draws them that far ahead, so these are what it shows at this bar.
    - chikou_distance: close minus the close of ``displacement`` bars ago. The chikou span draws each close that far
      back; what a chart shows of it at this bar is a later close, which nobody knows yet. What is known is where the
      newest point of the span lies against the price there: above it if this is above zero.

    Input: high, low, close. Output: the unit of the price.
    Warm-up: the longest of the three periods - 1 + displacement bars of NaN, for all outputs alike.
    Cost: 0.8 microseconds an update. Memory: the ranges' bars and ``displacement`` points of the cloud.
    Source: G. Hosoda, Ichimoku Kinko Hyo (1969); StockCharts ChartSchool, "Ichimoku Cloud" (displacement of 26 bars;
    charts that count the bar itself as the first shift by 25).
    """

    def lookback(self, parameters: Numbers) -> int:
        """Bars before the first value."""
        longest = max(parameters["tenkan_period"], parameters["kijun_period"], parameters["senkou_period"])
        return int(longest) - 1 + int(parameters["displacement"])

    def open_and_fill(self, *windows: Floats, **parameters: float) -> tuple[Carried, tuple[Floats, ...]]:
        """Compute over windows of high, low and close."""
        highs, lows, closes = windows
        ahead = int(parameters["displacement"])
        tenkan_with, tenkans = part("MIDPRICE", highs, lows, timeperiod=parameters["tenkan_period"])
        kijun_with, kijuns = part("MIDPRICE", highs, lows, timeperiod=parameters["kijun_period"])
        middle_with, middles = part("MIDPRICE", highs, lows, timeperiod=parameters["senkou_period"])
        means = (tenkans + kijuns) / 2
        newest = (column[-ahead:].tolist() for column in (means, middles, closes))
        drawn = deque(zip(*newest, strict=True), maxlen=ahead + 1)

        def update(high: float, low: float, close: float) -> tuple[float, ...]:
            tenkan, kijun = tenkan_with(high, low), kijun_with(high, low)
            drawn.append(((tenkan + kijun) / 2, middle_with(high, low), close))
            senkou_a, senkou_b, close_then = drawn[0]
            return tenkan, kijun, senkou_a, senkou_b, close - close_then

        then = [np.concatenate([column[:ahead], column[:-ahead]]) for column in (means, middles, closes)]
        outputs = (tenkans, kijuns, then[0], then[1], closes - then[2])
        return Carried(update), ready_from(self.lookback(parameters), *outputs)


ICHIMOKU = Ichimoku()
