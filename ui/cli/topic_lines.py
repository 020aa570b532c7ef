"""Composites and late signals in columns, a line each, so that many can be read at a glance as they come."""

from collections.abc import Sequence

from rich.markup import escape

from schemas.composite import ALL_STRATEGIES, Composite, Consensus, LateSignal
from ui.cli.strategy_report import minute

Columns = Sequence[tuple[str, int]]
"""Titles and widths; a negative width is for what stands to the right."""

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
OF_TOPIC = {"composites": COMPOSITES, "late-signals": LATE_SIGNALS}
"""The columns of each topic that is shown in columns, by its name without prefix."""

_SIDES = {"long": "green", "short": "red"}


def header(columns: Columns) -> str:
    """The titles, as a line."""
    return f"[bold]{_line(columns, [title for title, _ in columns])}[/]"


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
        return _coloured(_line(COMPOSITES, cells), record.side)
    if isinstance(record, Consensus):
        cells = [
            minute(record.window_end),
            f"{ALL_STRATEGIES} ({record.strategies} strategies)",
            record.symbol,
            record.side,
            "-",
            record.trading_style,
            f"{record.agreement:.3f}",
            "-",
            str(len(record.agreeing)),
            str(len(record.opposing)),
        ]
        return _coloured(_line(COMPOSITES, cells), record.side)
    if isinstance(record, LateSignal):
        times = [minute(record.close_time), minute(record.watermark)]
        return _line(
            LATE_SIGNALS, [times[0], record.strategy, record.symbol, record.timeframe, times[1], f"{record.count:,}"]
        )
    return None


def _line(columns: Columns, cells: Sequence[str]) -> str:
    parts = [
        cell.ljust(width) if width > 0 else cell.rjust(-width)
        for (_, width), cell in zip(columns, map(escape, cells), strict=True)
    ]
    return "  ".join(parts).rstrip()


def _coloured(line: str, side: str) -> str:
    """The line with its side in that side's colour."""
    return line.replace(f"  {side} ", f"  [{_SIDES[side]}]{side}[/] ", 1)
