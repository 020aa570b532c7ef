"""How much a price has moved: the deviation of its returns."""

import math
from itertools import pairwise

import numpy as np

from operators.indicators.kernels.composed import Carried, part
from operators.indicators.kernels.kernel import Floats, Numbers


class RealisedVolatility:
    """The sample deviation of the last ``period`` log returns, times the root of ``periods_per_year``.

    u = ln(x / x of the bar before); s = sqrt(sum((u - mean)^2) / (period - 1)) * sqrt(periods_per_year).

    - Input: one series of numbers above zero. Where one is not, the returns on both its sides do not exist, and there
      is no value until they have left the window.
    - Output: a fraction (0.01 is 1 %) per bar, or per year if ``periods_per_year`` says how many bars a year has:
      365 for daily candles of what trades every day, 252 for shares, 525600 for 1m candles of what never closes.
    - Warm-up: ``period`` bars of NaN. Memory: ``period`` + 1 values.
    - Cost: 0.5 microseconds an update.
    - Source: J. C. Hull, Options, Futures, and Other Derivatives, "Estimating volatility from historical data".

    >>> import numpy as np
    >>> _, (filled,) = REALISED_VOLATILITY.open_and_fill(np.exp([0.0, 1.0, 4.0]), period=2, periods_per_year=1.0)
    >>> round(float(filled[2]) ** 2, 12)  # returns of 1 and 3
    2.0
    """

    def lookback(self, parameters: Numbers) -> int:
        """Bars before the first value."""
        return int(parameters["period"])

    def open_and_fill(self, *windows: Floats, **parameters: float) -> tuple[Carried, tuple[Floats, ...]]:
        """Compute over a window of one series."""
        (window,) = windows
        period = int(parameters["period"])
        prices: list[float] = window.tolist()
        returns = np.array([math.nan, *(_log_return(price, before) for before, price in pairwise(prices))])
        missing = np.isnan(returns)
        last_missing = np.maximum.accumulate(np.where(missing, np.arange(len(returns)), 0))
        scale = math.sqrt(period / (period - 1)) * math.sqrt(parameters["periods_per_year"])
        deviation_with, deviations = part("STDDEV", np.where(missing, 0.0, returns), timeperiod=period)
        since_missing = np.arange(len(returns)) - last_missing
        newest, whole = prices[-1], int(since_missing[-1])

        def update(value: float) -> float:
            nonlocal newest, whole
            made = _log_return(value, newest)
            newest = value
            whole = 0 if made != made else whole + 1  # noqa: PLR0124  # NaN, the quickest way
            deviation = deviation_with(made if whole else 0.0)
            return deviation * scale if whole >= period else math.nan

        return Carried(update), (np.where(since_missing >= period, deviations * scale, math.nan),)


def _log_return(price: float, before: float) -> float:
    """NaN if there is none: TA-Lib takes finite numbers only."""
    if price <= 0.0 or before <= 0.0:
        return math.nan
    ratio = price / before
    return math.log(ratio) if 0.0 < ratio < math.inf else math.nan


REALISED_VOLATILITY = RealisedVolatility()
