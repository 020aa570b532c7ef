"""Where stops and targets stand, and when they move."""

import json
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.positions.bar import Bar
from operators.positions.causes import BREAK_EVEN, LIQUIDATION, STOP_LOSS, TRAILING_STOP
from operators.positions.costs import Costs, market_fee
from operators.positions.guard import (
    EVERYTHING,
    Target,
    advanced,
    break_even_price,
    entered_again,
    guarded,
    restored,
    under,
    without,
)
from operators.positions.plan import Plan, Reach
from operators.snapshot import SnapshotRefused
from tests.operators.positions.candles import bar, bars, prices

ONE, TWO, FOUR = Reach(0.0, 1.0, 0), Reach(0.0, 2.0, 0), Reach(0.0, 4.0, 0)  # ATRs, each of 1
ATRS = (1.0,)
ALL = Plan(
    stop_loss=FOUR,
    take_profit=FOUR,
    trailing_stop=TWO,
    break_even=ONE,
    parts=((ONE, 0.5), (TWO, 0.25)),
    atr_periods=(14,),
    moves=True,
)
REACHES = st.none() | st.sampled_from([ONE, TWO, FOUR, Reach(0.05, 0.0, 0)])
PLANS = st.builds(
    Plan,
    stop_loss=REACHES,
    take_profit=REACHES,
    trailing_stop=REACHES,
    break_even=REACHES,
    parts=st.lists(st.tuples(st.sampled_from([ONE, TWO]), st.just(0.25)), max_size=3).map(tuple),
    moves=st.just(value=True),
)


def test_without_anything_planned_no_price_is_a_stop_or_a_target() -> None:
    long, short = (guarded(Plan(), long=side, entry=100.0, even=100.0) for side in (True, False))
    assert (long.stop, long.target, long.targets) == (-inf, inf, ())
    assert (short.stop, short.target, short.targets) == (inf, -inf, ())


@pytest.mark.parametrize(("long", "sign"), [(True, 1), (False, -1)])
def test_a_short_position_is_the_mirror_of_a_long_one(*, long: bool, sign: int) -> None:
    guard = guarded(ALL, long=long, entry=100.0, even=100.0 + sign * 0.5, atrs=ATRS)
    assert (guard.stop, guard.cause) == (100.0 - sign * 2, TRAILING_STOP)
    assert guard.targets == (Target(100.0 + sign, 0), Target(100.0 + sign * 2, 1), Target(100.0 + sign * 4, EVERYTHING))
    assert guard.target == 100.0 + sign


@pytest.mark.parametrize(
    ("high", "even", "stop", "cause"),
    [
        (100.75, 100.25, 96.0, STOP_LOSS),  # not far enough
        (101.0, 100.25, 100.25, BREAK_EVEN),
        (101.0, 101.5, 96.0, STOP_LOSS),  # not yet past what it has cost
        (101.5, 101.5, 101.5, BREAK_EVEN),
    ],
)
def test_the_stop_is_at_break_even_once_the_price_was_that_far(
    high: float, even: float, stop: float, cause: str
) -> None:
    plan = Plan(stop_loss=FOUR, break_even=ONE, atr_periods=(14,), moves=True)
    guard = guarded(plan, long=True, entry=100.0, even=even, atrs=ATRS)
    guard = advanced(plan, guard, bar(100.0, high, 99.0, 100.0))
    assert (guard.stop, guard.cause) == (stop, cause)


def test_the_tightest_stop_counts_and_liquidation_is_one() -> None:
    guard = guarded(ALL, long=True, entry=100.0, even=100.5, atrs=ATRS, liquidation=99.0)
    assert (guard.stop, guard.cause) == (99.0, LIQUIDATION)
    guard = advanced(ALL, guard, bar(100.0, 104.0, 100.0, 103.0))
    assert (guard.stop, guard.cause) == (102.0, TRAILING_STOP)
    short = guarded(Plan(), long=False, entry=100.0, even=99.5, liquidation=140.0)
    assert (short.stop, short.cause) == (140.0, LIQUIDATION)


def test_a_further_entry_counts_everything_from_the_new_average() -> None:
    plan = Plan(stop_loss=TWO, take_profit=FOUR, trailing_stop=FOUR, parts=((ONE, 0.5),), atr_periods=(14,), moves=True)
    guard = guarded(plan, long=True, entry=100.0, even=100.0, atrs=ATRS)
    guard = without(plan, advanced(plan, guard, bar(100.0, 103.0, 100.0, 103.0)), 0)
    again = entered_again(plan, guard, entry=101.5, even=101.5)
    assert (again.stop, again.target, again.best, again.parts) == (99.5, 105.5, 103.0, ())


def test_another_version_has_its_own_distances_and_all_of_its_parts() -> None:
    guard = without(ALL, guarded(ALL, long=True, entry=100.0, even=100.5, atrs=ATRS), 0)
    plan = Plan(stop_loss=Reach(0.0, 3.0, 0), parts=((Reach(0.1, 0.0, 0), 0.5),), atr_periods=(5,))
    changed = under(plan, guard, (2.0,))
    assert (changed.stop, changed.targets, changed.parts) == (94.0, (Target(110.0, 0),), (0,))


def test_a_bar_without_volume_moves_nothing() -> None:
    guard = guarded(ALL, long=True, entry=100.0, even=100.5, atrs=ATRS)
    assert advanced(ALL, guard, bar(100.0, 110.0, 100.0, 110.0, volume=0.0)) is guard


@given(PLANS, st.booleans(), prices(), st.lists(bars(), max_size=8))
def test_a_stop_never_moves_away_from_the_price(plan: Plan, long: bool, entry: float, over: list[Bar]) -> None:  # noqa: FBT001  # drawn
    guard = guarded(plan, long=long, entry=entry, even=entry, atrs=ATRS)
    for one in over:
        after = advanced(plan, guard, one)
        assert after.stop >= guard.stop if long else after.stop <= guard.stop
        assert after.targets == guard.targets
        guard = after


@given(PLANS, st.booleans(), prices(), st.lists(bars(), max_size=5), st.sampled_from([nan, 90.0, 110.0]))
def test_a_restored_guard_is_the_same_to_the_bit(
    plan: Plan,
    long: bool,  # noqa: FBT001  # drawn
    entry: float,
    over: list[Bar],
    liquidation: float,
) -> None:
    guard = guarded(plan, long=long, entry=entry, even=entry * 1.003, atrs=(0.1 + 0.2,), liquidation=liquidation)
    for one in over:
        guard = advanced(plan, guard, one)
        again = restored(plan, json.loads(json.dumps(guard.snapshot(), allow_nan=False)))
        assert repr(again) == repr(guard)  # which writes every float out, and NaN as itself


def test_a_snapshot_of_another_schema_version_is_refused() -> None:
    snapshot = guarded(Plan(), long=True, entry=100.0, even=100.0).snapshot() | {"schema_version": 2}
    with pytest.raises(SnapshotRefused, match=r"^guard: schema version 2, expected 1$"):
        restored(Plan(), snapshot)


@given(
    st.booleans(),
    st.floats(0.01, 1e4),
    st.floats(0.01, 1e5),
    st.floats(0, 0.05),
    st.floats(0, 0.1),
    st.sampled_from([0.0, 0.01, 5.0]),
)
def test_at_break_even_the_gain_pays_both_fees(  # noqa: PLR0913, PLR0917  # drawn one by one
    long: bool,  # noqa: FBT001  # drawn
    quantity: float,
    entry: float,
    taker: float,
    unit_fee: float,
    minimum: float,
) -> None:
    costs = Costs(taker=taker, unit_fee=unit_fee, minimum_fee=minimum)
    paid = market_fee(costs, quantity, entry)
    even = break_even_price(costs, long=long, quantity=quantity, entry=entry, fees=paid)
    if even <= 0:  # a short one that has cost more than it could ever gain
        assert not long
        return
    gain = quantity * (even - entry) * (1 if long else -1)
    assert gain == pytest.approx(paid + market_fee(costs, quantity, even), rel=1e-9, abs=quantity * entry * 1e-12)
