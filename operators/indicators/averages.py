"""Moving averages: means of one price, by how they weigh the bars."""

from operators.indicators.definition import IndicatorDefinition
from operators.indicators.talib_functions import talib_indicator

_AGAINST_PRICE = {
    "price_above": "close > {name}",
    "price_below": "close < {name}",
    "crossed_up": "crossover(close, {name})",
    "crossed_down": "crossunder(close, {name})",
}
_DOCS = {
    "sma": "The mean of the last ``period`` values, all of which weigh the same.",
    "ema": "A mean in which the weight of a value falls off by 1 - 2/(period + 1) a bar.",
    "wma": "The mean of the last ``period`` values, of which the newest weighs ``period`` times the oldest.",
    "dema": "Twice the exponential mean less the exponential mean of it, so that it lags less.",
    "tema": "Three exponential means, one of the other, combined so that they lag less still.",
    "trima": "The mean of the last ``period`` values, of which those in the middle weigh most.",
    "kama": "A mean that follows fast when price goes straight, and slowly when it goes to and fro.",
    "t3": "Six exponential means, one of the other, combined to be smooth and to lag little.",
    "hma": "Weighted means combined so that they hardly lag; Hull's mean.",
    "zlema": "The exponential mean of a value and of how far it has moved over half a period.",
    "rma": "Wilder's mean, in which the weight of a value falls off by 1 - 1/period a bar.",
    "vwma": "The mean of the last ``period`` values, weighed by volume.",
    "ma": "A moving average of the kind that ``ma_type`` names.",
}

AVERAGES: tuple[IndicatorDefinition, ...] = tuple(
    talib_indicator(kind, states=_AGAINST_PRICE, doc=doc) for kind, doc in _DOCS.items()
)
