"""The trading of one strategy on one series: from decisions at closes to fills, and what they come to."""

from collections.abc import Mapping, Sequence
from math import inf, isnan, nan
from typing import Any, Final, Literal

from operators.performance.performance import Performance
from operators.positions.account import Account
from operators.positions.bar import Bar
from operators.positions.exits import Held, protective_exits
from operators.positions.fill import Fill, Side
from operators.positions.guard import Guard, advanced, restored, under
from operators.positions.odds import Odds
from operators.positions.orders import At, market_fill
from operators.positions.plan import missing_atr, time_is_up
from operators.positions.size_refusal import SizeRefusal
from operators.positions.sizing import Sized
from operators.positions.trade import Trade, TradeSide
from operators.risk.closed_trade import closed_trade
from operators.snapshot import check_version
from operators.trading.entering import Ask, known_costs, protected, sized
from operators.trading.terms import Terms, risk_of
from operators.trading.told import Change, ClosedTrade, Ended, Readings, Refused, standing_of
from operators.trading.waiting import NOTHING, Entry, Waiting
from schemas.position import MAX_FILLS
from schemas.signal import Position

SCHEMA_VERSION: Final = 1

REFUSED: Final = "refused"

_FOR_EVER: Final = 2**62
"""Bars: more than there are."""


class Desk:
    """A state machine of bars and decisions. Between two bars it holds a position, or an order, or neither.

    Each bar is told by ``over`` and then, after what is decided at its close, by ``close``; a run of bars over which
    nothing is held and nothing waits may be told by ``flat``. What has happened since ``close`` is in ``changes``.

    At a bar: orders that wait fill at the open; stops and targets are looked at (see
    ``protective_exits``); the position is marked at the close; a position whose time is up is ordered to be left. Then
    decisions: ``may_enter``, ``enter``, ``leave``. With ``at_close`` they fill at once, at the close. A bar without
    volume fills nothing.

    An order is sized as it fills, by the equity of that moment. The account begins with the capital of the terms in
    force then, and keeps it through updates.

    State: the account, what protects the position, the order that waits, the odds, the risk, the performance.
    """

    def __init__(
        self, terms: Terms, *, bar_ms: int, bars_a_year: float, opened_at: int, resume: Mapping[str, Any] | None = None
    ) -> None:
        self._bar_ms = bar_ms
        self._year = bars_a_year
        self.changes: list[Change] = []
        self.exposed = False
        """Whether a position was held at any moment of the bar that is told."""
        self._refusal: list[str] | None = None
        self._traded = self._paid = 0.0
        if resume is None:
            self.account = Account(terms.capital)
            self.performance = Performance(capital=terms.capital, bars_a_year=bars_a_year, opened_at=opened_at)
            self.risk = risk_of(terms, bar_ms, opened_at, terms.capital, None)
            self.guard: Guard | None = None
            self._waiting = NOTHING
            self._odds = None if terms.odds is None else Odds(terms.odds)
            self._trades = 0
            self._fills: list[Fill] = []
            self._entry_signal: str | None = None
            self.slippage_atr = nan
            self.terms = terms
            return
        check_version("desk", resume["schema_version"], SCHEMA_VERSION)
        self.terms = terms
        self.account = Account.restored(resume["account"])
        self.performance = Performance.restored(
            resume["performance"], capital=self.account.capital, bars_a_year=bars_a_year
        )
        self.risk = risk_of(terms, bar_ms, opened_at, self.account.equity, resume["risk"])
        self.guard = None if resume["guard"] is None else restored(terms.plan, resume["guard"])
        self._waiting = Waiting.restored(resume["waiting"])
        self._odds = None if terms.odds is None else Odds.restored(resume["odds"], terms.odds)
        self._trades = resume["trades"]
        self._fills = [Fill(*one) for one in resume["fills"]]
        self._entry_signal = resume["entry_signal"]
        self.slippage_atr = nan if resume["slippage_atr"] is None else resume["slippage_atr"]
        self._refusal = resume["refusal"]
        self._traded, self._paid = resume["carried"]

    def snapshot(self) -> dict[str, object]:
        """As primitives, taken between two bars."""
        return {
            "schema_version": SCHEMA_VERSION,
            "account": self.account.snapshot(),
            "performance": self.performance.snapshot(),
            "risk": self.risk.snapshot(),
            "guard": None if self.guard is None else self.guard.snapshot(),
            "waiting": self._waiting.snapshot(),
            "odds": None if self._odds is None else self._odds.snapshot(),
            "trades": self._trades,
            "fills": [list(one) for one in self._fills],
            "entry_signal": self._entry_signal,
            "slippage_atr": None if isnan(self.slippage_atr) else self.slippage_atr,
            "refusal": self._refusal,
            "carried": [self._traded, self._paid],
        }

    @property
    def side(self) -> Position:
        """``long``, ``short`` or ``flat``: what is on the account."""
        trade = self.account.trade
        return "flat" if trade is None else trade.side

    @property
    def is_idle(self) -> bool:
        """Whether nothing is held and no order waits."""
        return self.account.trade is None and self._waiting == NOTHING

    @property
    def entries(self) -> int:
        """Of the open position, those that wait included."""
        trade = self.account.trade
        return (0 if trade is None else trade.entries) + (self._waiting.entry is not None)

    @property
    def adds(self) -> bool:
        """Whether the position may be added to once more."""
        scale_in = self.terms.scale_in
        return scale_in is not None and not self._waiting.leave and 0 < self.entries < scale_in.max_entries

    @property
    def waiting(self) -> Waiting:
        """What is done at the next price that can be dealt at."""
        return self._waiting

    def over(self, bar: Bar, readings: Readings, finer: Sequence[Bar] = ()) -> Ended | None:
        """A bar up to its close: waiting orders, stops and targets, the mark. What ended, if something did."""
        ended = self._carry_out(bar, "open")
        trade, guard = self.account.trade, self.guard
        self.exposed |= trade is not None
        if trade is not None and guard is not None:
            held = Held(abs(self.account.quantity), trade.entered)
            atr = self.slippage_atr
            exits = protective_exits(self.terms.plan, guard, held, bar, known_costs(self.terms.costs, atr), atr, finer)
            if exits.fills:
                ended = self._protected(exits.fills, exits.guard, bar.close_time) or ended
            if self.guard is not None:
                self.guard = advanced(self.terms.plan, self.guard, bar)
            self.changes.sort(key=_is_refused)  # told last: its time is the close, that of a fill may be the open
        self.account.close_bar(bar.high, bar.low, bar.close)
        if self.risk.needs_marks and self.exposed:
            self.risk.marked(bar.close_time, self.account.equity)
        self.slippage_atr = readings.slippage_atr
        if self.guard is not None and self.is_unprotected and missing_atr(self.terms.plan, readings.atrs) is None:
            self.guard = under(self.terms.plan, self.guard, readings.atrs)
        return ended

    @property
    def rests(self) -> bool:
        """Whether a position is held that nothing but prices, time and rules can change."""
        guard = self.guard
        return guard is not None and self._waiting == NOTHING and not self._traded and inf not in guard.atrs

    @property
    def bars_left(self) -> int:
        """Over how many more bars a position may be held before its time is up; a great many where nothing says so."""
        trade, most = self.account.trade, self.terms.plan.max_bars_held
        return _FOR_EVER if most is None or trade is None else most - 1 - trade.bars_held

    @property
    def is_unprotected(self) -> bool:
        """Whether an ATR that its exits count in was not known at the close of a new version's first bar."""
        return self.guard is not None and inf in self.guard.atrs and not self._waiting.leave

    @property
    def time_is_up(self) -> bool:
        """Whether the position has been held as long as it may be, asked between ``over`` and ``close``."""
        trade = self.account.trade
        return trade is not None and not self._waiting.leave and time_is_up(self.terms.plan, trade.bars_held)

    def may_enter(self, side: TradeSide, bar: Bar, readings: Readings) -> Refused | None:
        """None where an entry, or an addition, may be decided on at the close of a bar, else why not.

        That it will not be refused as it fills is not promised: prices, and equity with them, may have moved by then.
        """
        if missing_atr(self.terms.plan, readings.atrs) is not None:
            return SizeRefusal("stop_distance", 0.0, None)
        if self.terms.costs.slip_atrs and isnan(readings.slippage_atr):
            return SizeRefusal("volatility", 0.0, None)
        refusal = self.risk.may_enter(bar.close_time)
        if refusal is not None:
            return refusal
        entry = Entry(side, "", "", readings.atrs, readings.volatility)
        turns = self._waiting.leave != "" or self.side not in {"flat", side}
        from_flat = turns or self.account.trade is None
        found = self.sized(entry, bar, "close", readings.slippage_atr, from_flat=from_flat)
        return found if isinstance(found, SizeRefusal) else None

    def refused(self, refusal: Refused, rule: str, price: float) -> bool:
        """Take down that a rule was not let in at a close; whether that is news: the first in a row, for this limit."""
        news = [rule, refusal.limit]
        if self._refusal == news:
            return False
        self._refusal = news
        self._note("refused", (), str(refusal), None, price, refusal=refusal)
        return True

    def enter(self, side: TradeSide, rule: str, signal: str, readings: Readings) -> None:
        """Order an entry, or an addition, for the next price that can be dealt at."""
        self._refusal = None
        self.slippage_atr = readings.slippage_atr
        entry = Entry(side, rule, signal, readings.atrs, readings.volatility)
        self._waiting = self._waiting._replace(entry=entry)

    def leave(self, reason: str, signal: str | None) -> None:
        """Order that the position be left, and take back an entry that waits."""
        self._waiting = NOTHING if self.account.trade is None else Waiting(reason, signal)

    def at_close(self, bar: Bar, readings: Readings) -> Ended | None:
        """Fill what was ordered at this close, where the terms say so."""
        if not self.terms.at_close or self._waiting == NOTHING:
            return None
        self.slippage_atr = readings.slippage_atr
        ended = self._carry_out(bar, "close")
        self.account.mark_at(bar.close)
        return ended

    def leave_now(self, price: float, time: int, reason: str, signal: str | None) -> None:
        """Leave at once at the market, where it stands at ``price``: no further bar is told under these terms."""
        self._waiting = NOTHING
        if self.account.trade is None:
            return
        # No candle bounds what spread and slippage make of it; that it stays a price does.
        bar = Bar(price, price * 1.5, price / 2, price, 1.0, time, time)
        self.exposed = True
        self._leave(bar, "close", reason, signal)

    def close(self, close_ms: int) -> None:
        """The bar is over. ``changes`` is for whoever tells of them, and is empty from here on.

        What is filled at the close at which the account is opened is told of with the next bar: before it there is no
        equity that it could be compared to. After ``leave_now`` it is the moment of that, be it within a bar.
        """
        if close_ms > self.performance.last:
            equity = self.account.equity
            self.performance.bar(close_ms, equity, exposed=self.exposed, traded=self._traded, fees=self._paid)
            if self.risk.needs_marks:
                self.risk.marked(close_ms, equity)
            self._traded = self._paid = 0.0
        self.exposed = False
        self.changes = []

    def flat(self, bars: int, first_ms: int, last_ms: int) -> None:
        """So many bars, closed from then to then, with nothing held, nothing waiting and nothing decided."""
        if first_ms <= self.performance.last:  # the one at whose close the account was opened
            bars -= 1
        if bars and self._traded:  # at that close, and left by a command since
            self.close(first_ms)
            bars -= 1
        if bars:
            self.performance.flat(bars, last_ms)

    def under(self, terms: Terms) -> None:
        """Go on under the terms of another version. An open position is protected by its plan from here on.

        What of that counts in an ATR is out of reach up to the close of the next bar, where that is known; a position
        ``is_unprotected`` if it is not known then either.
        """
        before, self.terms = self.terms, terms
        if terms.odds != before.odds:
            self._odds = None if terms.odds is None else Odds(terms.odds)
        if (terms.limits, terms.protections) != (before.limits, before.protections):
            self.risk = risk_of(terms, self._bar_ms, self.performance.last, self.account.equity, None)
        if self.guard is not None and terms.plan != before.plan:
            self.guard = under(terms.plan, self.guard, (inf,) * len(terms.plan.atr_periods))
        entry = self._waiting.entry
        if entry is not None and terms.plan.atr_periods != before.plan.atr_periods:
            out_of_reach = (inf,) * len(terms.plan.atr_periods)
            self._waiting = self._waiting._replace(entry=entry._replace(atrs=out_of_reach))

    def _carry_out(self, bar: Bar, at: At) -> Ended | None:
        waiting = self._waiting
        if waiting == NOTHING or not bar.volume:
            return None
        self._waiting = NOTHING
        ended = None
        if waiting.leave and self.account.trade is not None:
            self.exposed = True  # up to here
            self._leave(bar, at, waiting.leave, waiting.signal)
        entry = waiting.entry
        if entry is not None:
            trade = self.account.trade
            if trade is not None and trade.side != entry.side:
                self.exposed = True
                self._leave(bar, at, entry.rule, entry.signal)
            ended = self._enter(bar, at, entry)
        return ended

    def _leave(self, bar: Bar, at: At, reason: str, signal: str | None) -> None:
        side: Side = "sell" if self.account.side == "long" else "buy"
        atr = self.slippage_atr
        fill = market_fill(known_costs(self.terms.costs, atr), bar, at, side, abs(self.account.quantity), reason, atr)
        if fill is not None:
            self._apply(fill, signal, bar.close_time)

    def _enter(self, bar: Bar, at: At, entry: Entry) -> Ended | None:
        trade = self.account.trade
        if trade is not None and self.terms.scale_in is None:
            return None
        found = self.sized(entry, bar, at, self.slippage_atr, from_flat=trade is None)
        if isinstance(found, SizeRefusal):
            price = bar.open if at == "open" else bar.close
            self._refusal = [entry.rule, found.limit]
            self._note("refused", (), str(found), entry.signal, price, refusal=found)
            return Ended(REFUSED, price) if trade is None else None
        side: Side = "buy" if entry.side == "long" else "sell"
        atr = self.slippage_atr
        fill = market_fill(known_costs(self.terms.costs, atr), bar, at, side, found.quantity, entry.rule, atr)
        if fill is not None:
            self.exposed |= at == "open"
            self._apply(fill, entry.signal, bar.close_time, entry.atrs)
        return None

    def sized(self, entry: Entry, bar: Bar, at: At, atr: float, *, from_flat: bool) -> Sized | SizeRefusal:
        """How much of an entry, or of an addition, there would be at a price of a bar."""
        kelly = None if self._odds is None else self._odds.kelly()
        ask = Ask(entry, bar, at, atr, from_flat)
        return sized(self.terms, self.account, ask, kelly=kelly, bars_a_year=self._year)

    def _protected(self, fills: Sequence[Fill], guard: Guard, close_ms: int) -> Ended | None:
        for fill in fills:
            self._apply(fill, None, close_ms)
        if self.account.trade is None:
            self._waiting = NOTHING
            return Ended(fills[-1].reason, fills[-1].price)
        self.guard = guard
        return None

    def _apply(self, fill: Fill, signal: str | None, close_ms: int, atrs: tuple[float, ...] = ()) -> None:
        before = self.account.trade
        self._traded += fill.quantity * fill.price
        self._paid += fill.fee
        if len(self._fills) < MAX_FILLS:
            self._fills.append(fill)
        if before is None:
            self._entry_signal = signal
        trade = self.account.apply(fill)
        if trade is not None:
            self._closed(trade, fill, signal, close_ms)
            return
        if before is None or (fill.side == "buy") == (before.side == "long"):
            self.guard = protected(self.terms, self.account, self.guard, atrs)
        self._note("opened" if before is None else "changed", (fill,), fill.reason, signal, fill.price)

    def _closed(self, trade: Trade, fill: Fill, signal: str | None, close_ms: int) -> None:
        self.guard = None
        self._trades += 1
        equity = self.account.equity
        closed = ClosedTrade(trade, self._trades, tuple(self._fills), self._entry_signal, signal, equity)
        self._fills, self._entry_signal = [], None
        self.performance.closed(trade)
        self.risk.closed(closed_trade(trade, close_ms, equity))
        if self._odds is not None:
            self._odds.add(trade.profit_fraction)
        self._note("closed", (fill,), fill.reason, signal, fill.price, trade=closed)

    def _note(  # noqa: PLR0913  # the fields of a change
        self,
        change: Literal["opened", "changed", "closed", "refused"],
        fills: tuple[Fill, ...],
        reason: str,
        signal: str | None,
        price: float,
        *,
        refusal: Refused | None = None,
        trade: ClosedTrade | None = None,
    ) -> None:
        standing = standing_of(self.account, self.guard)
        self.changes.append(Change(change, fills, reason, signal, refusal, trade, standing, price))


def _is_refused(change: Change) -> bool:
    return change.change == "refused"
