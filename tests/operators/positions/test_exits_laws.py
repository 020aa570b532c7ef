"""What holds of stops and targets over any bar."""

from hypothesis import given
from hypothesis import strategies as st

from operators.positions.bar import Bar
from operators.positions.costs import Costs
from operators.positions.exits import Held, protective_exits
from operators.positions.guard import Guard, advanced, guarded
from operators.positions.plan import Plan, Reach
from operators.positions.rounding import step_of
from tests.operators.positions.candles import bars, paths, prices, ticks

REACHES = st.integers(1, 120).map(lambda eighths: Reach(0.0, eighths / 8, 0))  # ATRs, each of 1
MAYBE = st.none() | REACHES
PLANS = st.builds(
    Plan,
    stop_loss=MAYBE,
    take_profit=MAYBE,
    trailing_stop=MAYBE,
    break_even=MAYBE,
    parts=st.lists(st.tuples(REACHES, st.sampled_from([0.125, 0.25])), max_size=4).map(tuple),
    moves=st.just(value=True),
)
COSTS = st.builds(
    Costs,
    half_spread=st.floats(0, 0.05),
    slip_fraction=st.floats(0, 0.05),
    slip_amount=st.floats(0, 5),
    slip_atrs=st.floats(0, 2),
    atr_period=st.just(14),
    maker=st.floats(0, 0.01),
    taker=st.floats(0, 0.01),
    unit_fee=st.floats(0, 1),
    minimum_fee=st.floats(0, 10),
    tick=st.none() | st.sampled_from([0.05, 0.3]).map(step_of),
    lot=st.none() | st.just(step_of(0.5)),
)
HELD = Held(8.0, 8.0)


def guard_of(plan: Plan, *, long: bool, entry: float) -> Guard:
    return guarded(plan, long=long, entry=entry, even=entry, atrs=(1.0,))


@given(PLANS, COSTS, st.booleans(), prices(), paths(), st.booleans())
def test_fills_are_inside_their_bar_and_leave_what_is_left(  # noqa: PLR0913, PLR0917  # drawn one by one
    plan: Plan,
    costs: Costs,
    long: bool,  # noqa: FBT001  # drawn
    entry: float,
    drawn: tuple[Bar, list[float]],
    finer: bool,  # noqa: FBT001  # drawn
) -> None:
    one, path = drawn
    guard, inside = guard_of(plan, long=long, entry=entry), ticks(path, of=one) if finer else ()
    exits = protective_exits(plan, guard, HELD, one, costs, atr=1.0, finer=inside)
    assert sum(fill.quantity for fill in exits.fills) + exits.left == HELD.quantity
    for fill in exits.fills:
        assert one.low <= fill.price <= one.high
        assert one.open_time <= fill.time <= one.close_time
        assert fill.fee >= 0
        assert fill.quantity > 0
        assert fill.side == ("sell" if long else "buy")
    assert [fill.time for fill in exits.fills] == sorted(fill.time for fill in exits.fills)


@given(PLANS, st.booleans(), prices(), st.lists(bars(), min_size=1, max_size=6))
def test_short_is_long_in_the_mirror(plan: Plan, long: bool, entry: float, over: list[Bar]) -> None:  # noqa: FBT001  # drawn
    guard, other = guard_of(plan, long=long, entry=entry), guard_of(plan, long=not long, entry=200 - entry)
    held = HELD
    for one in over:
        mirror = one._replace(open=200 - one.open, high=200 - one.low, low=200 - one.high, close=200 - one.close)
        exits = protective_exits(plan, guard, held, one, Costs())
        reflected = protective_exits(plan, other, held, mirror, Costs())
        assert [(*fill[2:3], 200 - fill.price, fill.reason, fill.time) for fill in reflected.fills] == [
            (*fill[2:3], fill.price, fill.reason, fill.time) for fill in exits.fills
        ]
        assert reflected.left == exits.left
        if not exits.left:
            return
        held = Held(exits.left, held.entered)
        guard, other = advanced(plan, exits.guard, one), advanced(plan, reflected.guard, mirror)


@given(MAYBE, MAYBE, st.booleans(), prices(), paths())
def test_bars_of_one_price_are_walked_as_prices_are(
    stop: Reach | None,
    target: Reach | None,
    long: bool,  # noqa: FBT001  # drawn
    entry: float,
    drawn: tuple[Bar, list[float]],
) -> None:
    one, path = drawn
    plan, sign = Plan(stop_loss=stop, take_profit=target), 1 if long else -1
    expected: list[tuple[float, str]] = []
    for price in path:
        gain = sign * (price - entry)
        if stop is not None and gain <= -stop.multiple:
            expected = [(price, "stop_loss")]
        elif target is not None and gain >= target.multiple:
            expected = [(price, "take_profit")]
        if expected:
            break
    guard = guard_of(plan, long=long, entry=entry)
    exits = protective_exits(plan, guard, HELD, one, Costs(), finer=ticks(path, of=one))
    assert [(fill.price, fill.reason) for fill in exits.fills] == expected


@given(MAYBE, MAYBE, st.booleans(), prices(), paths())
def test_without_finer_bars_a_stop_is_never_overlooked(
    stop: Reach | None,
    target: Reach | None,
    long: bool,  # noqa: FBT001  # drawn
    entry: float,
    drawn: tuple[Bar, list[float]],
) -> None:
    one, path = drawn
    plan = Plan(stop_loss=stop, take_profit=target)
    guard = guard_of(plan, long=long, entry=entry)
    walked = protective_exits(plan, guard, HELD, one, Costs(), finer=ticks(path, of=one)).fills
    alone = protective_exits(plan, guard, HELD, one, Costs()).fills
    assert bool(walked) == bool(alone)
    assert [fill.reason for fill in walked] != ["stop_loss"] or [fill.reason for fill in alone] == ["stop_loss"]
