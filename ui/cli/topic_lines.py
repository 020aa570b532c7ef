"""Records in columns, a line each, so that many can be read at a glance as they come."""

from schemas.composite import ALL_STRATEGIES, Composite, Consensus, LateSignal
from ui.cli.account_lines import EQUITY, EXECUTIONS, METRICS, POSITIONS, line_of_account
from ui.cli.columns import Columns, coloured, line
from ui.cli.printing import counted
from ui.cli.strategy_report import minute

COMPOSITES: Columns = (
    ("window end (UTC)", 19),
    ("strategy", 28),
    ("symbol", 12),
    ("side", 5),
    ("timeframe", 9),
    ("style", 8),
    ("confidence", -10),
    ("strength", -8),
    ("supporting", -10),
    ("opposing", -8),
)
LATE_SIGNALS: Columns = (
    ("closed (UTC)", 19),
    ("strategy", 28),
    ("symbol", 12),
    ("timeframe", 9),
    ("windows worked until", 20),
    ("late so far", -11),
)
OF_TOPIC = {
    "composites": COMPOSITES,
    "late-signals": LATE_SIGNALS,
    "positions": POSITIONS,
    "metrics": METRICS,
    "equity": EQUITY,
    "executions": EXECUTIONS,
}
"""The columns of each topic that is shown in columns, by its name without prefix."""


def line_of(record: object) -> str | None:
    """A record in its topic's columns; None where it has none."""
    if isinstance(record, Composite):
        cells = [
            minute(record.window_end),
            record.strategy,
            record.symbol,
            record.side,
            record.timeframe,
            record.trading_style,
            f"{record.composite_confidence:.3f}",
            f"{record.correlation_strength:.2f}",
            str(len(record.supporting)),
            str(len(record.opposing)),
        ]
        return coloured(line(COMPOSITES, cells), record.side)
    if isinstance(record, Consensus):
        cells = [
            minute(record.window_end),
            f"{ALL_STRATEGIES} ({counted(record.strategies, 'strategy', 'strategies')})",
            record.symbol,
            record.side,
            "-",
            record.trading_style,
            f"{record.agreement:.3f}",
            "-",
            str(len(record.agreeing)),
            str(len(record.opposing)),
        ]
        return coloured(line(COMPOSITES, cells), record.side)
    if isinstance(record, LateSignal):
        times = [minute(record.close_time), minute(record.watermark)]
        return line(
            LATE_SIGNALS, [times[0], record.strategy, record.symbol, record.timeframe, times[1], f"{record.count:,}"]
        )
    return line_of_account(record)
