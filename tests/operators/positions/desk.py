"""Account, sizing, orders and exits put together: what a strategy's position goes through at each bar."""

import json
from typing import Literal

from operators.positions.account import Account
from operators.positions.bar import Bar, check_bar
from operators.positions.costs import costs_of, market_price
from operators.positions.exits import Held, protective_exits
from operators.positions.fill import Fill, Side
from operators.positions.guard import Guard, advanced, break_even_price, entered_again, guarded, restored
from operators.positions.liquidation import liquidation_price
from operators.positions.orders import At, market_fill
from operators.positions.plan import plan_of, time_is_up
from operators.positions.size_refusal import SizeRefusal
from operators.positions.sizing import Entry, Sized, size_addition, size_entry
from operators.positions.terms import size_terms_of
from operators.positions.trade import Trade
from schemas.execution import ExecutionConfig
from schemas.risk import RiskConfig

Decision = Literal["buy", "sell", "leave", ""]
ATR = 1.0


class Desk:
    """One strategy on one series. ``restart`` replaces all state by what its snapshot says."""

    def __init__(self, execution: ExecutionConfig, risk: RiskConfig) -> None:
        self.execution, self.sizing, self.plan = execution, risk.sizing, plan_of(risk, execution.scale_out)
        self.costs, self.terms = costs_of(execution), size_terms_of(execution)
        self.account = Account(execution.capital)
        self.guard: Guard | None = None
        self.waiting: Decision = ""
        self.fills: list[tuple[Bar, Fill]] = []
        self.trades: list[Trade] = []
        self.refusals: list[SizeRefusal] = []

    def restart(self) -> None:
        self.account = Account.restored(json.loads(json.dumps(self.account.snapshot())))
        if self.guard is not None:
            self.guard = restored(self.plan, json.loads(json.dumps(self.guard.snapshot())))

    def over(self, bar: Bar, decision: Decision) -> None:
        """Orders that wait, then exits, then the mark, then what is decided at the close."""
        check_bar(bar, "desk")
        self._carry_out(bar, "open")
        trade = self.account.trade
        if trade is not None and self.guard is not None:
            held = Held(abs(self.account.quantity), trade.entered)
            exits = protective_exits(self.plan, self.guard, held, bar, self.costs, ATR)
            self.guard = advanced(self.plan, exits.guard, bar)
            for fill in exits.fills:
                self._apply(bar, fill)
        self.account.close_bar(bar.high, bar.low, bar.close)
        held_on = self.account.trade
        if held_on is not None and time_is_up(self.plan, held_on.bars_held):
            decision = "leave"
        self.waiting = decision or self.waiting
        if self.execution.fill == "signal_close":
            self._carry_out(bar, "close")
            self.account.mark_at(bar.close)

    def _carry_out(self, bar: Bar, at: At) -> None:
        if not self.waiting or not bar.volume:
            return
        decision, self.waiting = self.waiting, ""
        account, trade = self.account, self.account.trade
        if trade is not None and (decision == "leave" or (decision == "buy") != (trade.side == "long")):
            leave: Side = "sell" if trade.side == "long" else "buy"
            self._order(bar, at, leave, abs(account.quantity))
        if decision != "leave":
            self._enter(bar, at, decision)

    def _enter(self, bar: Bar, at: At, side: Side) -> None:
        account, scale_in = self.account, self.execution.scale_in
        middle = bar.open if at == "open" else bar.close
        price = market_price(self.costs, side, middle, bar, ATR)
        stop = self.plan.stop_loss.over(price, (ATR,)) if self.plan.stop_loss is not None else 0.0
        funds, entry = account.funds(middle, self.terms.leverage), Entry(side, price, stop, atr=ATR)
        if account.trade is None:
            sized = size_entry(self.sizing, funds, entry, self.costs, self.terms)
        elif scale_in is not None:
            first, entries = account.trade.first, account.trade.entries
            sized = size_addition(scale_in, first, entries, funds, entry, self.costs, self.terms)
        else:
            return
        if isinstance(sized, Sized):
            self._order(bar, at, side, sized.quantity)
            self._protect()
        else:
            self.refusals.append(sized)

    def _protect(self) -> None:
        account, trade = self.account, self.account.trade
        assert trade is not None
        long, entry, units = trade.side == "long", account.average, abs(account.quantity)
        even = break_even_price(self.costs, long=long, quantity=units, entry=entry, fees=trade.fees)
        level = liquidation_price(account.balance, account.quantity, entry, self.terms.maintenance)
        if trade.entries == 1:
            atrs = [ATR] * len(self.plan.atr_periods)
            self.guard = guarded(self.plan, long=long, entry=entry, even=even, atrs=atrs, liquidation=level)
        else:
            assert self.guard is not None
            self.guard = entered_again(self.plan, self.guard, entry=entry, even=even, liquidation=level)

    def _order(self, bar: Bar, at: At, side: Side, quantity: float) -> None:
        fill = market_fill(self.costs, bar, at, side, quantity, "rule", ATR)
        assert fill is not None
        self._apply(bar, fill)

    def _apply(self, bar: Bar, fill: Fill) -> None:
        self.fills.append((bar, fill))
        trade = self.account.apply(fill)
        if trade is not None:
            self.trades.append(trade)
            self.guard = None
