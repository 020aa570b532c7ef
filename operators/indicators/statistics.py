"""What a number is within its own window: how unusual, how high, how fast, how restless."""

from operators.indicators.definition import IndicatorDefinition, Parameter
from operators.indicators.kernels.range_position import RANGE_POSITION
from operators.indicators.kernels.realised_volatility import REALISED_VOLATILITY
from operators.indicators.kernels.slope import SLOPE
from operators.indicators.kernels.z_score import Z_SCORE
from operators.indicators.parameters import period, zones

_GROUP = "Statistic Functions"
_ZONES = {"overbought": "{name} > {overbought}", "oversold": "{name} < {oversold}"}
_ZONES_ORDERED = (("oversold", "overbought"),)
_BARS_OF_A_YEAR = 366 * 24 * 60.0  # of one minute: no timeframe is shorter

STATISTICS = (
    IndicatorDefinition(
        name="zscore",
        title="Z-Score",
        parameters=period(20, "How many bars the mean and the deviation look back"),
        inputs=(),
        outputs=("zscore",),
        memory=lambda parameters: Z_SCORE.lookback(parameters) + 1,
        states=_ZONES,
        aliases=("standard_score",),
        thresholds=zones(2, -2, (-100.0, 100.0)),
        ordered=_ZONES_ORDERED,
        kernel=Z_SCORE,
        group=_GROUP,
        doc="Standard deviations from the mean; 0 where all values of the window are the same.",
        formula="(x - SMA(x)) / STDDEV(x), the population's deviation",
        source="E. Kreyszig, Advanced Engineering Mathematics; the deviation as in J. Bollinger (2001)",
    ),
    IndicatorDefinition(
        name="range_position",
        title="Position in the Range",
        parameters=period(20, "How many bars the range looks back"),
        inputs=(),
        outputs=("range_position",),
        memory=lambda parameters: RANGE_POSITION.lookback(parameters) + 1,
        states=_ZONES,
        aliases=("min_max_position", "min_max_scaled"),
        thresholds=zones(0.8, 0.2, (0.0, 1.0)),
        ordered=_ZONES_ORDERED,
        kernel=RANGE_POSITION,
        group=_GROUP,
        doc="From 0 at the lowest value of the window to 1 at the highest; 0.5 where all are the same.",
        formula="(x - MIN(x)) / (MAX(x) - MIN(x))",
        source="min-max normalisation: J. Han, M. Kamber, Data Mining: Concepts and Techniques",
    ),
    IndicatorDefinition(
        name="slope",
        title="Slope",
        parameters=period(14, "How many bars the line is fitted to"),
        inputs=(),
        outputs=("slope",),
        memory=lambda parameters: SLOPE.lookback(parameters) + 1,
        states={"rising": "{name} > 0", "falling": "{name} < 0"},
        kernel=SLOPE,
        group=_GROUP,
        doc="How much the line that fits best rises a bar, in the unit of what it reads. Precise at any price, which "
        "TA-Lib's `linearreg_slope` is not.",
        formula="the least-squares slope of x against the bar's number",
        source="ordinary least squares",
    ),
    IndicatorDefinition(
        name="realised_volatility",
        title="Realised Volatility",
        parameters=(
            *period(20, "How many returns the deviation looks back"),
            Parameter(
                "periods_per_year",
                ("annualization", "annualisation"),
                float,
                1.0,
                1.0,
                _BARS_OF_A_YEAR,
                "Bars a year has, such as 365 or 252 for daily ones; 1 leaves it a volatility per bar",
            ),
        ),
        inputs=(),
        outputs=("realised_volatility",),
        memory=lambda parameters: REALISED_VOLATILITY.lookback(parameters) + 1,
        aliases=("realized_volatility", "historical_volatility"),
        kernel=REALISED_VOLATILITY,
        group="Volatility Indicators",
        doc="The deviation of log returns, as a fraction: 0.01 is 1 %. What it reads must be above zero.",
        formula="the sample deviation (divided by period - 1) of ln(x / x[1]), times sqrt(periods_per_year)",
        source="J. C. Hull, Options, Futures, and Other Derivatives",
    ),
)
