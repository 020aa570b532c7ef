"""Trend: whether prices go somewhere, and which way."""

from operators.indicators.definition import IndicatorDefinition
from operators.indicators.parameters import PERCENT, level
from operators.indicators.talib_functions import talib_indicator

_MACD_STATES = {
    "crossover_bullish": "crossover({name}.macd, {name}.signal)",
    "crossover_bearish": "crossunder({name}.macd, {name}.signal)",
    "bullish": "{name}.macd > {name}.signal",
    "bearish": "{name}.macd < {name}.signal",
    "positive": "{name}.macd > 0",
    "negative": "{name}.macd < 0",
}

TREND: tuple[IndicatorDefinition, ...] = (
    talib_indicator(
        "macd",
        states=_MACD_STATES,
        output_aliases={"line": "macd"},
        doc="How far a fast exponential mean is above a slow one, and the exponential mean of that.",
    ),
    talib_indicator("macdext", states=_MACD_STATES, doc="MACD of any kinds of moving average."),
    talib_indicator("macdfix", states=_MACD_STATES, doc="MACD of 12 and 26 bars."),
    talib_indicator(
        "adx",
        states={"trending": "{name} > {trending}", "ranging": "{name} < {trending}"},
        thresholds=(level("trending", 25, PERCENT),),
        doc="How strongly prices go one way, whichever it is; from 0 to 100.",
    ),
    talib_indicator("plus_di", doc="How much of the range is upward movement; from 0 to 100."),
    talib_indicator("minus_di", doc="How much of the range is downward movement; from 0 to 100."),
    talib_indicator(
        "sar",
        states={"below_price": "{name} < close", "above_price": "{name} > close"},
        doc="Wilder's parabolic stop, which nears price the faster the longer a trend lasts.",
    ),
    talib_indicator(
        "aroon",
        states={"bullish": "{name}.up > {name}.down", "bearish": "{name}.up < {name}.down"},
        doc="How lately the highest high and the lowest low of the period came; from 0 to 100, 100 for this bar.",
    ),
)
