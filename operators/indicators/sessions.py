"""Indicators of a trading session, which starts at a time of day somewhere."""

from operators.indicators.definition import IndicatorDefinition, Parameter
from operators.indicators.kernels.pivot_points import PIVOT_POINTS
from operators.indicators.kernels.session_vwap import SESSION_VWAP
from operators.indicators.parameters import LONGEST_PERIOD, ZONE

_TIMES = {f"{minute // 60:02}:{minute % 60:02}": minute for minute in range(24 * 60)}
_BARS_OF_A_DAY = 24 * 60  # of one minute

SESSION = (
    ZONE,
    Parameter(
        "start",
        ("session_start", "anchor"),
        int,
        0,
        0,
        len(_TIMES) - 1,
        "When a session starts there, such as 09:30; as a number, minutes after midnight",
        choices=_TIMES,
        written="a time of day such as 09:30",
    ),
    Parameter(
        "session_bars",
        ("longest_session",),
        int,
        _BARS_OF_A_DAY,
        1,
        LONGEST_PERIOD,
        "Bars that a session may have; the default is a day of 1m candles, and 288 does for 5m",
    ),
)
"""When a session starts, and how long it may be. What is kept in memory grows with ``session_bars``."""

SESSIONS = (
    IndicatorDefinition(
        name="session_vwap",
        title="Session Volume-Weighted Average Price",
        parameters=SESSION,
        inputs=("time", "high", "low", "close", "volume"),
        outputs=("session_vwap",),
        memory=lambda parameters: int(parameters["session_bars"]),
        states={
            "price_above": "close > {name}",
            "price_below": "close < {name}",
            "crossed_up": "crossover(close, {name})",
            "crossed_down": "crossunder(close, {name})",
        },
        aliases=("anchored_vwap", "vwap_session"),
        kernel=SESSION_VWAP,
        group="Volume Indicators",
        doc="Begins anew with each session. NaN until the first session starts, while nothing was traded in one, and "
        "from bar `session_bars` of a session on. TA-Lib's `vwap` never begins anew.",
        formula="sum((high + low + close) / 3 * volume) / sum(volume) since the session started",
        source='Berkowitz, Logue, Noser, Journal of Finance 43 (1988); TradingView, "VWAP" anchored at the session',
    ),
    IndicatorDefinition(
        name="pivot_points",
        title="Pivot Points",
        parameters=SESSION,
        inputs=("time", "high", "low", "close"),
        outputs=("pivot", "r1", "r2", "r3", "s1", "s2", "s3"),
        memory=lambda parameters: 2 * int(parameters["session_bars"]),
        states={
            "above_pivot": "close > {name}.pivot",
            "below_pivot": "close < {name}.pivot",
            "breakout_up": "crossover(close, {name}.r1)",
            "breakout_down": "crossunder(close, {name}.s1)",
        },
        aliases=("pivots", "pivot"),
        output_aliases={"p": "pivot", "resistance": "r1", "support": "s1"},
        kernel=PIVOT_POINTS,
        group="Overlap Studies",
        doc="The floor traders' levels of the session before, which stand still throughout this one. NaN until a whole "
        "session was seen, and where a session has more than `session_bars` bars.",
        formula="P = (H + L + C) / 3; r1 = 2P - L; r2 = P + H - L; r3 = H + 2(P - L); s1 = 2P - H; s2 = P - (H - L); "
        "s3 = L - 2(H - P), of the session before",
        source='J. L. Person, A Complete Guide to Technical Trading Tactics; StockCharts ChartSchool, "Pivot Points"',
    ),
)
