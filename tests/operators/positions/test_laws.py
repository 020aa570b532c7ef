"""What holds of an account at every event, whatever comes: cash, position, profit, fees, trades, restarts."""

import json
from fractions import Fraction

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from operators.positions.account import Account
from operators.positions.fill import Fill, Side
from operators.positions.possible import FillRefused
from operators.positions.trade import Trade

prices = st.floats(0.01, 100_000.0)
lots = st.integers(1, 1_000)
fees = st.one_of(st.just(0.0), st.floats(0.0, 1_000.0))
sides: st.SearchStrategy[Side] = st.sampled_from(["buy", "sell"])


class Ledger:
    """What an account book would say: exact, of the fills alone."""

    def __init__(self, capital: float) -> None:
        self.cash = Fraction(capital)
        self.units = Fraction(0)
        self.fees = Fraction(0)
        self.moved = Fraction(capital)
        """All money that has ever changed hands, which bounds what rounding can add up to."""

    def book(self, fill: Fill) -> None:
        units = Fraction(str(fill.quantity)) * (1 if fill.side == "buy" else -1)
        self.cash -= units * Fraction(fill.price) + Fraction(fill.fee)
        self.units += units
        self.fees += Fraction(fill.fee)
        self.moved += abs(units) * Fraction(fill.price) + Fraction(fill.fee)


class AccountMachine(RuleBasedStateMachine):
    """Fills, marks and restarts in any order, beside an exact ledger and an account that is never restarted."""

    @initialize(capital=st.floats(1.0, 1e9))
    def begin(self, capital: float) -> None:
        self.account, self.twin, self.ledger = Account(capital), Account(capital), Ledger(capital)
        self.time = 0
        self.trades: list[Trade] = []
        self.open_fills: list[Fill] = []

    def _fill(self, side: Side, quantity: float, price: float, fee: float) -> None:
        self.time += 1
        fill = Fill(self.time, side, quantity, price, fee, f"fill {self.time}")
        before = self.account.quantity
        trade = self.account.apply(fill)
        assert self.twin.apply(fill) == trade
        self.ledger.book(fill)
        self.open_fills.append(fill)
        if trade is not None:
            self._check_closed(trade, before)
            self.trades.append(trade)
            self.open_fills = [fill] if self.account.trade is not None else []

    def _check_closed(self, trade: Trade, before: float) -> None:
        fills = self.open_fills
        way_in: Side = "buy" if trade.side == "long" else "sell"
        assert (before > 0) == (trade.side == "long")
        assert trade.entries == sum(fill.side == way_in for fill in fills) >= 1
        assert trade.exits == sum(fill.side != way_in for fill in fills) >= 1
        assert (trade.entry_ms, trade.entry_reason) == (fills[0].time, fills[0].reason)
        assert (trade.exit_ms, trade.exit_reason) == (self.time, fills[-1].reason)
        assert trade.fees >= 0
        entries = [fill.price for fill in fills if fill.side == way_in]
        exits = [fill.price for fill in fills if fill.side != way_in]
        assert min(entries) * (1 - 1e-12) <= trade.entry_price <= max(entries) * (1 + 1e-12)
        assert min(exits) * (1 - 1e-12) <= trade.exit_price <= max(exits) * (1 + 1e-12)
        sign = 1 if trade.side == "long" else -1
        gross = sign * (trade.exit_price - trade.entry_price) * trade.quantity
        assert trade.gross == pytest.approx(gross, rel=1e-9, abs=1e-9 * trade.quantity * max(entries + exits))

    @rule(side=sides, units=lots, price=prices, fee=fees)
    def fill(self, side: Side, units: int, price: float, fee: float) -> None:
        self._fill(side, units / 10, price, fee)

    @precondition(lambda self: self.account.trade is not None)
    @rule(price=prices, fee=fees)
    def leave_all(self, price: float, fee: float) -> None:
        self._fill("sell" if self.account.quantity > 0 else "buy", round(abs(self.account.quantity), 1), price, fee)
        assert self.account.side == "flat"

    @rule(price=prices, up=st.floats(0.0, 1.0), down=st.floats(0.0, 0.9))
    def close_bar(self, price: float, up: float, down: float) -> None:
        for account in (self.account, self.twin):
            account.close_bar(price * (1 + up), price * (1 - down), price)

    @rule()
    def restart(self) -> None:
        self.account = Account.restored(json.loads(json.dumps(self.account.snapshot())))

    @rule(side=sides, bad=st.sampled_from([0.0, -1.0, float("nan"), float("inf")]), place=st.integers(0, 1))
    def impossible(self, side: Side, bad: float, place: int) -> None:
        before = self.account.snapshot()
        quantity, price = (bad, 1.0) if place else (1.0, bad)
        with pytest.raises(FillRefused, match="above 0"):
            self.account.apply(Fill(self.time, side, quantity, price, 0.0, "impossible"))
        assert self.account.snapshot() == before

    def _near(self, left: float, right: float) -> bool:
        account = self.account
        scale = float(self.ledger.moved) + account.notional + abs(account.quantity) * account.average
        return abs(left - right) <= 1e-11 * scale

    @invariant()
    def cash_and_value_are_equity(self) -> None:
        account = self.account
        assert self._near(account.cash + account.value, account.equity)
        assert self._near(account.cash, float(self.ledger.cash))

    @invariant()
    def realised_and_unrealised_less_fees_are_what_was_gained(self) -> None:
        account = self.account
        assert self._near(account.realised + account.unrealised - account.fees, account.equity - account.capital)

    @invariant()
    def fees_are_those_of_the_fills(self) -> None:
        assert self.account.fees >= 0
        assert self._near(self.account.fees, float(self.ledger.fees))

    @invariant()
    def the_position_is_that_of_the_fills(self) -> None:
        account = self.account
        assert account.quantity == pytest.approx(float(self.ledger.units), rel=1e-9, abs=0)
        held = {"long": account.quantity > 0, "short": account.quantity < 0, "flat": account.quantity == 0}
        assert held[account.side]
        assert account.side != "flat" or account.equity == account.cash == account.balance

    @invariant()
    def closed_trades_and_the_open_one_are_all_profit(self) -> None:
        account, trade = self.account, self.account.trade
        profit = sum(one.profit for one in self.trades)
        if trade is not None:
            profit += trade.gross - trade.fees + account.unrealised
        assert self._near(profit, account.equity - account.capital)

    @invariant()
    def a_restart_changes_nothing(self) -> None:
        assert self.account.snapshot() == self.twin.snapshot()


TestAccount = AccountMachine.TestCase
TestAccount.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
