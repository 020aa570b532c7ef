"""The volume-weighted average price of a trading session."""

import math
from itertools import pairwise

import numpy as np

from operators.indicators.kernels.composed import Carried
from operators.indicators.kernels.kernel import Floats, Numbers
from operators.indicators.kernels.session_starts import SessionStarts
from operators.indicators.kernels.zones import zone_names


class SessionVwap:
    """sum(typical price * volume) / sum(volume) over the bars since the session started, (high + low + close) / 3.

    - Input: time (milliseconds since the epoch, UTC, of the bar's open), high, low, close, volume.
    - Output: the unit of the price; within the session's range of prices.
    - Parameters: ``zone``, the place of a time zone's name in ``zone_names()``; ``start``, minutes after midnight
      there; ``session_bars``, how many bars of a session count at most.
    - NaN: until the first session starts before the eyes of the series; while nothing was traded in the session; and
      from bar ``session_bars`` of a session on, as what it began with is forgotten by then.
    - Memory: ``session_bars``. Cost: 0.6 microseconds an update, 0.1 milliseconds to begin anew over a day of minutes.
    - Source: S. A. Berkowitz, D. E. Logue, E. A. Noser, "The Total Cost of Transactions on the NYSE", Journal of
      Finance 43 (1988); anchored as TradingView's "VWAP" with anchor period "Session". TA-Lib's VWAP never starts anew.
    """

    def lookback(self, parameters: Numbers) -> int:  # noqa: ARG002  # the protocol's
        """Bars before the first value: none, if a session starts with the first bar."""
        return 0

    def open_and_fill(self, *windows: Floats, **parameters: float) -> tuple[Carried, tuple[Floats, ...]]:
        """Compute over windows of time, high, low, close and volume."""
        times, highs, lows, closes, volumes = windows
        longest = int(parameters["session_bars"])
        starts = SessionStarts(zone_names()[int(parameters["zone"])], int(parameters["start"]))
        paid = (highs + lows + closes) / 3 * volumes
        bounds = [*np.flatnonzero(starts.fill(times)).tolist(), len(times)]
        values = np.full(len(times), math.nan)
        bars, money, amount = longest, 0.0, 0.0
        for first, end in pairwise(bounds):
            moneys, amounts = np.cumsum(paid[first:end]), np.cumsum(volumes[first:end])
            traded = amounts > 0.0
            values[first:end] = np.where(traded, moneys / np.where(traded, amounts, 1.0), math.nan)
            values[first + longest : end] = math.nan
            bars, money, amount = end - first, float(moneys[-1]), float(amounts[-1])

        def update(time: float, high: float, low: float, close: float, volume: float) -> float:
            nonlocal bars, money, amount
            if starts.update(time):
                bars, money, amount = 0, 0.0, 0.0
            bars += 1
            money += (high + low + close) / 3 * volume
            amount += volume
            return money / amount if bars <= longest and amount > 0.0 else math.nan

        return Carried(update), (values,)


SESSION_VWAP = SessionVwap()
