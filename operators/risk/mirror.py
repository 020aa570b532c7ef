"""One strategy on one series, as its portfolio has it: what of it is mirrored, on an account of the portfolio's own."""

from collections.abc import Mapping
from math import fsum
from typing import Any, Final

from operators.positions.account import DUST, Account
from operators.positions.fill import Fill, Side
from operators.positions.trade import Trade
from operators.risk.report import Entry, Report

LEFT: Final = "portfolio.left"
"""Why a fill was made that the strategy did not make: the portfolio left its position."""


class Mirror:
    """Fills of a strategy in, those of them that are mirrored out; at the strategy's prices, quantities and fees.

    A fill that enters (opens, adds, or turns to the other side) is mirrored where it was allowed: at the close at which
    the strategy decided on it, if it told so then, else at the close of the bar in which it was filled. What enters
    beside a position that is not mirrored is not asked about. A fill that leaves takes the same share of what is
    mirrored as it takes of what the strategy holds, and of the fee in proportion.

    A mirrored position that has to be left is closed at a close, at its price, with the rate of fees that the strategy
    paid last. From then on nothing is mirrored until the strategy enters anew.

    State: the account, what the strategy holds, and what was said of its order that waits.

    Attributes:
        account: the portfolio's, of this series alone.
        leaving: whether the position has to be left at the next close of the series.
        fills: mirrored since ``begin``, in order.
        trades: that these ended.
    """

    def __init__(self, capital: float, own: float = 0.0, resume: Mapping[str, Any] | None = None) -> None:
        self.account = Account(capital) if resume is None else Account.restored(resume["account"])
        self.leaving = False
        self.fills: list[Fill] = []
        self.trades: list[Trade] = []
        self._own = own
        self._answer: bool | None = None
        self._rate = 0.0
        self._unasked: list[Fill] = []
        if resume is not None:
            self._own, self._answer, self._rate = resume["own"], resume["answer"], resume["rate"]
            self.leaving = resume["leaving"]

    def snapshot(self) -> dict[str, object]:
        """As primitives, taken between two instants."""
        return {
            "account": self.account.snapshot(),
            "own": self._own,
            "answer": self._answer,
            "rate": self._rate,
            "leaving": self.leaving,
        }

    def begin(self) -> None:
        """Another instant."""
        self.fills, self.trades, self._unasked = [], [], []

    def told(self, report: Report) -> Report:
        """Take what the strategy says; the same of what is mirrored, with what of it is to be asked about."""
        for fill in report.fills:
            self._fill(fill)
        self._own = report.quantity
        self.account.close_bar(report.price, report.price, report.price)
        if report.next_ms is None:
            self.leaving = True
        if self.leaving:
            self.leave(report.at_ms)
        if report.coming == report.quantity:
            self._answer = None
        return self.reported(report, self._wanted(report))

    def reported(self, report: Report, entry: Entry | None = None) -> Report:
        """What is mirrored now, in the words of the strategy's report."""
        account = self.account
        quantity = account.quantity
        coming = self._with(report, report.coming) if self._answer else quantity
        return report._replace(
            equity=account.equity, quantity=quantity, coming=coming, entry=entry, fills=(), capital=account.capital
        )

    def allowed(self, price: float) -> None:
        """What was asked about at a close (its price, quote currency) may be mirrored."""
        for fill in self._unasked:
            self._apply(fill)
        self.account.mark_at(price)
        self._answer = None if self._unasked else True
        self._unasked = []

    def refused(self) -> None:
        """What was asked about is not mirrored."""
        self._answer = None if self._unasked else False
        self._unasked = []

    def to_leave(self) -> None:
        """The position has to be left, and what waits is not mirrored."""
        self.leaving = True
        if self._answer:
            self._answer = False

    def leave(self, at_ms: int) -> None:
        """Close what is mirrored at the price that it is marked at."""
        account = self.account
        self.leaving = False
        if account.quantity:
            held, price = abs(account.quantity), account.mark
            side: Side = "sell" if account.quantity > 0 else "buy"
            self._apply(Fill(at_ms, side, held, price, self._rate * held * price, LEFT))

    def _fill(self, fill: Fill) -> None:
        own, quantity = self._own, fill.quantity
        signed = quantity if fill.side == "buy" else -quantity
        self._rate = fill.fee / (quantity * fill.price)
        self._own = own + signed
        if own * signed >= 0:
            if not own or self.account.quantity or self._unasked:
                self._enter(fill)
            return
        held = abs(own)
        beyond = quantity - held
        if beyond < -DUST * held:
            self._leave(fill, fill.fee, quantity / held)
            return
        self._unasked = []
        turns = beyond > DUST * held
        self._leave(fill, fill.fee * (held / quantity) if turns else fill.fee, 1.0)
        self.leaving = False
        self._own = self._own if turns else 0.0
        if turns:
            self._enter(fill._replace(quantity=beyond, fee=fill.fee - fill.fee * (held / quantity)))

    def _enter(self, fill: Fill) -> None:
        answer, self._answer = self._answer, None
        if answer is None:
            self._unasked.append(fill)
        elif answer:
            self._apply(fill)

    def _leave(self, fill: Fill, fee: float, share: float) -> None:
        """Leave as large a share as the strategy does of what it holds."""
        self._unasked = [
            one._replace(quantity=one.quantity * (1.0 - share), fee=one.fee * (1.0 - share)) for one in self._unasked
        ]
        account = self.account
        if not account.quantity:
            return
        mirrored = abs(account.quantity)
        own = abs(self._own_before(fill))
        part = mirrored / own
        if share < 1.0 and mirrored != own:
            mirrored *= share
        elif share < 1.0:
            mirrored = fill.quantity
        self._apply(fill._replace(quantity=mirrored, fee=fee if part == 1.0 else fee * part))

    def _own_before(self, fill: Fill) -> float:
        return self._own - (fill.quantity if fill.side == "buy" else -fill.quantity)

    def _apply(self, fill: Fill) -> None:
        self.fills.append(fill)
        closed = self.account.apply(fill)
        if closed is not None:
            self.trades.append(closed)

    def _wanted(self, report: Report) -> Entry | None:
        """What the portfolio is asked about: what was filled without a word before, or what the strategy would like."""
        entry, quantity = report.entry, self.account.quantity
        if report.next_ms is None:
            return None
        if self._unasked:
            entering = fsum(one.quantity if one.side == "buy" else -one.quantity for one in self._unasked)
            most = None if entry is None else entry.most_positions
            return Entry(quantity + entering, report.stop, most)
        if entry is None:
            return None
        wanted = self._with(report, entry.quantity)
        if not wanted or wanted == quantity:
            return None
        return entry if wanted == entry.quantity else entry._replace(quantity=wanted)

    def _with(self, report: Report, coming: float) -> float:
        """What would be mirrored where the strategy held so many units after its report."""
        own, quantity = report.quantity, self.account.quantity
        if quantity == own or not own or own * coming < 0:
            return coming
        return quantity + (coming - own) if quantity else 0.0
