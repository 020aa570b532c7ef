"""How many units: each sizing by hand, what cuts and what refuses, and the bounds that no size ever breaks."""

import re
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.positions.account import Account
from operators.positions.affordable import affordable
from operators.positions.bar import Bar
from operators.positions.costs import Costs, costs_of, market_fee, market_price
from operators.positions.fill import Fill, Side
from operators.positions.funds import Funds
from operators.positions.rounding import step_of
from operators.positions.size_refusal import SizeRefusal
from operators.positions.sizing import Entry, Sized, size_addition, size_entry
from operators.positions.terms import SizeTerms, size_terms_of
from schemas.execution import ExecutionConfig, PerUnitFees, ProportionalFees, ScaleIn
from schemas.risk import FixedAmount, FixedFraction, Kelly, RiskPerTrade, Sizing, VolatilityTarget

FUNDS = Funds(equity=10_000.0, free=10_000.0)
LONG = Entry("buy", price=100.0)
WHOLE = step_of(1.0)


def amount(quote: float) -> FixedAmount:
    return FixedAmount(method="fixed_amount", amount=quote)


def at_risk(fraction: float) -> RiskPerTrade:
    return RiskPerTrade(method="risk_per_trade", fraction=fraction)


@pytest.mark.parametrize(
    ("sizing", "entry", "units"),
    [
        (None, LONG, 100.0),
        (FixedFraction(method="fixed_fraction", fraction=0.25), LONG, 25.0),
        (amount(500.0), LONG, 5.0),
        (at_risk(0.01), LONG._replace(stop_distance=4.0), 25.0),
        (VolatilityTarget(method="volatility_target", annual_volatility=0.2), LONG._replace(annual_volatility=0.8), 25),
        (Kelly(method="kelly", share=0.5, cap=0.25), LONG._replace(kelly=0.4), 20.0),
        (Kelly(method="kelly", share=0.5, cap=0.25), LONG._replace(kelly=0.9), 25.0),
        (Kelly(method="kelly", share=0.5, cap=0.25), LONG, 12.5),
    ],
    ids=["all", "fraction", "amount", "risk", "volatility", "kelly", "kelly-capped", "kelly-unknown"],
)
def test_what_a_sizing_asks_for(sizing: Sizing | None, entry: Entry, units: float) -> None:
    assert size_entry(sizing, FUNDS, entry, Costs(), SizeTerms()) == Sized(units)


def test_leverage_makes_nothing_larger_by_itself() -> None:
    assert size_entry(None, FUNDS, LONG, Costs(), SizeTerms(leverage=10.0)) == Sized(100.0)
    assert size_entry(amount(90_000.0), FUNDS, LONG, Costs(), SizeTerms(leverage=10.0)) == Sized(900.0)


def test_all_of_it_leaves_room_for_the_fee() -> None:
    assert size_entry(None, FUNDS, LONG, Costs(taker=0.25), SizeTerms()) == Sized(80.0, "equity")
    assert size_entry(None, FUNDS, LONG, Costs(unit_fee=25.0), SizeTerms()) == Sized(80.0, "equity")
    assert size_entry(None, FUNDS, LONG, Costs(minimum_fee=1_000.0), SizeTerms()) == Sized(90.0, "equity")


def test_quantities_are_rounded_down_to_lots() -> None:
    terms = SizeTerms(lot=step_of(0.3))
    assert size_entry(amount(100.0), FUNDS, LONG, Costs(), terms) == Sized(0.9)
    assert size_entry(amount(90.0), FUNDS, LONG, Costs(), terms) == Sized(0.9)  # not 0.6, though 3 * 0.3 > 0.9


def test_whole_contracts_where_one_is_not_a_unit() -> None:
    terms = size_terms_of(ExecutionConfig(contract_size=50.0))
    assert size_entry(None, FUNDS, Entry("buy", 60.0), Costs(), terms) == Sized(150.0)  # three contracts of 166 units
    assert size_terms_of(ExecutionConfig(contract_size=50.0, lot_size=5.0)).lot == step_of(5.0)


def test_maximum_size_cuts_a_position() -> None:
    assert size_entry(None, FUNDS, LONG, Costs(), SizeTerms(maximum=7.0)) == Sized(7.0, "maximum_size")


def test_free_equity_cuts_what_leverage_cannot_carry() -> None:
    assert size_entry(amount(1e9), FUNDS, LONG, Costs(), SizeTerms(leverage=3.0)) == Sized(300.0, "equity")


@pytest.mark.parametrize(
    ("sizing", "funds", "entry", "costs", "terms", "told"),
    [
        (None, Funds(-5.0, -5.0), LONG, Costs(), SizeTerms(), "expected more than 0 of free equity.* got -5"),
        (
            amount(4.0),
            FUNDS,
            LONG,
            Costs(),
            SizeTerms(minimum=0.05),
            "minimum_size: expected at least 0.05 units, got 0.04",
        ),
        (amount(40.0), FUNDS, LONG, Costs(), SizeTerms(lot=WHOLE), "at least one lot, 1 units, got 0.4"),
        (at_risk(0.01), FUNDS, LONG, Costs(), SizeTerms(), "stop-loss more than 0 away, got nothing yet: its ATR"),
        (
            at_risk(0.01),
            FUNDS,
            LONG._replace(stop_distance=0.0),
            Costs(),
            SizeTerms(),
            "a stop-loss more than 0 away, got 0: its ATR has too few bars, or none that moved",
        ),
        (
            VolatilityTarget(method="volatility_target", annual_volatility=0.2),
            FUNDS,
            LONG,
            Costs(),
            SizeTerms(),
            "a volatility above 0, got nothing yet",
        ),
        (
            Kelly(method="kelly"),
            FUNDS,
            LONG._replace(kelly=-0.25),
            Costs(),
            SizeTerms(),
            "Kelly fraction is above 0, got -0.25: nothing speaks for an entry",
        ),
        (amount(10.0), FUNDS, LONG, Costs(minimum_fee=11.0), SizeTerms(), "no more than the notional, 10, got 11"),
        (amount(10.0), FUNDS, LONG, Costs(unit_fee=101.0), SizeTerms(), "no more than the notional, 10, got 10.1"),
        (
            at_risk(0.001),
            FUNDS,
            LONG._replace(stop_distance=4.0),
            Costs(minimum_fee=6.0),
            SizeTerms(),
            "fee of no more",
        ),
        (None, Funds(8.0, 8.0), LONG, Costs(minimum_fee=9.0), SizeTerms(), "expected more than 9 of free equity"),
        (
            amount(1e7),
            FUNDS,
            LONG,
            Costs(),
            SizeTerms(leverage=1_000.0, maintenance=0.005),
            "maintenance_margin: expected more equity than 50000, got 10000: the position would be liquidated",
        ),
    ],
    ids=[
        "no-equity",
        "minimum-size",
        "lot",
        "no-atr",
        "stop-at-entry",
        "no-volatility",
        "no-edge",
        "minimum-fee",
        "unit-fee",
        "fees-eat-the-risk",
        "fee-above-equity",
        "leverage-1000",
    ],
)
def test_what_is_refused_says_why(  # noqa: PLR0913, PLR0917  # all that a size depends on
    sizing: Sizing | None, funds: Funds, entry: Entry, costs: Costs, terms: SizeTerms, told: str
) -> None:
    refused = size_entry(sizing, funds, entry, costs, terms)
    assert isinstance(refused, SizeRefusal)
    assert re.search(told, str(refused)), str(refused)


def test_leverage_1000_is_fine_for_what_is_not_at_its_maintenance_margin() -> None:
    terms = SizeTerms(leverage=1_000.0, maintenance=0.005)
    assert size_entry(amount(1_000_000.0), FUNDS, LONG, Costs(), terms) == Sized(10_000.0)


def test_a_further_entry_is_a_share_of_the_first() -> None:
    funds = Funds(10_000.0, 9_000.0, held=10.0, notional=1_000.0)
    assert size_addition(ScaleIn(max_entries=3, share=0.5), 10.0, 2, funds, LONG, Costs(), SizeTerms()) == Sized(5.0)


def test_maximum_size_is_that_of_the_whole_position() -> None:
    funds = Funds(10_000.0, 9_000.0, held=10.0, notional=1_000.0)
    scale_in = ScaleIn(max_entries=3, share=1.0)
    assert size_addition(scale_in, 10.0, 1, funds, LONG, Costs(), SizeTerms(maximum=12.0)) == Sized(2.0, "maximum_size")
    full = size_addition(scale_in, 10.0, 1, funds, LONG, Costs(), SizeTerms(maximum=10.0))
    assert full == SizeRefusal("maximum_size", 10.0, 10.0)
    assert str(full) == "maximum_size: expected a position of less than 10 units to add to, got 10"


def test_the_limits_of_a_strategy_cut_what_the_whole_position_is_worth() -> None:
    limited = LONG._replace(largest_value=2_500.0)
    assert size_entry(None, FUNDS, limited, Costs(), SizeTerms()) == Sized(25.0, "max_position_size")
    funds = Funds(10_000.0, 8_000.0, held=20.0, notional=2_000.0)
    scale_in = ScaleIn(max_entries=3)
    assert size_addition(scale_in, 20.0, 1, funds, limited, Costs(), SizeTerms()) == Sized(5.0, "max_position_size")
    full = size_addition(scale_in, 20.0, 1, funds, LONG._replace(largest_value=2_000.0), Costs(), SizeTerms())
    assert str(full) == "max_position_size: expected a position worth less than 2000 to add to, got 2000"
    nothing = size_entry(None, FUNDS, LONG._replace(largest_value=0.0), Costs(), SizeTerms())
    assert nothing == SizeRefusal("max_position_size", 0.0, 0.0)


def test_no_order_comes_of_what_rounding_left_of_nothing() -> None:
    account = Account(0.3)
    account.apply(Fill(0, "buy", 3.0, 0.1, 0.0, "all"))  # 3.0 * 0.1 is a little more than 0.3
    funds = account.funds(0.1, 1.0)._replace(free=1e-17)
    refused = size_addition(ScaleIn(max_entries=2), 3.0, 1, funds, Entry("buy", 0.1), Costs(), SizeTerms())
    assert refused == SizeRefusal("equity", 0.0, 1e-17)


def test_the_entries_are_counted() -> None:
    refused = size_addition(ScaleIn(max_entries=3), 10.0, 3, FUNDS, LONG, Costs(), SizeTerms())
    assert refused == SizeRefusal("max_entries", 3.0, 4.0)


charges = st.one_of(
    st.none(),
    st.builds(
        ProportionalFees,
        method=st.just("proportional"),
        maker=st.just(0.0),
        taker=st.floats(0.0, 0.05),
        minimum=st.floats(0.0, 20.0),
    ),
    st.builds(PerUnitFees, method=st.just("per_unit"), amount=st.floats(0.0, 5.0), minimum=st.floats(0.0, 20.0)),
)
executions = st.builds(
    ExecutionConfig,
    spread=st.floats(0.0, 0.01),
    fees=charges,
    lot_size=st.sampled_from([None, 0.001, 0.1, 1.0]),
    minimum_size=st.sampled_from([None, 0.05]),
    maximum_size=st.sampled_from([None, 5.0, 500.0]),
    leverage=st.sampled_from([1.0, 3.0, 1_000.0]),
)
sizings: st.SearchStrategy[Sizing | None] = st.one_of(
    st.none(),
    st.builds(amount, st.floats(0.1, 1e6)),
    st.builds(lambda fraction: FixedFraction(method="fixed_fraction", fraction=fraction), st.floats(0.001, 1.0)),
    st.builds(at_risk, st.floats(0.0001, 1.0)),
)
money = st.floats(1.0, 1e6)
sides = st.sampled_from(["buy", "sell"])
entries = st.builds(Entry, side=sides, price=st.floats(0.1, 1e4), stop_distance=st.floats(0.001, 1e4))


@given(sizings, money, entries, executions)
def test_no_size_breaks_its_bounds(
    sizing: Sizing | None, equity: float, entry: Entry, execution: ExecutionConfig
) -> None:
    costs, terms = costs_of(execution), size_terms_of(execution)
    sized = size_entry(sizing, Funds(equity, equity), entry, costs, terms)
    if isinstance(sized, SizeRefusal):
        assert str(sized).startswith(f"{sized.limit}: expected ")
        return
    quantity, notional = sized.quantity, sized.quantity * entry.price
    fee = market_fee(costs, quantity, entry.price)
    assert quantity > 0
    assert notional / terms.leverage + fee <= equity * (1 + 1e-9)
    assert quantity <= (terms.maximum or inf)
    assert quantity >= terms.minimum
    assert fee <= notional
    if terms.lot is not None:
        lots = quantity * terms.lot.denominator / terms.lot.numerator
        assert lots == pytest.approx(round(lots), rel=1e-12)
    account = Account(equity)
    account.apply(Fill(0, entry.side, quantity, entry.price, fee, "in"))
    assert account.equity > terms.maintenance * account.notional


@given(st.floats(0.001, 0.2), money, entries, executions)
def test_a_stop_loses_what_was_to_be_risked(
    fraction: float, equity: float, entry: Entry, execution: ExecutionConfig
) -> None:
    costs, terms = costs_of(execution), SizeTerms(leverage=1_000.0)
    sized = size_entry(at_risk(fraction), Funds(equity, equity), entry, costs, terms)
    if isinstance(sized, SizeRefusal) or sized.cut_by or entry.stop_distance >= entry.price:
        return
    account = Account(equity)
    entry_fee = market_fee(costs, sized.quantity, entry.price)
    account.apply(Fill(0, entry.side, sized.quantity, entry.price, entry_fee, "in"))
    sign = 1 if entry.side == "buy" else -1
    stop = entry.price - sign * entry.stop_distance
    wide = Bar(stop, 3 * stop, 0.0, stop, 1.0, 0, 1)
    leave: Side = "sell" if entry.side == "buy" else "buy"
    price = market_price(costs, leave, stop, wide)
    account.apply(Fill(1, leave, sized.quantity, price, market_fee(costs, sized.quantity, price), "stop_loss"))
    assert equity - account.equity == pytest.approx(fraction * equity, rel=1e-6)


@given(money, st.floats(0.1, 1e4), charges)
def test_nothing_larger_could_be_paid(
    cash: float, price: float, charged: ProportionalFees | PerUnitFees | None
) -> None:
    costs = costs_of(ExecutionConfig(fees=charged))
    units = affordable(costs, cash, price, 1.0)
    more = units * 1.0001 + 1e-6
    assert more * price + market_fee(costs, more, price) > cash


def test_what_is_not_known_yet_is_none_in_the_data() -> None:
    refused = size_entry(at_risk(0.01), FUNDS, LONG._replace(stop_distance=nan), Costs(), SizeTerms())
    assert refused == SizeRefusal("stop_distance", 0.0, None)
