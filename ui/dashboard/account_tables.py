"""Trades as a table: HTML, as in ``tables``; every text in it is escaped."""

from collections.abc import Sequence

from schemas.trade import Trade
from ui.dashboard.digits import price_text
from ui.dashboard.fill_markers import words
from ui.dashboard.tables import colour, plain, table


def trade_table(trades: Sequence[Trade]) -> str:
    """One row a trade, in the order given. Profit is net of fees; beside it the same by the value of the entries."""
    head = ("Exit (UTC)", "Side", "Entry", "Exit", "Why", "Profit", "Return", "Bars")
    return table(
        "trades",
        head,
        [
            [
                plain(f"{one.exit_time:%Y-%m-%d %H:%M}"),
                _coloured(one.side, good=one.side == "long"),
                plain(price_text(one.entry_price)),
                plain(price_text(one.exit_price)),
                plain(words(one.exit_reason)),
                _coloured(f"{one.profit:+,.2f}", good=one.profit >= 0),
                _coloured(f"{one.profit_fraction:+.2%}", good=one.profit >= 0),
                plain(f"{one.bars_held:,}"),
            ]
            for one in trades
        ],
    )


def _coloured(text: str, *, good: bool) -> str:
    return f"<td class='plain'><span class='{colour('long' if good else 'short')}'>{text}</span></td>"
