"""Prices are never better than the market's and never outside the bar; fees are never negative."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.positions.bar import Bar
from operators.positions.costs import Costs, costs_of, limit_fee, limit_price, market_fee, market_price
from operators.positions.fill import Side
from operators.positions.rounding import step_of
from schemas.execution import ExecutionConfig
from tests.operators.positions.candles import bar, bars

WIDE = bar(100.0, 200.0, 50.0, 100.0)
SHARES = st.floats(0, 0.5)
COSTS = st.builds(
    Costs,
    half_spread=SHARES,
    slip_fraction=SHARES,
    slip_amount=st.floats(0, 1_000),
    slip_atrs=st.floats(0, 10),
    atr_period=st.just(14),
    maker=SHARES,
    taker=SHARES,
    unit_fee=st.floats(0, 1e6),
    minimum_fee=st.floats(0, 1e9),
    tick=st.none() | st.sampled_from([0.01, 0.05, 0.3, 1.0, 500.0]).map(step_of),
    lot=st.none(),
)
SIDES: st.SearchStrategy[Side] = st.sampled_from(["buy", "sell"])


@given(COSTS, SIDES, bars(), st.sampled_from(["open", "high", "low", "close"]), st.floats(0, 50))
def test_a_market_order_is_within_the_bar_and_on_the_worse_side(
    costs: Costs, side: Side, one: Bar, price: str, atr: float
) -> None:
    reference: float = getattr(one, price)
    dealt = market_price(costs, side, reference, one, atr)
    assert one.low <= dealt <= one.high
    assert dealt >= reference if side == "buy" else dealt <= reference


@given(COSTS, SIDES, bars())
def test_a_limit_order_has_neither_spread_nor_slippage(costs: Costs, side: Side, one: Bar) -> None:
    assert limit_price(costs._replace(tick=None), side, one.high, one) == one.high
    rounded = limit_price(costs, side, one.open, one)
    assert one.low <= rounded <= one.high
    assert rounded >= one.open if side == "buy" else rounded <= one.open


@given(COSTS, st.floats(1e-9, 1e9), st.floats(1e-9, 1e9))
def test_fees_are_never_negative_and_at_least_the_minimum(costs: Costs, quantity: float, price: float) -> None:
    for fee in (market_fee(costs, quantity, price), limit_fee(costs, quantity, price)):
        assert 0.0 <= costs.minimum_fee <= fee < inf


@pytest.mark.parametrize(
    ("execution", "bought", "sold"),
    [
        ({}, 100.0, 100.0),
        ({"spread": 0.02}, 101.0, 99.0),
        ({"slippage": {"method": "fixed", "amount": 0.5}}, 100.5, 99.5),
        ({"slippage": {"method": "proportional", "fraction": 0.03}}, 103.0, 97.0),
        ({"slippage": {"method": "volatility", "multiple": 0.25, "period": 20}}, 102.0, 98.0),  # an ATR of 8
        ({"spread": 0.02, "slippage": {"method": "fixed", "amount": 0.25}}, 101.25, 98.75),
        ({"spread": 0.02, "slippage": {"method": "fixed", "amount": 0.25}, "tick_size": 0.5}, 101.5, 98.5),
        ({"tick_size": 30.0}, 120.0, 90.0),
    ],
    ids=str,
)
def test_what_a_market_order_at_100_pays_and_gets(execution: dict[str, object], bought: float, sold: float) -> None:
    costs = costs_of(ExecutionConfig.model_validate(execution))
    assert market_price(costs, "buy", 100.0, WIDE, 8.0) == bought
    assert market_price(costs, "sell", 100.0, WIDE, 8.0) == sold


@pytest.mark.parametrize(
    ("fees", "market", "limit"),
    [
        (None, 0.0, 0.0),
        ({"method": "proportional", "maker": 0.001, "taker": 0.002}, 0.4, 0.2),
        ({"method": "proportional", "maker": 0.001, "taker": 0.002, "minimum": 0.3}, 0.4, 0.3),
        ({"method": "per_unit", "amount": 0.005}, 0.01, 0.01),
        ({"method": "per_unit", "amount": 0.005, "minimum": 500.0}, 500.0, 500.0),  # more than the 200 that are traded
    ],
    ids=str,
)
def test_what_two_units_at_100_are_charged(fees: object, market: float, limit: float) -> None:
    costs = costs_of(ExecutionConfig.model_validate({"fees": fees}))
    assert market_fee(costs, 2.0, 100.0) == market
    assert limit_fee(costs, 2.0, 100.0) == limit


def test_slippage_beyond_the_price_sells_at_the_low() -> None:
    assert market_price(Costs(slip_amount=1e6), "sell", 100.0, WIDE) == 50.0


def test_slippage_by_volatility_needs_its_atr() -> None:
    costs = Costs(slip_atrs=0.1, atr_period=14)
    with pytest.raises(ValueError, match=r"^slippage: expected an ATR of 14 bars, got none: too few bars have come$"):
        market_price(costs, "buy", 100.0, WIDE)


@pytest.mark.parametrize(
    ("execution", "lot"),
    [
        ({}, None),
        ({"lot_size": 0.5}, 0.5),
        ({"contract_size": 100.0}, 100.0),
        ({"contract_size": 5, "lot_size": 10}, 10),
    ],
    ids=str,
)
def test_a_part_is_in_lots_or_else_in_contracts(execution: dict[str, object], lot: float | None) -> None:
    assert costs_of(ExecutionConfig.model_validate(execution)).lot == (None if lot is None else step_of(lot))
