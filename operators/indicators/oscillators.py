"""Oscillators: how far and how fast price has moved within what is usual for it."""

from operators.indicators import memory
from operators.indicators.definition import IndicatorDefinition
from operators.indicators.parameters import PERCENT, bars, period, zones

_RANGE = ("high", "low", "close")
_SIGN = {"positive": "{name} > 0", "negative": "{name} < 0"}
_ZONES = {"overbought": "{name} > {overbought}", "oversold": "{name} < {oversold}"}
_ZONES_ORDERED = (("oversold", "overbought"),)

OSCILLATORS = (
    IndicatorDefinition(
        name="rsi",
        title="Relative Strength Index",
        parameters=period(14, "Wilder's smoothing of gains and losses"),
        inputs=(),
        outputs=("rsi",),
        memory=memory.wilder,
        states=_ZONES,
        aliases=("relative_strength_index",),
        thresholds=zones(70, 30, PERCENT),
        ordered=_ZONES_ORDERED,
    ),
    IndicatorDefinition(
        name="stoch",
        title="Stochastic",
        parameters=(
            bars(
                "fastk_period",
                ("fastk_period", "k_period", "k", "period", "length"),
                5,
                "Range of high and low",
                minimum=1,
            ),
            bars("slowk_period", ("slowk_period", "smooth_k", "smoothing", "slowing"), 3, "Smoothing of %K", minimum=1),
            bars("slowd_period", ("slowd_period", "d_period", "d", "smooth_d"), 3, "Smoothing of %D", minimum=1),
        ),
        inputs=_RANGE,
        outputs=("k", "d"),
        memory=memory.stochastic,
        states={
            "crossover_bullish": "crossover({name}.k, {name}.d)",
            "crossover_bearish": "crossunder({name}.k, {name}.d)",
            "overbought": "{name}.k > {overbought}",
            "oversold": "{name}.k < {oversold}",
        },
        aliases=("stochastic",),
        output_aliases={"slowk": "k", "slowd": "d"},
        thresholds=zones(80, 20, PERCENT),
        ordered=_ZONES_ORDERED,
    ),
    IndicatorDefinition(
        name="cci",
        title="Commodity Channel Index",
        parameters=period(14, "How many bars the mean and its deviation look back"),
        inputs=_RANGE,
        outputs=("cci",),
        memory=memory.finite,
        states=_ZONES,
        thresholds=zones(100, -100, (-1000.0, 1000.0)),
        ordered=_ZONES_ORDERED,
    ),
    IndicatorDefinition(
        name="mfi",
        title="Money Flow Index",
        parameters=period(14, "How many bars of money flow are summed", minimum=5),
        inputs=("high", "low", "close", "volume"),
        outputs=("mfi",),
        memory=memory.finite,
        states=_ZONES,
        aliases=("money_flow_index",),
        thresholds=zones(80, 20, PERCENT),
        ordered=_ZONES_ORDERED,
    ),
    IndicatorDefinition(
        name="willr",
        title="Williams' %R",
        parameters=period(14, "Range of high and low"),
        inputs=_RANGE,
        outputs=("willr",),
        memory=memory.finite,
        states=_ZONES,
        aliases=("williams_r",),
        thresholds=zones(-20, -80, (-100.0, 0.0)),
        ordered=_ZONES_ORDERED,
    ),
    IndicatorDefinition(
        name="roc",
        title="Rate of Change",
        parameters=period(10, "How far back the price compared with lies", minimum=1),
        inputs=(),
        outputs=("roc",),
        memory=memory.finite,
        states=_SIGN,
        aliases=("rate_of_change",),
    ),
    IndicatorDefinition(
        name="mom",
        title="Momentum",
        parameters=period(10, "How far back the price compared with lies", minimum=1),
        inputs=(),
        outputs=("mom",),
        memory=memory.finite,
        states=_SIGN,
        aliases=("momentum",),
    ),
)
