"""Signals and statuses as tables: HTML, because a condition is code, and Markdown changes signs such as ``>=``."""

from collections.abc import Sequence
from html import escape
from typing import Final

from schemas.lifecycle import State, StrategyStatus
from schemas.signal import Signal
from ui.dashboard.chart_stream import explanation
from ui.dashboard.digits import price_text
from ui.why import confidence_text, parts

LIGHT: Final = {
    State.ACCEPTED: "🟡",
    State.RUNNING: "🟢",
    State.PAUSED: "🟡",
    State.STOPPED: "⚪",
    State.QUARANTINED: "🔴",
    State.REFUSED: "🔴",
}
"""How a state looks."""

STYLE: Final = """
<style>
table.candelabra { width: 100%; border-collapse: collapse; font-size: 0.82rem; }
table.candelabra th { text-align: left; font-weight: 600; color: #8b93a7; padding: 0.35rem 0.6rem; white-space: nowrap;
  border: 0; border-bottom: 1px solid rgba(139, 147, 167, 0.25); }
table.candelabra td { padding: 0.4rem 0.6rem; vertical-align: top; border: 0;
  border-bottom: 1px solid rgba(139, 147, 167, 0.12); }
table.candelabra td.plain { white-space: nowrap; font-variant-numeric: tabular-nums; }
table.candelabra td.name { min-width: 8.5rem; }
table.candelabra code { font-size: 0.78rem; overflow-wrap: anywhere; background: rgba(139, 147, 167, 0.12);
  padding: 0.1rem 0.35rem; border-radius: 0.3rem; }
table.candelabra tr.first td { border-bottom: 0; padding-bottom: 0; }
table.candelabra td.reason { color: #8b93a7; overflow-wrap: anywhere; }
table.candelabra td.bad { color: #f0a3a1; }
table.candelabra .quiet { color: #8b93a7; font-size: 0.75rem; font-family: monospace; }
table.candelabra td.confidence { font-variant-numeric: tabular-nums; max-width: 14rem; }
table.candelabra ul { list-style: none; margin: 0.3rem 0; padding: 0; }
table.candelabra ul li { margin: 0; padding: 0; font-size: inherit; overflow-wrap: anywhere; }
table.candelabra .up { color: #26a69a; font-weight: 600; }
table.candelabra .down { color: #ef5350; font-weight: 600; }
table.candelabra .exit { color: #f5b942; font-weight: 600; }
table.candelabra .chip { display: inline-block; padding: 0 0.5rem; margin: 0.1rem 0.15rem 0.1rem 0; font-size: 0.75rem;
  border: 1px solid rgba(139, 147, 167, 0.35); border-radius: 0.8rem; white-space: nowrap; }
table.candelabra .chip.up { border-color: rgba(38, 166, 154, 0.6); font-weight: 400; }
table.candelabra .chip.down { border-color: rgba(239, 83, 80, 0.6); font-weight: 400; }
table.candelabra .chip.warn { color: #f5b942; border-color: rgba(245, 185, 66, 0.5); }
</style>
"""


def signal_table(signals: Sequence[Signal]) -> str:
    """One row a signal, in the order given; every text in it is escaped."""
    head = ("Time (UTC)", "Strategy", "Symbol", "Signal", "Price", "Confidence", "Condition")
    return table(
        "signals",
        head,
        [
            [
                plain(f"{signal.close_time:%Y-%m-%d %H:%M}"),
                _name(f"{signal.strategy} v{signal.version}"),
                plain(f"{signal.symbol} {signal.timeframe}"),
                _kind(signal),
                plain(price_text(signal.price)),
                _confidence(signal),
                _why(signal),
            ]
            for signal in signals
        ],
    )


def status_table(statuses: Sequence[StrategyStatus]) -> str:
    """One row a status, in the order given, with its reason below where it has one; every text in it is escaped."""
    head = ("Strategy", "Series", "State", "Version", "Since bar (UTC)")
    return table(
        "statuses",
        head,
        [
            [
                _name(status.strategy),
                plain(f"{status.symbol} {status.timeframe}" if status.symbol else "all"),
                plain(f"{LIGHT[status.state]} {status.state.value}"),
                plain("" if status.version is None else f"v{status.version}"),
                plain(f"{status.effective_bar:%Y-%m-%d %H:%M}" if status.effective_bar else ""),
            ]
            for status in statuses
        ],
        [_reason(status, len(head)) for status in statuses],
    )


def _name(text: str) -> str:
    """A cell that may break at underscores: some strategies have long names, and what stands beside them needs room."""
    return f"<td class='name'>{escape(text).replace('_', '_<wbr>')}</td>"


def _kind(signal: Signal) -> str:
    partial = "<br><span class='chip warn'>partial bar</span>" if signal.partial else ""
    if signal.type == "exit":
        return f"<td class='plain'><span class='exit'>exit</span> {signal.side}{partial}</td>"
    arrow = "▲" if signal.side == "long" else "▼"
    return f"<td class='plain'><span class='{colour(signal.side)}'>{arrow} entry</span> {signal.side}{partial}</td>"


def _reason(status: StrategyStatus, columns: int) -> str:
    if not status.reason:
        return ""
    bad = " bad" if status.state in {State.QUARANTINED, State.REFUSED} else ""
    return f"<td colspan='{columns}' class='reason{bad}'>↳ {escape(status.reason)}</td>"


def _confidence(signal: Signal) -> str:
    why = confidence_text(signal)
    below = f"<br><span class='quiet'>{escape(why)}</span>" if why else ""
    return f"<td class='confidence'>{signal.confidence:.0%}{below}</td>"


def _why(signal: Signal) -> str:
    """The rule, every part of it indented below with its verdict and what it compared, and every value that it read."""
    # A value stays with its name where the line breaks.
    values = escape(explanation(signal)).replace(" = ", "&nbsp;=&nbsp;")
    tree = "".join(
        f"<li style='margin-left: {one.depth}em'><span class='{'up' if one.holds else 'down'}'>{one.mark}</span> "
        f"{escape(one.text)} <b>{escape(one.values)}</b></li>"
        for one in parts(signal)
    )
    lines = f"<ul class='quiet'>{tree}</ul>" if tree else "<br>"
    return f"<td><code>{escape(signal.condition)}</code>{lines}<span class='quiet'>{values}</span></td>"


def colour(side: str) -> str:
    """The class by which a side is coloured."""
    return "up" if side == "long" else "down"


def plain(text: str) -> str:
    """A cell of one line."""
    return f"<td class='plain'>{escape(text)}</td>"


def table(name: str, head: Sequence[str], rows: Sequence[Sequence[str]], below: Sequence[str] | None = None) -> str:
    """Rows of cells; ``below`` is for each row a cell or nothing, which gets the width of the table to itself."""
    headings = "".join(f"<th>{escape(one)}</th>" for one in head)
    body = ""
    for row, cell in zip(rows, below or [""] * len(rows), strict=True):
        body += f"<tr{' class=first' if cell else ''}>{''.join(row)}</tr>"
        if cell:
            body += f"<tr>{cell}</tr>"
    head_and_body = f"<thead><tr>{headings}</tr></thead><tbody>{body}</tbody>"
    return f"<table class='candelabra' data-testid='{name}'>{head_and_body}</table>"
