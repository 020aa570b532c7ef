"""The account of one strategy on one series: cash, the position, and the trade that it belongs to."""

from collections.abc import Mapping
from math import inf
from typing import Any, Final

from operators.positions.fill import Fill
from operators.positions.funds import Funds
from operators.positions.possible import FillRefused, check_fill
from operators.positions.trade import OpenTrade, Trade, TradeSide
from operators.snapshot import check_version

SCHEMA_VERSION: Final = 1

DUST: Final = 1e-9
"""What rounding may leave of a position, as a fraction of the units entered: an exit of all but that is one of all."""


class Account:
    """Fills and marks in, closed trades out. All money in quote currency, all quantities in units of the base.

    A fill on the side of the position adds to it at the average price; one on the other side leaves some of it, or all,
    and what is more than all opens the other side at the same price: a reversal, the end of one trade and the beginning
    of the next. A position is marked at closes and at its own fills; one whose symbol stops trading stays open, at the
    last mark. A split of 10:1 is no more than a gap to a tenth: prices are taken as they come.

    At every event, to rounding::

        cash + value = equity = capital + realised + unrealised - fees

    ``cash`` is what would be in the account were every unit paid for when it was bought: below zero where the position
    is worth more than the equity. ``realised`` is before fees, those of open positions are already paid. Equity may
    fall below zero: a price may jump past the liquidation price, and what is owed is not forgiven.

    Cost: 0.1 microseconds a bar when flat, 0.3 in a position, 3 a fill, whatever came before.
    """

    __slots__ = ("average", "balance", "capital", "fees", "mark", "quantity", "realised", "trade")

    def __init__(self, capital: float) -> None:
        if not 0.0 < capital < inf:
            message = f"expected a finite capital above 0, got {capital!r}: nothing can be bought with it"
            raise ValueError(message)
        self.capital = capital
        self.balance = capital
        """Capital, and what was earned with what has been left, net of all fees."""
        self.realised = 0.0
        self.fees = 0.0
        self.quantity = 0.0
        """Units held: above zero long, below it short."""
        self.average = 0.0
        """What was paid for them, on average; 0 when flat."""
        self.mark = 0.0
        """The last price that they were worth; 0 when flat."""
        self.trade: OpenTrade | None = None

    @property
    def side(self) -> str:
        """``long``, ``short`` or ``flat``."""
        return "flat" if self.trade is None else self.trade.side

    @property
    def value(self) -> float:
        """What the position would fetch at the mark; below zero for a short one, which has to be bought back."""
        return self.quantity * self.mark

    @property
    def notional(self) -> float:
        """What the position is worth at the mark, on either side."""
        return abs(self.quantity) * self.mark

    @property
    def unrealised(self) -> float:
        """What the position would earn at the mark, before fees."""
        return self.quantity * (self.mark - self.average)

    @property
    def cash(self) -> float:
        """The money that is left of what came in and went out."""
        return self.balance - self.quantity * self.average

    @property
    def equity(self) -> float:
        """What all of it is worth at the mark."""
        return self.balance + self.quantity * (self.mark - self.average)

    def funds(self, price: float, leverage: float) -> Funds:
        """What an order can be sized by where the market stands at ``price`` and a position ties up 1 / ``leverage``.

        >>> account = Account(1_000.0)
        >>> account.apply(Fill(0, "buy", 20.0, 100.0, 0.0, "cross"))
        >>> account.funds(price=110.0, leverage=5.0)  # 200 earned; 2,200 tie up a fifth of that
        Funds(equity=1200.0, free=760.0, held=20.0, notional=2200.0)
        """
        held = abs(self.quantity)
        equity, notional = self.balance + self.quantity * (price - self.average), held * price
        return Funds(equity, equity - notional / leverage, held, notional)

    def close_bar(self, high: float, low: float, close: float) -> None:
        """Mark the position at the close of a bar that it was held at. Nothing happens to a flat account."""
        trade = self.trade
        if trade is None:
            return
        self.mark = close
        trade.bars_held += 1
        if high > trade.highest:  # noqa: PLR1730  # a third of what max() costs, at every bar of every position
            trade.highest = high
        if low < trade.lowest:  # noqa: PLR1730  # as above
            trade.lowest = low

    def mark_at(self, price: float) -> None:
        """Mark the position once more where the market stands: after an order at a close, which was marked at its fill.

        A fill's price has spread and slippage in it, which would be a gain of the units that were held before.

        >>> account = Account(1_000.0)
        >>> account.apply(Fill(0, "buy", 2.0, 101.0, 0.0, "cross"))
        >>> account.mark_at(100.0)
        >>> account.equity
        998.0
        """
        if self.trade is not None:
            self.mark = price

    def apply(self, fill: Fill) -> Trade | None:
        """Move cash and position by a fill; answer the trade that it closes, if it closes one.

        Raises:
            FillRefused: an amount that is not finite or not above zero, a fee below zero, a time before the entry.

        >>> account = Account(10_000.0)
        >>> account.apply(Fill(0, "buy", 10.0, 100.0, 1.0, "cross"))
        >>> account.cash, account.equity
        (8999.0, 9999.0)
        >>> trade = account.apply(Fill(60_000, "sell", 15.0, 110.0, 3.0, "cross"))  # ten to leave, five to go short
        >>> trade.side, trade.gross, trade.fees, trade.profit
        ('long', 100.0, 3.0, 97.0)
        >>> account.side, account.quantity, account.realised, account.fees, account.equity
        ('short', -5.0, 100.0, 4.0, 10096.0)
        """
        check_fill(fill)
        trade = self.trade
        if trade is None:
            self._enter(fill, fill.quantity, fill.fee)
            return None
        if fill.time < trade.entry_ms:
            raise FillRefused(
                f"{fill.side} at {fill.time} ms: expected a time no earlier than the entry, {trade.entry_ms} ms"
            )
        if (fill.side == "buy") == (trade.side == "long"):
            self._enter(fill, fill.quantity, fill.fee)
            return None
        held = abs(self.quantity)
        beyond, dust = fill.quantity - held, DUST * trade.entered
        if beyond < -dust:
            self._leave(trade, fill, fill.quantity, fill.fee)
            return None
        if beyond <= dust:
            return self._close(trade, fill, held, fill.fee)
        fee = fill.fee * (held / fill.quantity)
        closed = self._close(trade, fill, held, fee)
        self._enter(fill, beyond, fill.fee - fee)
        return closed

    def _enter(self, fill: Fill, quantity: float, fee: float) -> None:
        side: TradeSide = "long" if fill.side == "buy" else "short"
        trade = self.trade
        if trade is None:
            trade = self.trade = OpenTrade(side, fill.time, fill.price, fill.reason)
        trade.enter(quantity, fill.price, fee)
        self.quantity += quantity if side == "long" else -quantity
        self.average += (fill.price - self.average) * (quantity / abs(self.quantity))
        self.mark = fill.price
        self.balance -= fee
        self.fees += fee

    def _leave(self, trade: OpenTrade, fill: Fill, quantity: float, fee: float) -> None:
        signed = quantity if trade.side == "long" else -quantity
        gross = signed * (fill.price - self.average)
        trade.leave(quantity, fill.price, fee, gross)
        self.quantity -= signed
        self.mark = fill.price
        self.balance += gross - fee
        self.realised += gross
        self.fees += fee

    def _close(self, trade: OpenTrade, fill: Fill, held: float, fee: float) -> Trade:
        self._leave(trade, fill, held, fee)
        self.quantity = self.average = self.mark = 0.0
        self.trade = None
        return trade.closed(fill)

    def snapshot(self) -> dict[str, object]:
        """As primitives, from which ``restored`` makes an equal account, to the bit."""
        return {
            "schema_version": SCHEMA_VERSION,
            "capital": self.capital,
            "balance": self.balance,
            "realised": self.realised,
            "fees": self.fees,
            "quantity": self.quantity,
            "average": self.average,
            "mark": self.mark,
            "trade": None if self.trade is None else self.trade.snapshot(),
        }

    @classmethod
    def restored(cls, snapshot: Mapping[str, Any]) -> "Account":
        """What ``snapshot`` gave.

        Raises:
            SnapshotRefused: it is of another schema version.
        """
        check_version("account", snapshot["schema_version"], SCHEMA_VERSION)
        account = cls(snapshot["capital"])
        account.balance = snapshot["balance"]
        account.realised = snapshot["realised"]
        account.fees = snapshot["fees"]
        account.quantity = snapshot["quantity"]
        account.average = snapshot["average"]
        account.mark = snapshot["mark"]
        trade = snapshot["trade"]
        account.trade = None if trade is None else OpenTrade.restored(trade)
        return account
