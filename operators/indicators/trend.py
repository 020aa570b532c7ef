"""Trend: whether prices go somewhere, and which way."""

from operators.indicators import memory
from operators.indicators.definition import IndicatorDefinition
from operators.indicators.parameters import PERCENT, bars, level, period

_RANGE = ("high", "low", "close")

TREND = (
    IndicatorDefinition(
        name="macd",
        title="Moving Average Convergence/Divergence",
        parameters=(
            bars("fast_period", ("fastperiod", "fast", "fast_length"), 12, "Span of the fast mean"),
            bars("slow_period", ("slowperiod", "slow", "slow_length"), 26, "Span of the slow mean"),
            bars("signal_period", ("signalperiod", "signal", "signal_length"), 9, "Span of the signal line", minimum=1),
        ),
        inputs=(),
        outputs=("macd", "signal", "histogram"),
        memory=memory.convergence,
        states={
            "crossover_bullish": "crossover({name}.macd, {name}.signal)",
            "crossover_bearish": "crossunder({name}.macd, {name}.signal)",
            "bullish": "{name}.macd > {name}.signal",
            "bearish": "{name}.macd < {name}.signal",
            "positive": "{name}.macd > 0",
            "negative": "{name}.macd < 0",
        },
        output_aliases={
            "line": "macd",
            "signal_line": "signal",
            "macdsignal": "signal",
            "hist": "histogram",
            "macdhist": "histogram",
        },
        ordered=(("fast_period", "slow_period"),),
    ),
    IndicatorDefinition(
        name="adx",
        title="Average Directional Movement Index",
        parameters=period(14, "Wilder's smoothing, applied twice"),
        inputs=_RANGE,
        outputs=("adx",),
        memory=memory.wilder_twice,
        states={"trending": "{name} > {trending}", "ranging": "{name} < {trending}"},
        thresholds=(level("trending", 25, PERCENT),),
    ),
    IndicatorDefinition(
        name="plus_di",
        title="Plus Directional Indicator",
        parameters=period(14, "Wilder's smoothing of upward movement", minimum=1),
        inputs=_RANGE,
        outputs=("plus_di",),
        memory=memory.wilder,
    ),
    IndicatorDefinition(
        name="minus_di",
        title="Minus Directional Indicator",
        parameters=period(14, "Wilder's smoothing of downward movement", minimum=1),
        inputs=_RANGE,
        outputs=("minus_di",),
        memory=memory.wilder,
    ),
)
