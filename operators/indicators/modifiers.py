"""What is made of any series or indicator: what it was, how far it moved, how long it went one way."""

from operators.indicators.definition import IndicatorDefinition, Parameter
from operators.indicators.kernels.bars_since import BARS_SINCE
from operators.indicators.kernels.change import ABSOLUTE, CHANGE, LOG, METHODS
from operators.indicators.kernels.lag import LAG
from operators.indicators.kernels.runs import FALLING, RISING
from operators.indicators.parameters import bars, period

_GROUP = "Modifiers"
_ALIASES = ("period", "timeperiod", "length", "window", "lookback", "n")

MODIFIERS = (
    IndicatorDefinition(
        name="lag",
        title="Lag",
        parameters=(bars("bars", _ALIASES, 1, "How far back the value lies", minimum=1),),
        inputs=(),
        outputs=("lag",),
        memory=LAG.lookback,
        kernel=LAG,
        group=_GROUP,
        doc="The value of some bars ago.",
        formula="x[bars]",
        source="by definition",
    ),
    IndicatorDefinition(
        name="change",
        title="Change",
        parameters=(
            bars("bars", _ALIASES, 1, "How far back the value compared with lies", minimum=1),
            Parameter(
                "method",
                ("kind",),
                int,
                ABSOLUTE,
                ABSOLUTE,
                LOG,
                "What the change is told in: the unit of x, percent of the earlier value, or the ratio's logarithm",
                choices=METHODS,
            ),
        ),
        inputs=(),
        outputs=("change",),
        memory=CHANGE.lookback,
        kernel=CHANGE,
        states={"positive": "{name} > 0", "negative": "{name} < 0"},
        group=_GROUP,
        doc="How far a value has moved from that of some bars ago.",
        formula="absolute: x - x[bars]; percent: 100 (x - x[bars]) / x[bars]; log: ln(x / x[bars])",
        source="by definition",
    ),
    IndicatorDefinition(
        name="rising",
        title="Rising",
        parameters=period(1, "For how many bars in a row it has risen", minimum=1),
        inputs=(),
        outputs=("rising",),
        memory=RISING.lookback,
        kernel=RISING,
        group=_GROUP,
        doc="1 where each of the last values is above the one before it, else 0.",
        formula="x > x[1] and x[1] > x[2] and so on, period times",
        source="by definition",
    ),
    IndicatorDefinition(
        name="falling",
        title="Falling",
        parameters=period(1, "For how many bars in a row it has fallen", minimum=1),
        inputs=(),
        outputs=("falling",),
        memory=FALLING.lookback,
        kernel=FALLING,
        group=_GROUP,
        doc="1 where each of the last values is below the one before it, else 0.",
        formula="x < x[1] and x[1] < x[2] and so on, period times",
        source="by definition",
    ),
    IndicatorDefinition(
        name="bars_since",
        title="Bars Since",
        parameters=(bars("limit", ("bars", "most"), 1_000, "How far back it is looked for", minimum=1),),
        inputs=(),
        outputs=("bars_since",),
        memory=lambda parameters: int(parameters["limit"]),
        kernel=BARS_SINCE,
        group=_GROUP,
        doc="How many bars ago a condition last held, 0 if it holds now; not ready if it is longer ago than the limit. "
        "Of a number it counts from the last bar at which that was not 0.",
        formula="the least k >= 0 with x[k] != 0",
        source="by definition",
    ),
)
