"""Stops and targets against a bar: which of them are reached, in which order, and at which price they fill."""

from collections.abc import Sequence
from math import nan
from typing import Final, NamedTuple

from operators.positions.bar import Bar
from operators.positions.causes import SCALE_OUT, TAKE_PROFIT
from operators.positions.costs import Costs, limit_fee, limit_price, market_fee, market_price
from operators.positions.fill import Fill, Side
from operators.positions.guard import EVERYTHING, Guard, without
from operators.positions.inside import accounts_for
from operators.positions.plan import Plan
from operators.positions.rounding import rounded_down

_DUST: Final = 1e-9
"""What would be left of a position by rounding alone, as a share of what was entered."""


class Exits(NamedTuple):
    """What was filled over a bar, in its order, and what protects the rest; ``left`` is that, in units, 0.0 of none."""

    fills: tuple[Fill, ...]
    guard: Guard
    left: float


class Held(NamedTuple):
    """Units of an open position: what is held now, and what was entered since it was flat, of which parts count."""

    quantity: float
    entered: float


def protective_exits(  # noqa: PLR0913, PLR0917  # a position, what protects it, a bar and its terms
    plan: Plan, guard: Guard, held: Held, bar: Bar, costs: Costs, atr: float = nan, finer: Sequence[Bar] = ()
) -> Exits:
    """What the stops and targets of a position do over a bar to which it was exposed from the open on.

    That is every bar after the one at whose close it was entered, and the very bar at whose open it was. Nothing fills
    in a bar without volume. Else, for a long position (a short one is its mirror):

    1. The open is the first price. At or below the stop, all is sold there at the market: the price has jumped over the
       stop. At or above a target, that one is sold at the open, which is better than it asked for.
    2. A low at or below the stop sells all that is left at the market, from the stop's price on. Where a target is
       inside the bar too, nobody knows which came first: it is taken to have been the stop.
    3. A high at or above a target sells that part, or all, as a limit order: at the target's price, without spread or
       slippage. Several are reached from the nearest on.

    ``finer`` bars, where they account for the whole bar, are walked one after the other by the same three rules, which
    decides most cases of 2. The prices of stop and targets are those of the bar: they move between bars, never inside.

    A part is its fraction of the units entered, rounded down to the lot; if that is nothing, it is passed over. ``atr``
    is what ``costs`` asks for, as of the bar before.

    >>> from operators.positions.guard import guarded
    >>> from operators.positions.plan import Reach
    >>> plan = Plan(stop_loss=Reach(0.02, 0.0, 0), take_profit=Reach(0.05, 0.0, 0))
    >>> guard, held = guarded(plan, long=True, entry=100.0, even=100.0), Held(quantity=3.0, entered=3.0)
    >>> bar = Bar(open=100.0, high=106.0, low=97.0, close=103.0, volume=5.0, open_time=0, close_time=60_000)
    >>> protective_exits(plan, guard, held, bar, Costs()).fills
    (Fill(time=60000, side='sell', quantity=3.0, price=98.0, fee=0.0, reason='stop_loss'),)
    >>> first = Bar(open=100.0, high=106.0, low=100.0, close=104.0, volume=2.0, open_time=0, close_time=30_000)
    >>> second = Bar(open=104.0, high=104.0, low=97.0, close=103.0, volume=3.0, open_time=30_000, close_time=60_000)
    >>> protective_exits(plan, guard, held, bar, Costs(), finer=(first, second)).fills
    (Fill(time=30000, side='sell', quantity=3.0, price=105.0, fee=0.0, reason='take_profit'),)

    Raises:
        ValueError: as ``market_price``.
    """
    if guard.long:
        if guard.stop < bar.low and bar.high < guard.target:
            return Exits((), guard, held.quantity)
    elif guard.target < bar.low and bar.high < guard.stop:
        return Exits((), guard, held.quantity)
    if not bar.volume:
        return Exits((), guard, held.quantity)
    walk = _Walk(plan, guard, held, costs, atr)
    for one in finer if finer and accounts_for(finer, bar) else (bar,):
        if one.volume and walk.over(one):
            break
    return Exits(tuple(walk.fills), walk.guard, walk.left)


class _Walk:
    """A position on its way through a bar, and through the bars within it."""

    def __init__(self, plan: Plan, guard: Guard, held: Held, costs: Costs, atr: float) -> None:
        self.plan = plan
        self.side: Side = "sell" if guard.long else "buy"
        self.guard = guard
        self.left = held.quantity
        self.entered = held.entered
        self.costs = costs
        self.atr = atr
        self.fills: list[Fill] = []

    def over(self, bar: Bar) -> bool:
        """Whether nothing is left after this bar."""
        guard = self.guard
        if guard.long:
            at_open, inside = bar.open <= guard.stop, bar.low <= guard.stop
        else:
            at_open, inside = bar.open >= guard.stop, bar.high >= guard.stop
        if at_open:
            return self._stopped(bar.open, bar.open_time, bar)
        if self._targets(bar.open, bar.open_time, bar):
            return True
        if inside:
            return self._stopped(guard.stop, bar.close_time, bar)
        return self._targets(bar.high if guard.long else bar.low, bar.close_time, bar)

    def _stopped(self, price: float, time: int, bar: Bar) -> bool:
        price = market_price(self.costs, self.side, price, bar, self.atr)
        fee = market_fee(self.costs, self.left, price)
        self.fills.append(Fill(time, self.side, self.left, price, fee, self.guard.cause))
        self.left = 0.0
        return True

    def _targets(self, reached: float, time: int, bar: Bar) -> bool:
        """Fill the targets that a price reaches: each at its own, or at the open where that is better."""
        long = self.guard.long
        for price, part in self.guard.targets:
            if reached < price if long else reached > price:
                break
            quantity = self.left if part == EVERYTHING else self._part(self.plan.parts[part][1])
            if quantity:
                self._limit(max(price, bar.open) if long else min(price, bar.open), quantity, time, bar, part)
            if not self.left:
                return True
            self.guard = without(self.plan, self.guard, part)
        return False

    def _limit(self, price: float, quantity: float, time: int, bar: Bar, part: int) -> None:
        price = limit_price(self.costs, self.side, price, bar)
        fee = limit_fee(self.costs, quantity, price)
        reason = TAKE_PROFIT if part == EVERYTHING else SCALE_OUT
        self.fills.append(Fill(time, self.side, quantity, price, fee, reason))
        self.left = 0.0 if quantity == self.left else self.left - quantity

    def _part(self, fraction: float) -> float:
        quantity = rounded_down(fraction * self.entered, self.costs.lot)
        return self.left if self.left - quantity <= _DUST * self.entered else quantity
