"""The prices at which an open position is left: where its stop and its targets stand for the next bar."""

from collections.abc import Mapping, Sequence
from math import inf, isnan, nan
from typing import Any, Final, NamedTuple, cast

from operators.positions.bar import Bar
from operators.positions.causes import BREAK_EVEN, LIQUIDATION, STOP_LOSS, TRAILING_STOP
from operators.positions.costs import Costs
from operators.positions.plan import Plan
from operators.snapshot import check_version

SCHEMA_VERSION: Final = 1
EVERYTHING: Final = -1
"""The part of a target at which all that is left is."""


class Target(NamedTuple):
    """A limit order that waits: at ``price``, for one of the plan's ``parts``, or for ``EVERYTHING``."""

    price: float
    part: int


class Guard(NamedTuple):
    """What protects one open position from the end of a bar to the end of the next. Prices in quote per unit.

    The first half is what it is made of, and all that a snapshot holds; the rest follows, and is kept because nearly
    every bar reads it and changes nothing.

    Attributes:
        long: the side; short otherwise.
        entry: average entry price.
        best: highest price since the entry (lowest of a short one), the entry included, in bars that are over.
        atrs: the plan's ATRs at the entry decision.
        even: where the position has cost nothing, both fees paid.
        liquidation: where the exchange closes it; NaN where it never does.
        parts: the plan's parts that are still to be left.
        stop: the tightest of the stops; where there is none, -inf (inf of a short position).
        cause: which one it is.
        target: price of the first of ``targets``; where there is none, inf (-inf of a short position).
        targets: nearest first.
    """

    long: bool
    entry: float
    best: float
    atrs: tuple[float, ...]
    even: float
    liquidation: float
    parts: tuple[int, ...]
    stop: float
    cause: str
    target: float
    targets: tuple[Target, ...]

    def snapshot(self) -> dict[str, object]:
        """As primitives, from which ``restored`` makes it again to the bit, under the same plan."""
        return {
            "schema_version": SCHEMA_VERSION,
            "long": self.long,
            "entry": self.entry,
            "best": self.best,
            "atrs": [*self.atrs],
            "even": self.even,
            "liquidation": None if isnan(self.liquidation) else self.liquidation,
            "parts": [*self.parts],
        }


def restored(plan: Plan, snapshot: Mapping[str, object]) -> Guard:
    """The guard of a snapshot that was made under this plan.

    Raises:
        SnapshotRefused: a schema version that is not known.
    """
    check_version("guard", snapshot["schema_version"], SCHEMA_VERSION)
    state = cast("dict[str, Any]", snapshot)
    liquidation = nan if state["liquidation"] is None else state["liquidation"]
    atrs, parts = tuple(state["atrs"]), tuple(state["parts"])
    return _guard(plan, state["long"], state["entry"], state["best"], atrs, state["even"], liquidation, parts)


def guarded(  # noqa: PLR0913  # what a position is, and what it is to be protected by
    plan: Plan, *, long: bool, entry: float, even: float, atrs: Sequence[float] = (), liquidation: float = nan
) -> Guard:
    """The guard of a position that has just been entered at the price ``entry``.

    ``atrs`` are those of ``plan.atr_periods`` at the bar whose close decided on the entry, none of them missing (ask
    ``missing_atr`` before); ``even`` is what ``break_even_price`` gives.

    >>> from operators.positions.plan import Reach
    >>> plan = Plan(stop_loss=Reach(0.02, 0.0, 0), take_profit=Reach(0.05, 0.0, 0))
    >>> guard = guarded(plan, long=True, entry=100.0, even=100.2)
    >>> guard.stop, guard.cause, guard.target
    (98.0, 'stop_loss', 105.0)
    >>> guard = guarded(plan, long=False, entry=100.0, even=99.8)
    >>> guard.stop, guard.target
    (102.0, 95.0)
    """
    return _guard(plan, long, entry, entry, tuple(atrs), even, liquidation, tuple(range(len(plan.parts))))


def entered_again(plan: Plan, guard: Guard, *, entry: float, even: float, liquidation: float = nan) -> Guard:
    """After a further entry on the same side: all distances count from the new average ``entry``.

    The best price since the first entry stays, and so do the ATRs of it and what was left of the parts.

    >>> from operators.positions.plan import Reach
    >>> plan = Plan(stop_loss=Reach(0.02, 0.0, 0))
    >>> first = guarded(plan, long=True, entry=100.0, even=100.0)
    >>> entered_again(plan, first, entry=105.0, even=105.0).stop
    102.9
    """
    return _guard(plan, guard.long, entry, guard.best, guard.atrs, even, liquidation, guard.parts)


def under(plan: Plan, guard: Guard, atrs: Sequence[float] = ()) -> Guard:
    """Under the plan of another version of the strategy, with ``atrs`` of its periods as they are now, none missing.

    The position keeps its entry and its best price. All parts of the new plan are to be left.

    >>> from operators.positions.plan import Reach
    >>> old = guarded(Plan(stop_loss=Reach(0.02, 0.0, 0)), long=True, entry=100.0, even=100.0)
    >>> under(Plan(stop_loss=Reach(0.0, 2.0, 0), atr_periods=(14,)), old, (0.5,)).stop
    99.0
    """
    parts = tuple(range(len(plan.parts)))
    return _guard(plan, guard.long, guard.entry, guard.best, tuple(atrs), guard.even, guard.liquidation, parts)


def without(plan: Plan, guard: Guard, part: int) -> Guard:
    """After a part of the position was left. The stops stay where they are."""
    parts = tuple(one for one in guard.parts if one != part)
    targets = _targets(plan, guard.long, guard.entry, guard.atrs, parts)
    return guard._replace(parts=parts, targets=targets, target=_nearest(targets, long=guard.long))


def advanced(plan: Plan, guard: Guard, bar: Bar) -> Guard:
    """After a bar over which the position was open, for the next one: its high (low of a short one) may be a new best.

    Not for the bar at whose close the position was entered: its prices were before the entry. A bar without volume has
    moved nothing. The same object where nothing changes, which is nearly always.

    >>> from operators.positions.plan import Reach
    >>> plan = Plan(trailing_stop=Reach(0.02, 0.0, 0), moves=True)
    >>> guard = guarded(plan, long=True, entry=100.0, even=100.0)
    >>> bar = Bar(open=100.0, high=104.0, low=99.0, close=101.0, volume=5.0, open_time=0, close_time=60_000)
    >>> guard.stop, advanced(plan, guard, bar).stop
    (98.0, 102.0)
    """
    best = bar.high if guard.long else bar.low
    if (best <= guard.best if guard.long else best >= guard.best) or not bar.volume:
        return guard
    if not plan.moves:
        return guard._replace(best=best)
    return _guard(plan, guard.long, guard.entry, best, guard.atrs, guard.even, guard.liquidation, guard.parts)


def break_even_price(costs: Costs, *, long: bool, quantity: float, entry: float, fees: float) -> float:
    """Where a stop gives back what the position has cost: the entry price plus both fees, or less them when short.

    Input: units entered, average entry price (quote per unit), and the fees of its entries (quote). At the price that
    comes of it the gain over ``quantity`` units equals those fees and the fee of the exit, a market order, which itself
    depends on the price: so for a fee in proportion ``(entry + fees / quantity) / (1 - taker)``, and
    ``(entry - fees / quantity) / (1 + taker)`` when short. Spread and slippage of the exit come on top, as of any stop.

    >>> costs = Costs(taker=0.01)
    >>> price = break_even_price(costs, long=True, quantity=2.0, entry=99.0, fees=1.98)
    >>> round(price, 9), round((price - 99.0) * 2.0 - 1.98 - 0.01 * 2.0 * price, 9)
    (101.0, 0.0)
    >>> break_even_price(Costs(minimum_fee=1.0), long=False, quantity=2.0, entry=50.0, fees=1.0)
    49.0
    """
    sign = 1.0 if long else -1.0
    paid = fees / quantity
    price = (entry + sign * (paid + costs.unit_fee)) / (1.0 - sign * costs.taker)
    if quantity * (price * costs.taker + costs.unit_fee) >= costs.minimum_fee:
        return price
    return entry + sign * (paid + costs.minimum_fee / quantity)


def _guard(  # noqa: PLR0913, PLR0917  # the fields of a guard but for those that follow
    plan: Plan,
    long: bool,  # noqa: FBT001  # as the field
    entry: float,
    best: float,
    atrs: tuple[float, ...],
    even: float,
    liquidation: float,
    parts: tuple[int, ...],
) -> Guard:
    sign = 1.0 if long else -1.0
    stop, cause = -inf, ""  # what a long one's would be: a higher one is tighter
    if plan.stop_loss is not None:
        stop, cause = sign * entry - plan.stop_loss.over(entry, atrs), STOP_LOSS
    if plan.break_even is not None:  # which is never behind the stop-loss, for fees are never below zero
        gained = sign * (best - entry)
        if gained >= plan.break_even.over(entry, atrs) and sign * (best - even) >= 0:  # else it would be hit at once
            stop, cause = sign * even, BREAK_EVEN
    if plan.trailing_stop is not None:
        trail = sign * best - plan.trailing_stop.over(entry, atrs)
        if trail > stop:
            stop, cause = trail, TRAILING_STOP
    if sign * liquidation > stop:  # never of NaN
        stop, cause = sign * liquidation, LIQUIDATION
    targets = _targets(plan, long, entry, atrs, parts)
    nearest = _nearest(targets, long=long)
    return Guard(long, entry, best, atrs, even, liquidation, parts, sign * stop, cause, nearest, targets)


def _targets(
    plan: Plan,
    long: bool,  # noqa: FBT001  # as the field
    entry: float,
    atrs: tuple[float, ...],
    parts: tuple[int, ...],
) -> tuple[Target, ...]:
    """Nearest first; at one price the parts, as they are written, before everything."""
    sign = 1.0 if long else -1.0
    targets = [Target(entry + sign * plan.parts[part][0].over(entry, atrs), part) for part in parts]
    if plan.take_profit is not None:
        targets.append(Target(entry + sign * plan.take_profit.over(entry, atrs), EVERYTHING))
    return tuple(sorted(targets, key=lambda target: sign * target.price))


def _nearest(targets: Sequence[Target], *, long: bool) -> float:
    if targets:
        return targets[0].price
    return inf if long else -inf
