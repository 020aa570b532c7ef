"""Volatility: how much price moves, whichever way."""

from operators.indicators.definition import IndicatorDefinition
from operators.indicators.talib_functions import talib_indicator

_CHANNEL_STATES = {
    "breakout_up": "crossover(close, {name}.upper)",
    "breakout_down": "crossunder(close, {name}.lower)",
    "above_upper": "close > {name}.upper",
    "below_lower": "close < {name}.lower",
}
_BANDWIDTH = "({name}.upper - {name}.lower) / {name}.middle"
_SQUEEZE_BARS = 125  # half a year of days, as J. Bollinger has it
_BAND_NAMES = {"upper_band": "upper", "middle_band": "middle", "lower_band": "lower"}

VOLATILITY: tuple[IndicatorDefinition, ...] = (
    talib_indicator("atr", doc="Wilder's mean of the true range, in the price's unit."),
    talib_indicator("natr", doc="Wilder's mean of the true range, in percent of the close."),
    talib_indicator(
        "bbands",
        states={**_CHANNEL_STATES, "squeeze": f"{_BANDWIDTH} <= lowest({_BANDWIDTH}, {_SQUEEZE_BARS})"},
        aliases=("bollinger", "bb"),
        output_aliases=_BAND_NAMES,
        doc="A moving average, and bands so many standard deviations above and below. In a squeeze the bands, as a "
        f"part of the average, are as narrow as they have been in {_SQUEEZE_BARS} bars.",
    ),
    talib_indicator(
        "kc",
        states=_CHANNEL_STATES,
        output_aliases=_BAND_NAMES,
        doc="A mean of the typical price, and bands so many mean true ranges above and below.",
    ),
    talib_indicator("accbands", states=_CHANNEL_STATES, output_aliases=_BAND_NAMES),
    talib_indicator("stddev", doc="So many standard deviations of the last ``period`` values, in their unit."),
)
