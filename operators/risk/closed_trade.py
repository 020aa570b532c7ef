"""What protections look at of a trade that has ended."""

from typing import Final, NamedTuple

from operators.positions.causes import BREAK_EVEN, LIQUIDATION, STOP_LOSS, TRAILING_STOP
from operators.positions.trade import Trade

STOPS: Final = frozenset({STOP_LOSS, TRAILING_STOP, BREAK_EVEN, LIQUIDATION})
"""The exits that a price forces."""


class ClosedTrade(NamedTuple):
    """A trade from flat to flat.

    Attributes:
        close_ms: when the bar closed within which it ended (event time, milliseconds).
        profit: net of all its fees, quote currency.
        entry_value: price by quantity of all its entries, above 0, quote currency.
        equity: of the strategy right after it, quote currency.
        stopped: whether a stop-loss, a trailing or break-even stop, or a liquidation ended it.
    """

    close_ms: int
    profit: float
    entry_value: float
    equity: float
    stopped: bool


def closed_trade(trade: Trade, close_ms: int, equity: float) -> ClosedTrade:
    """What counts of an account's trade, whose last exit was within the bar that closed at ``close_ms``.

    >>> of = Trade("long", 0, 1, 2.0, 100.0, 95.0, -10.0, 1.0, 1, 1, 1, "dip", "stop_loss", 0.05, 0.0)
    >>> closed_trade(of, 60_000, equity=989.0)
    ClosedTrade(close_ms=60000, profit=-11.0, entry_value=200.0, equity=989.0, stopped=True)
    """
    return ClosedTrade(close_ms, trade.profit, trade.quantity * trade.entry_price, equity, trade.exit_reason in STOPS)
