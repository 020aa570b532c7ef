"""What the templates mean, said a second time: in numpy and TA-Lib's batch functions over a whole series.

Nothing of the engine is used. A rule is an array of verdicts; one that reads the position is a function of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import talib

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Bars:
    """A series of closed candles; ``close_times`` in milliseconds of the epoch."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    close_times: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Held:
    """An open position at a candle."""

    bars: int
    pnl: float


PositionRule = Callable[[int, Held], bool]
Rule = tuple[str, str, str, Bools | PositionRule]
"""Id, type, side, and where it holds. In the order in which rules are tried."""


def lagged(values: Floats, bars: int = 1) -> Floats:
    """The values so many candles before; NaN where there is none."""
    return np.concatenate([np.full(bars, np.nan), values[:-bars]])


def crossover(left: Floats, right: Floats) -> Bools:
    """Above now, not above one candle before."""
    return (left > right) & (lagged(left) <= lagged(right))


def crossunder(left: Floats, right: Floats) -> Bools:
    """Below now, not below one candle before."""
    return (left < right) & (lagged(left) >= lagged(right))


def ready(*values: Floats) -> Bools:
    """Where all of them, and their values one candle before, are there."""
    found: Bools = np.logical_and.reduce([np.isfinite(one) & np.isfinite(lagged(one)) for one in values])
    return found


def level(bars: Bars, value: float) -> Floats:
    """A constant as a series."""
    return np.full(len(bars.close), value)


def macd_rsi(bars: Bars) -> Sequence[Rule]:
    macd, signal, _ = talib.MACD(bars.close, 12, 26, 9)
    rsi = talib.RSI(bars.close, 14)
    up, down = crossover(macd, signal), crossunder(macd, signal)
    return [
        ("momentum_up", "entry", "long", up & (rsi > 40) & (rsi < 70)),
        ("momentum_down", "entry", "short", down & (rsi > 30) & (rsi < 60)),
        ("long_over", "exit", "long", ready(macd, signal) & (down | (rsi > 75))),
        ("short_over", "exit", "short", ready(macd, signal) & (up | (rsi < 25))),
    ]


def ma_crossover(bars: Bars) -> Sequence[Rule]:
    fast, slow = talib.SMA(bars.close, 20), talib.SMA(bars.close, 50)
    up, down = crossover(fast, slow), crossunder(fast, slow)
    return [
        ("golden_cross", "entry", "long", up),
        ("death_cross", "entry", "short", down),
        ("leave_long", "exit", "long", down),
        ("leave_short", "exit", "short", up),
    ]


def rsi_trend(bars: Bars) -> Sequence[Rule]:
    rsi, trend = talib.RSI(bars.close, 14), talib.EMA(bars.close, 100)
    middle, known = level(bars, 50), np.isfinite(rsi) & np.isfinite(trend)
    return [
        ("joined_up", "entry", "long", crossover(rsi, middle) & (bars.close > trend)),
        ("joined_down", "entry", "short", crossunder(rsi, middle) & (bars.close < trend)),
        ("faded", "exit", "long", known & ((rsi < 45) | (bars.close < trend))),
        ("recovered", "exit", "short", known & ((rsi > 55) | (bars.close > trend))),
    ]


def bollinger_breakout(bars: Bars) -> Sequence[Rule]:
    upper, middle, lower = talib.BBANDS(bars.close, 20, 2, 2)
    adx = talib.ADX(bars.high, bars.low, bars.close, 14)
    atr = talib.ATR(bars.high, bars.low, bars.close, 14)
    return [
        ("breakout_up", "entry", "long", crossover(bars.close, upper) & (adx > 20)),
        ("breakout_down", "entry", "short", crossunder(bars.close, lower) & (adx > 20)),
        ("back_from_above", "exit", "long", bars.close < middle - 0.25 * atr),
        ("back_from_below", "exit", "short", bars.close > middle + 0.25 * atr),
    ]


def swing_levels(values: Floats, strength: int, longest: int, *, high: bool) -> Floats:
    """The newest swing known at each candle, by looking at every candidate's neighbours."""
    signed = values if high else -values
    found = np.full(len(values), np.nan)
    newest = None
    for now in range(len(values)):
        at = now - strength
        if at >= strength:
            before, after = signed[at - strength : at], signed[at + 1 : now + 1]
            if signed[at] >= before.max() and signed[at] > after.max():
                newest = at
        if newest is not None and now - newest <= longest:
            found[now] = values[newest]
    return found


def support_resistance_breakout(bars: Bars) -> Sequence[Rule]:
    resistance = swing_levels(bars.high, 5, 200, high=True)
    support = swing_levels(bars.low, 5, 200, high=False)
    usual, base = talib.SMA(bars.volume, 20), talib.EMA(bars.close, 20)
    loud = bars.volume > 1.2 * usual
    return [
        ("broke_resistance", "entry", "long", crossover(bars.close, resistance) & loud),
        ("broke_support", "entry", "short", crossunder(bars.close, support) & loud),
        ("failed_up", "exit", "long", lambda at, held: bars.close[at] < base[at] or held.bars >= 60),
        ("failed_down", "exit", "short", lambda at, held: bars.close[at] > base[at] or held.bars >= 60),
    ]


def rsi_mean_reversion(bars: Bars) -> Sequence[Rule]:
    rsi, trend = talib.RSI(bars.close, 14), talib.SMA(bars.close, 100)
    known = np.isfinite(rsi) & np.isfinite(trend)
    return [
        ("oversold_in_uptrend", "entry", "long", (rsi < 35) & (bars.close > trend)),
        ("recovered", "exit", "long", known & ((rsi > 60) | (bars.close < trend))),
        ("wrong", "exit", "long", lambda _at, held: held.pnl < -0.03),
    ]


def rolling(values: Floats, period: int, measure: Callable[[Floats], float]) -> Floats:
    """A measure of each window; NaN where it holds a NaN."""
    windows = np.lib.stride_tricks.sliding_window_view(values, period)
    return np.concatenate([np.full(period - 1, np.nan), [measure(window) for window in windows]])


def macd_momentum(bars: Bars) -> Sequence[Rule]:
    macd, signal, histogram = talib.MACD(bars.close, 12, 26, 9)
    smooth = rolling(histogram, 3, lambda window: float(np.mean(window)))
    change = smooth - lagged(smooth)
    push = (change - rolling(change, 100, lambda window: float(np.mean(window)))) / rolling(
        change, 100, lambda window: float(np.std(window))
    )
    steps = histogram - lagged(histogram)
    shrinking = (steps < 0) & (lagged(steps) < 0) & (lagged(steps, 2) < 0)
    return [
        ("turned_up", "entry", "long", crossover(macd, signal) & (push > 0.5)),
        ("faded", "exit", "long", np.isfinite(lagged(histogram, 3)) & (shrinking | crossunder(macd, signal))),
    ]


def ema_cross(bars: Bars) -> Sequence[Rule]:
    fast, slow = talib.EMA(bars.close, 12), talib.EMA(bars.close, 26)
    crossed = np.where(ready(fast, slow), crossover(fast, slow).astype(float), np.nan)
    recently = rolling(crossed, 3, max) == 1
    held = (bars.low > slow) & (lagged(bars.low) > lagged(slow))
    lowest = lagged(rolling(bars.low, 20, min))
    known = ready(fast, slow) & np.isfinite(lowest)
    return [
        ("crossed_and_held", "entry", "long", recently & held),
        ("crossed_back", "exit", "long", known & (crossunder(fast, slow) | (bars.close < lowest))),
    ]


def higher(bars: Bars, minutes: int, of: Callable[[Floats], Floats]) -> Floats:
    """An indicator of the closes of closed bars of a higher timeframe, as one-minute candles without gaps know it."""
    length = minutes * 60_000
    ends = np.flatnonzero(bars.close_times % length == 0)
    whole = ends[ends >= minutes - 1]  # the first may have begun before the first candle
    values = of(bars.close[whole])
    known = np.searchsorted(whole, np.arange(len(bars.close)), side="right") - 1
    return np.where(known >= 0, values[known], np.nan)


def multi_timeframe_trend(bars: Bars) -> Sequence[Rule]:
    hourly = higher(bars, 60, lambda closes: talib.EMA(closes, 20))
    macd = higher(bars, 15, lambda closes: talib.MACD(closes, 12, 26, 9)[0])
    signal = higher(bars, 15, lambda closes: talib.MACD(closes, 12, 26, 9)[1])
    rsi = talib.RSI(bars.close, 14)
    known = np.isfinite(hourly) & np.isfinite(macd) & np.isfinite(signal)
    return [
        ("aligned", "entry", "long", (bars.close > hourly) & (macd > signal) & crossover(rsi, level(bars, 45))),
        ("broken", "exit", "long", known & ((bars.close < hourly) | (macd < signal))),
        ("enough", "exit", "long", lambda _at, held: held.pnl > 0.01 or held.bars >= 240),
    ]


TEMPLATES: Mapping[str, Callable[[Bars], Sequence[Rule]]] = {
    rules.__name__: rules
    for rules in (
        macd_rsi,
        ma_crossover,
        rsi_trend,
        bollinger_breakout,
        support_resistance_breakout,
        rsi_mean_reversion,
        macd_momentum,
        ema_cross,
        multi_timeframe_trend,
    )
}


def signals_of(rules: Sequence[Rule], bars: Bars) -> list[tuple[int, str]]:
    """Every change of position as (candle, rule): the first entry that holds opens, the first exit closes."""
    found: list[tuple[int, str]] = []
    side, entered = "flat", 0

    def first(kind: str, at: int, sides: Sequence[str], held: Held) -> Rule | None:
        for rule in rules:
            verdict = rule[3]
            if rule[1] == kind and rule[2] in sides and (verdict(at, held) if callable(verdict) else verdict[at]):
                return rule
        return None

    for at in range(len(bars.close)):
        if side == "flat":
            opened = first("entry", at, ("long", "short"), Held(0, 0.0))
        else:
            gained = bars.close[at] / bars.close[entered] - 1
            closed = first("exit", at, (side,), Held(at - entered, gained if side == "long" else -gained))
            if closed is None:
                continue
            found.append((at, closed[0]))
            opened = first("entry", at, ("short" if side == "long" else "long",), Held(0, 0.0))
            side = "flat"
        if opened is not None:
            found.append((at, opened[0]))
            side, entered = opened[2], at
    return found
