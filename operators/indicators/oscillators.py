"""Oscillators: how far and how fast price has moved within what is usual for it."""

from operators.indicators.definition import IndicatorDefinition
from operators.indicators.parameters import PERCENT, zones
from operators.indicators.talib_functions import talib_indicator

_SIGN = {"positive": "{name} > 0", "negative": "{name} < 0"}
_ZONES = {"overbought": "{name} > {overbought}", "oversold": "{name} < {oversold}"}
_LINES = {
    "crossover_bullish": "crossover({name}.k, {name}.d)",
    "crossover_bearish": "crossunder({name}.k, {name}.d)",
    "overbought": "{name}.k > {overbought}",
    "oversold": "{name}.k < {oversold}",
}

OSCILLATORS: tuple[IndicatorDefinition, ...] = (
    talib_indicator(
        "rsi",
        states=_ZONES,
        thresholds=zones(70, 30, PERCENT),
        doc="How much of the movement was upward, by Wilder's means of gains and losses; from 0 to 100.",
    ),
    talib_indicator(
        "stoch",
        states=_LINES,
        thresholds=zones(80, 20, PERCENT),
        doc="Where the close lies in the range of ``fastk_period`` bars, smoothed (k), and again (d); 0 to 100.",
    ),
    talib_indicator(
        "stochf",
        states=_LINES,
        thresholds=zones(80, 20, PERCENT),
        doc="Where the close lies in the range of ``fastk_period`` bars (k), and that smoothed (d); 0 to 100.",
    ),
    talib_indicator(
        "stochrsi",
        states=_LINES,
        thresholds=zones(80, 20, PERCENT),
        doc="Where RSI lies in its own range of ``fastk_period`` bars (k), and that smoothed (d); 0 to 100.",
    ),
    talib_indicator(
        "kdj",
        states=_LINES,
        thresholds=zones(80, 20, PERCENT),
        doc="The stochastic by Wilder's means, and how far k runs ahead of d (j), which may leave 0 to 100.",
    ),
    talib_indicator(
        "cci",
        states=_ZONES,
        thresholds=zones(100, -100, (-1000.0, 1000.0)),
        doc="How far the typical price is from its mean, in units of 0.015 mean deviations.",
    ),
    talib_indicator(
        "mfi",
        states=_ZONES,
        thresholds=zones(80, 20, PERCENT),
        doc="How much of the money flow, typical price times volume, came on rising bars; from 0 to 100.",
    ),
    talib_indicator(
        "willr",
        states=_ZONES,
        thresholds=zones(-20, -80, (-100.0, 0.0)),
        doc="How far the close is below the highest high of the period, in its range; from -100 to 0.",
    ),
    talib_indicator("roc", states=_SIGN, doc="How far price is from the one ``period`` bars ago, in percent of that."),
    talib_indicator("mom", states=_SIGN, doc="How far price is from the one ``period`` bars ago, in its unit."),
)
