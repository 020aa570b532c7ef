"""Volatility: how much price moves, whichever way."""

from operators.indicators import memory
from operators.indicators.definition import IndicatorDefinition, Parameter
from operators.indicators.parameters import period

_RANGE = ("high", "low", "close")

VOLATILITY = (
    IndicatorDefinition(
        name="atr",
        title="Average True Range",
        parameters=period(14, "Wilder's smoothing of the true range", minimum=1),
        inputs=_RANGE,
        outputs=("atr",),
        memory=memory.wilder,
        aliases=("average_true_range",),
    ),
    IndicatorDefinition(
        name="natr",
        title="Normalized Average True Range",
        parameters=period(14, "Wilder's smoothing of the true range", minimum=1),
        inputs=_RANGE,
        outputs=("natr",),
        memory=memory.wilder,
    ),
    IndicatorDefinition(
        name="bbands",
        title="Bollinger Bands",
        parameters=(
            *period(20, "How many bars the mean and the deviation look back"),
            Parameter(
                "deviations_up",
                ("std_dev", "deviations", "nbdev", "multiplier"),
                float,
                2.0,
                0.01,
                100.0,
                "Standard deviations from the middle to the upper band",
                talib="nbdevup",
            ),
            Parameter(
                "deviations_down",
                ("std_dev", "deviations", "nbdev", "multiplier"),
                float,
                2.0,
                0.01,
                100.0,
                "Standard deviations from the middle to the lower band",
                talib="nbdevdn",
            ),
        ),
        inputs=(),
        outputs=("middle", "upper", "lower"),
        memory=memory.finite,
        states={
            "breakout_up": "crossover(close, {name}.upper)",
            "breakout_down": "crossunder(close, {name}.lower)",
            "above_upper": "close > {name}.upper",
            "below_lower": "close < {name}.lower",
        },
        aliases=("bollinger", "bollinger_bands", "bb"),
        output_aliases={
            "upperband": "upper",
            "middleband": "middle",
            "lowerband": "lower",
            "upper_band": "upper",
            "middle_band": "middle",
            "lower_band": "lower",
        },
        talib_outputs=("upper", "middle", "lower"),
    ),
    IndicatorDefinition(
        name="stddev",
        title="Standard Deviation",
        parameters=(
            *period(5, "How many bars the deviation looks back"),
            Parameter(
                "deviations", ("multiplier",), float, 1.0, 0.01, 100.0, "Multiple of the deviation", talib="nbdev"
            ),
        ),
        inputs=(),
        outputs=("stddev",),
        memory=memory.finite,
        aliases=("standard_deviation",),
    ),
)
