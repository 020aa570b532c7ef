"""The extra indicators straight from their written formulas: bar by bar, slow, and without a line of the kernels."""

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Range = tuple[Floats, Floats, Floats]
"""High, low and close of every bar."""


def windows(values: Floats, period: int) -> Floats:
    """The last ``period`` values at every bar, NaN before there are so many."""
    padded = np.concatenate([np.full(period - 1, math.nan), values])
    return np.lib.stride_tricks.sliding_window_view(padded, period)


def z_score(values: Floats, period: int) -> Floats:
    around = windows(values, period)
    around = around - around[:, :1]
    deviation = around.std(axis=1)
    flat = around.max(axis=1) == around.min(axis=1)
    distance = around[:, -1] - around.mean(axis=1)
    return np.where(flat, 0.0, distance / np.where(flat, 1.0, deviation))


def range_position(values: Floats, period: int) -> Floats:
    around = windows(values, period)
    least, greatest = around.min(axis=1), around.max(axis=1)
    flat = least == greatest
    return np.where(flat, 0.5, (values - least) / np.where(flat, 1.0, greatest - least))


def slope(values: Floats, period: int) -> Floats:
    bars = np.arange(period) - (period - 1) / 2
    around = windows(values, period)
    return np.asarray(((around - around[:, :1]) * bars).sum(axis=1) / (bars**2).sum())


def percent_rank(values: Floats, period: int) -> Floats:
    """Of the ``period`` values before, the percentage that is less than the newest."""
    around = windows(values, period + 1)
    rank = 100.0 * (around[:, :-1] < around[:, -1:]).mean(axis=1)
    return np.where(np.isnan(around[:, 0]), math.nan, rank)


def realised_volatility(prices: Floats, period: int, per_year: float) -> Floats:
    returns = np.concatenate([[math.nan], np.diff(np.log(prices))])
    around = windows(returns, period)
    return np.asarray(around.std(axis=1, ddof=1) * math.sqrt(per_year))


def true_range(prices: Range) -> Floats:
    highs, lows, closes = prices
    before = np.concatenate([[math.nan], closes[:-1]])
    return np.asarray(np.maximum(highs, before) - np.minimum(lows, before))


def wilder_mean(values: Floats, period: int) -> Floats:
    """Seeded with the mean of the first ``period`` values; NaN may stand before them."""
    means = np.full(len(values), math.nan)
    first = int(np.flatnonzero(~np.isnan(values))[0]) + period - 1
    means[first] = values[first - period + 1 : first + 1].mean()
    for bar in range(first + 1, len(values)):
        means[bar] = (means[bar - 1] * (period - 1) + values[bar]) / period
    return means


def exponential_mean(values: Floats, period: int) -> Floats:
    means = np.full(len(values), math.nan)
    means[period - 1] = values[:period].mean()
    for bar in range(period, len(values)):
        means[bar] = means[bar - 1] + 2 / (period + 1) * (values[bar] - means[bar - 1])
    return means


def keltner(prices: Range, period: int, atr: int, multiple: float) -> tuple[Floats, ...]:
    middle = exponential_mean(prices[2], period)
    band = multiple * wilder_mean(true_range(prices), atr)
    ready = ~np.isnan(middle + band)
    return tuple(np.where(ready, line, math.nan) for line in (middle, middle + band, middle - band))


def supertrend(prices: Range, period: int, multiple: float) -> tuple[Floats, Floats]:
    """Final bands only tighten, unless the close before was beyond them; the trend turns when a close passes one."""
    highs, lows, closes = prices
    ranges = wilder_mean(true_range(prices), period)
    line, trend = np.full(len(closes), math.nan), np.full(len(closes), math.nan)
    above = below = math.nan
    for bar in range(period, len(closes)):
        middle = (highs[bar] + lows[bar]) / 2
        upper, lower = middle + multiple * ranges[bar], middle - multiple * ranges[bar]
        first = bar == period
        above = upper if first or upper < above or closes[bar - 1] > above else above
        below = lower if first or lower > below or closes[bar - 1] < below else below
        if first:
            trend[bar] = 1.0
        elif trend[bar - 1] > 0:
            trend[bar] = -1.0 if closes[bar] < below else 1.0
        else:
            trend[bar] = 1.0 if closes[bar] > above else -1.0
        line[bar] = below if trend[bar] > 0 else above
    return line, trend


def heikin_ashi(opens: Floats, highs: Floats, lows: Floats, closes: Floats) -> tuple[Floats, ...]:
    """Open, high, low, close."""
    close = (opens + highs + lows + closes) / 4
    open_ = np.empty(len(opens))
    open_[0] = (opens[0] + closes[0]) / 2
    for bar in range(1, len(opens)):
        open_[bar] = (open_[bar - 1] + close[bar - 1]) / 2
    body_top, body_bottom = np.maximum(open_, close), np.minimum(open_, close)
    return open_, np.maximum(highs, body_top), np.minimum(lows, body_bottom), close


def middle_of_range(highs: Floats, lows: Floats, period: int) -> Floats:
    return np.asarray((windows(highs, period).max(axis=1) + windows(lows, period).min(axis=1)) / 2)


def ago(values: Floats, bars: int) -> Floats:
    return np.concatenate([np.full(bars, math.nan), values[:-bars]])


def squeeze(prices: Range, period: int, bb: float, kc: float) -> tuple[Floats, Floats]:
    highs, lows, closes = prices
    mean = windows(closes, period).mean(axis=1)
    deviation = windows(closes - closes[0], period).std(axis=1)
    width = windows(true_range(prices), period).mean(axis=1)
    inside = (mean + bb * deviation < mean + kc * width) & (mean - bb * deviation > mean - kc * width)
    lean = closes - (middle_of_range(highs, lows, period) + mean) / 2
    bars = np.arange(period) - (period - 1) / 2
    around = windows(lean, period)
    rise = (around * bars).sum(axis=1) / (bars**2).sum()
    momentum = around.mean(axis=1) + rise * (period - 1) / 2
    return np.where(np.isnan(momentum), math.nan, inside.astype(np.float64)), momentum


def swing_levels(values: Floats, strength: int, longest: int) -> Floats:
    """The last swing high known at every bar, looked for anew at each; lows with the sign turned."""
    levels = np.full(len(values), math.nan)
    for bar in range(len(values)):
        for middle in range(bar - strength, max(strength, bar - longest) - 1, -1):
            before, after = values[middle - strength : middle], values[middle + 1 : middle + strength + 1]
            if (before <= values[middle]).all() and (after < values[middle]).all():
                levels[bar] = values[middle]
                break
    return levels


def session_of(time: float, zone: ZoneInfo, start: int) -> int:
    """The day, as a number, on which the session started that a bar belongs to; where no clock goes back."""
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time)).astimezone(zone)
    return (local.replace(tzinfo=None) - timedelta(minutes=start)).toordinal()


def sessions(times: Floats, zone: ZoneInfo, start: int) -> list[range]:
    """The bars of every session but the first, whose beginning may not have been seen."""
    days = [session_of(time, zone, start) for time in times.tolist()]
    bounds = [bar for bar in range(1, len(days)) if days[bar] != days[bar - 1]]
    return [range(first, end) for first, end in zip(bounds, [*bounds[1:], len(days)], strict=True)]
