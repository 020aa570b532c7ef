"""Moving averages: means of one price, by how they weigh the bars."""

from operators.indicators import memory
from operators.indicators.definition import IndicatorDefinition
from operators.indicators.parameters import period

_AGAINST_PRICE = {
    "price_above": "close > {name}",
    "price_below": "close < {name}",
    "crossed_up": "crossover(close, {name})",
    "crossed_down": "crossunder(close, {name})",
}

AVERAGES = (
    IndicatorDefinition(
        name="sma",
        title="Simple Moving Average",
        parameters=period(30, "How many closes are averaged"),
        inputs=(),
        outputs=("sma",),
        memory=memory.finite,
        states=_AGAINST_PRICE,
        aliases=("simple_moving_average", "ma"),
    ),
    IndicatorDefinition(
        name="ema",
        title="Exponential Moving Average",
        parameters=period(30, "Span of the exponential mean"),
        inputs=(),
        outputs=("ema",),
        memory=memory.exponential,
        states=_AGAINST_PRICE,
        aliases=("exponential_moving_average",),
    ),
    IndicatorDefinition(
        name="wma",
        title="Weighted Moving Average",
        parameters=period(30, "How many bars are averaged, the newest weighing most"),
        inputs=(),
        outputs=("wma",),
        memory=memory.finite,
        states=_AGAINST_PRICE,
        aliases=("weighted_moving_average",),
    ),
    IndicatorDefinition(
        name="dema",
        title="Double Exponential Moving Average",
        parameters=period(30, "Span of each of two exponential means"),
        inputs=(),
        outputs=("dema",),
        memory=memory.exponential_twice,
        states=_AGAINST_PRICE,
    ),
    IndicatorDefinition(
        name="tema",
        title="Triple Exponential Moving Average",
        parameters=period(30, "Span of each of three exponential means"),
        inputs=(),
        outputs=("tema",),
        memory=memory.exponential_thrice,
        states=_AGAINST_PRICE,
    ),
)
