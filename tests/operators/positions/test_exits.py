"""Each rule of stops and targets, long and short, as one would work it out by hand."""

from typing import NamedTuple

import pytest

from operators.positions.bar import Bar
from operators.positions.costs import Costs
from operators.positions.exits import Exits, Held, protective_exits
from operators.positions.fill import Fill
from operators.positions.guard import Guard, advanced, guarded
from operators.positions.plan import Plan, Reach
from operators.positions.rounding import step_of
from tests.operators.positions.candles import MINUTE, bar, ticks

STOP, TARGET, HALFWAY = Reach(0.0, 2.0, 0), Reach(0.0, 4.0, 0), Reach(0.0, 2.0, 0)  # ATRs, each of 1
BRACKET = Plan(stop_loss=STOP, take_profit=TARGET, atr_periods=(14,))
PARTS = Plan(stop_loss=STOP, take_profit=TARGET, parts=((HALFWAY, 0.5), (Reach(0.0, 3.0, 0), 0.25)), atr_periods=(14,))
HELD = Held(8.0, 8.0)


class Case(NamedTuple):
    """Of a long position that was entered at 100 with its stop at 98 and its target at 104."""

    bar: Bar
    price: float | None
    reason: str = ""
    minutes: int = 1


CASES = {
    "neither": Case(bar(100.0, 103.875, 98.125, 99.0), None),
    "stop inside": Case(bar(100.0, 103.0, 97.0, 99.0), 98.0, "stop_loss"),
    "stop touched": Case(bar(100.0, 103.0, 98.0, 99.0), 98.0, "stop_loss"),
    "stop jumped over": Case(bar(95.0, 99.0, 94.0, 99.0), 95.0, "stop_loss", 0),
    "open at the stop": Case(bar(98.0, 99.0, 97.0, 99.0), 98.0, "stop_loss", 0),
    "target inside": Case(bar(100.0, 105.0, 99.0, 104.5), 104.0, "take_profit"),
    "target touched": Case(bar(100.0, 104.0, 99.0, 103.0), 104.0, "take_profit"),
    "target jumped over": Case(bar(106.0, 107.0, 105.0, 105.0), 106.0, "take_profit", 0),
    "open at the target": Case(bar(104.0, 107.0, 103.0, 105.0), 104.0, "take_profit", 0),
    "both inside": Case(bar(100.0, 105.0, 97.0, 104.5), 98.0, "stop_loss"),
    "both touched": Case(bar(100.0, 104.0, 98.0, 104.0), 98.0, "stop_loss"),
    "target at the open, stop later": Case(bar(105.0, 105.0, 97.0, 97.5), 105.0, "take_profit", 0),
    "stop at the open, target later": Case(bar(97.0, 105.0, 96.0, 105.0), 97.0, "stop_loss", 0),
    "one tick on the stop": Case(bar(98.0, 98.0, 98.0, 98.0), 98.0, "stop_loss", 0),
    "without volume": Case(bar(95.0, 106.0, 94.0, 100.0, volume=0.0), None),
}


def mirrored(one: Bar) -> Bar:
    """What a price rises above 100 it falls below it."""
    return one._replace(open=200 - one.open, high=200 - one.low, low=200 - one.high, close=200 - one.close)


def guard_of(plan: Plan, *, long: bool = True) -> Guard:
    return guarded(plan, long=long, entry=100.0, even=100.0, atrs=(1.0,))


@pytest.mark.parametrize("long", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_one_stop_and_one_target(name: str, *, long: bool) -> None:
    case = CASES[name]
    guard, one = guard_of(BRACKET, long=long), case.bar if long else mirrored(case.bar)
    exits = protective_exits(BRACKET, guard, HELD, one, Costs())
    if case.price is None:
        assert exits == Exits((), guard, 8.0)
        return
    side, price = ("sell", case.price) if long else ("buy", 200 - case.price)
    assert exits.fills == ((case.minutes * MINUTE, side, 8.0, price, 0.0, case.reason),)
    assert exits.left == 0.0


def test_a_stop_is_a_market_order_and_a_target_a_limit_order() -> None:
    costs = Costs(half_spread=0.01, slip_amount=0.25, maker=0.01, taker=0.02)
    wide = bar(100.0, 103.0, 90.0, 99.0)
    [stopped] = protective_exits(BRACKET, guard_of(BRACKET), HELD, wide, costs).fills
    assert stopped.price == 98.0 - 0.98 - 0.25
    assert stopped.fee == 0.02 * 8.0 * stopped.price
    [taken] = protective_exits(BRACKET, guard_of(BRACKET), HELD, bar(100.0, 105.0, 99.0, 105.0), costs).fills
    assert (taken.price, taken.fee) == (104.0, 0.01 * 8.0 * 104.0)


def test_a_stop_slips_no_further_than_the_low_of_its_bar() -> None:
    [stopped] = protective_exits(
        BRACKET, guard_of(BRACKET), HELD, bar(100.0, 103.0, 97.5, 99.0), Costs(slip_amount=5.0)
    ).fills
    assert stopped.price == 97.5


def test_prices_are_on_the_tick_to_the_worse_side() -> None:
    costs, plan = Costs(tick=step_of(0.3)), BRACKET
    [stopped] = protective_exits(plan, guard_of(plan), HELD, bar(100.0, 103.0, 90.0, 99.0), costs).fills
    [taken] = protective_exits(plan, guard_of(plan), HELD, bar(100.0, 105.0, 99.0, 105.0), costs).fills
    assert (stopped.price, taken.price) == (97.8, 103.8)
    short = guard_of(plan, long=False)
    [stopped] = protective_exits(plan, short, HELD, bar(100.0, 110.0, 99.0, 99.0), costs).fills
    assert stopped.price == 102.0  # 340 ticks


def test_finer_bars_tell_which_came_first() -> None:
    whole, guard = bar(100.0, 105.0, 97.0, 99.0), guard_of(BRACKET)
    up_first = ticks([100.0, 103.0, 105.0, 97.0, 99.0], of=whole)
    [fill] = protective_exits(BRACKET, guard, HELD, whole, Costs(), finer=up_first).fills
    assert fill == Fill(up_first[2].open_time, "sell", 8.0, 105.0, 0.0, "take_profit")
    down_first = ticks([100.0, 99.0, 97.0, 105.0, 99.0], of=whole)
    [fill] = protective_exits(BRACKET, guard, HELD, whole, Costs(), finer=down_first).fills
    assert fill == Fill(down_first[2].open_time, "sell", 8.0, 97.0, 0.0, "stop_loss")


def test_inside_one_finer_bar_it_is_the_stop_again() -> None:
    whole = bar(100.0, 105.0, 97.0, 99.0)
    first = whole._replace(high=103.0, low=99.0, close=102.0, close_time=MINUTE // 2)
    second = whole._replace(open=102.0, open_time=MINUTE // 2)
    [fill] = protective_exits(BRACKET, guard_of(BRACKET), HELD, whole, Costs(), finer=[first, second]).fills
    assert fill == Fill(MINUTE, "sell", 8.0, 98.0, 0.0, "stop_loss")


def test_finer_bars_with_a_hole_are_not_asked() -> None:
    whole = bar(100.0, 105.0, 97.0, 99.0)
    finer = ticks([100.0, 105.0, 99.0], of=whole)
    [fill] = protective_exits(BRACKET, guard_of(BRACKET), HELD, whole, Costs(), finer=finer).fills
    assert (fill.price, fill.reason) == (98.0, "stop_loss")


def test_a_finer_bar_without_volume_fills_nothing() -> None:
    whole = bar(100.0, 105.0, 97.0, 99.0)
    finer = ticks([100.0, 105.0, 97.0, 99.0], of=whole)
    finer[1] = finer[1]._replace(volume=0.0)
    [fill] = protective_exits(BRACKET, guard_of(BRACKET), HELD, whole, Costs(), finer=finer).fills
    assert (fill.price, fill.reason) == (97.0, "stop_loss")


def test_parts_are_left_from_the_nearest_on_and_the_rest_stays_protected() -> None:
    exits = protective_exits(PARTS, guard_of(PARTS), HELD, bar(100.0, 103.5, 99.0, 103.0), Costs())
    assert exits.fills == (
        Fill(MINUTE, "sell", 4.0, 102.0, 0.0, "scale_out"),
        Fill(MINUTE, "sell", 2.0, 103.0, 0.0, "scale_out"),
    )
    assert (exits.left, exits.guard.parts, exits.guard.target) == (2.0, (), 104.0)
    later = protective_exits(PARTS, exits.guard, Held(2.0, 8.0), bar(103.0, 103.0, 96.0, 97.0, minute=1), Costs())
    assert later.fills == (Fill(2 * MINUTE, "sell", 2.0, 98.0, 0.0, "stop_loss"),)
    assert later.left == 0.0


def test_all_targets_of_a_jump_are_filled_at_the_open_then_the_stop_may_be_hit() -> None:
    exits = protective_exits(PARTS, guard_of(PARTS), HELD, bar(103.5, 103.75, 97.0, 99.0), Costs())
    assert [(fill.quantity, fill.price, fill.time, fill.reason) for fill in exits.fills] == [
        (4.0, 103.5, 0, "scale_out"),
        (2.0, 103.5, 0, "scale_out"),
        (2.0, 98.0, MINUTE, "stop_loss"),
    ]


def test_a_stop_and_a_part_inside_one_bar_is_the_stop_for_all() -> None:
    exits = protective_exits(PARTS, guard_of(PARTS), HELD, bar(100.0, 105.0, 97.0, 99.0), Costs())
    assert exits.fills == (Fill(MINUTE, "sell", 8.0, 98.0, 0.0, "stop_loss"),)


def test_a_part_is_rounded_down_to_the_lot_and_passed_over_where_that_is_nothing() -> None:
    reached = bar(100.0, 103.5, 99.0, 103.0)
    exits = protective_exits(PARTS, guard_of(PARTS), Held(3.0, 3.0), reached, Costs(lot=step_of(1.0)))
    assert [fill.quantity for fill in exits.fills] == [1.0]  # 1.5 and 0.75
    assert (exits.left, exits.guard.parts) == (2.0, ())


def test_parts_that_are_all_of_it_leave_no_dust() -> None:
    thirds = Plan(parts=((HALFWAY, 0.1), (HALFWAY, 0.2), (HALFWAY, 0.7)), atr_periods=(14,))
    exits = protective_exits(thirds, guard_of(thirds), Held(0.3, 0.3), bar(100.0, 103.0, 99.0, 103.0), Costs())
    assert len(exits.fills) == 3
    assert exits.left == 0.0


def test_a_stop_that_trails_stands_for_the_next_bar() -> None:
    plan = Plan(trailing_stop=STOP, atr_periods=(14,), moves=True)
    guard, rise = guard_of(plan), bar(100.0, 105.0, 99.0, 102.0)
    assert not protective_exits(plan, guard, HELD, rise, Costs()).fills  # 103 is inside, and stands from now on
    guard = advanced(plan, guard, rise)
    [fill] = protective_exits(plan, guard, HELD, bar(104.0, 104.0, 102.0, 103.0, minute=1), Costs()).fills
    assert fill == Fill(2 * MINUTE, "sell", 8.0, 103.0, 0.0, "trailing_stop")


def test_an_entry_that_slipped_past_its_own_stop_is_left_at_the_open() -> None:
    guard = guarded(BRACKET, long=True, entry=103.0, even=103.0, atrs=(1.0,))  # the market stood at 100
    [fill] = protective_exits(BRACKET, guard, HELD, bar(100.0, 104.0, 99.0, 104.0), Costs()).fills
    assert fill == Fill(0, "sell", 8.0, 100.0, 0.0, "stop_loss")
