"""What a fill costs: spread and slippage in its price, the fee beside it."""

from math import isnan, nan
from typing import NamedTuple

from operators.positions.bar import Bar
from operators.positions.fill import Side
from operators.positions.rounding import Step, rounded_down, rounded_up, step_of
from operators.positions.terms import size_terms_of
from schemas.execution import ExecutionConfig, FixedSlippage, PerUnitFees, ProportionalFees, ProportionalSlippage


class Costs(NamedTuple):
    """The terms on which orders of one strategy on one series are filled; without any, for nothing.

    Attributes:
        half_spread: from the middle to the side that is dealt at, as a fraction of the price.
        slip_fraction: slippage as a fraction of the price.
        slip_amount: slippage in quote currency per unit.
        slip_atrs: slippage in average true ranges; ``atr_period`` is the period of those (bars), 0 where none is asked.
        maker: fee of a limit order, as a fraction of the notional.
        taker: fee of a market order, as a fraction of the notional.
        unit_fee: fee in quote currency per unit.
        minimum_fee: the least that a fill costs, in quote currency.
        tick: prices are whole multiples of it.
        lot: quantities are whole multiples of it.
    """

    half_spread: float = 0.0
    slip_fraction: float = 0.0
    slip_amount: float = 0.0
    slip_atrs: float = 0.0
    atr_period: int = 0
    maker: float = 0.0
    taker: float = 0.0
    unit_fee: float = 0.0
    minimum_fee: float = 0.0
    tick: Step | None = None
    lot: Step | None = None


def costs_of(execution: ExecutionConfig) -> Costs:
    """The terms that a strategy's ``execution`` section asks for.

    >>> costs_of(ExecutionConfig(spread=0.001, tick_size=0.5))[:2]
    (0.0005, 0.0)
    """
    costs = Costs(
        half_spread=execution.spread / 2,
        tick=None if execution.tick_size is None else step_of(execution.tick_size),
        lot=size_terms_of(execution).lot,
    )
    match execution.slippage:
        case None:
            pass
        case FixedSlippage(amount=amount):
            costs = costs._replace(slip_amount=amount)
        case ProportionalSlippage(fraction=fraction):
            costs = costs._replace(slip_fraction=fraction)
        case volatility:
            costs = costs._replace(slip_atrs=volatility.multiple, atr_period=volatility.period)
    match execution.fees:
        case None:
            pass
        case ProportionalFees(maker=maker, taker=taker, minimum=minimum):
            costs = costs._replace(maker=maker, taker=taker, minimum_fee=minimum)
        case PerUnitFees(amount=amount, minimum=minimum):
            costs = costs._replace(unit_fee=amount, minimum_fee=minimum)
    return costs


def market_price(costs: Costs, side: Side, price: float, bar: Bar, atr: float = nan) -> float:
    """What a market order pays or gets where the market stands at ``price``, a price of ``bar``.

    A buy pays ``price * (1 + half_spread + slip_fraction) + slip_amount + slip_atrs * atr``, rounded up to the tick; a
    sell gets ``price`` less as much, rounded down. Then it is kept between the low and the high of the bar, on the tick
    or not: nobody can have traded beyond them. So it is never better than ``price`` and never outside of the bar.

    ``atr`` (quote currency per unit) is the one that was known when the order was given to the market: at an open that
    of the bar before. An order that needs it and lacks it cannot be priced; there was no entry then to close.

    Raises:
        ValueError: slippage by volatility, and no ATR.

    >>> bar = Bar(open=100.0, high=101.0, low=99.0, close=100.5, volume=1.0, open_time=0, close_time=60_000)
    >>> market_price(Costs(half_spread=0.001, slip_amount=0.25), "buy", 100.0, bar)
    100.35
    >>> market_price(Costs(slip_amount=0.25, tick=step_of(0.1)), "sell", 100.0, bar)
    99.7
    >>> market_price(Costs(slip_amount=5.0), "buy", 100.0, bar)
    101.0
    """
    worse = price * (costs.half_spread + costs.slip_fraction) + costs.slip_amount
    if costs.slip_atrs:
        if isnan(atr):
            raise ValueError(f"slippage: expected an ATR of {costs.atr_period} bars, got none: too few bars have come")
        worse += costs.slip_atrs * atr
    return _dealt_at(costs, side, price + worse if side == "buy" else price - worse, bar)


def limit_price(costs: Costs, side: Side, price: float, bar: Bar) -> float:
    """What a limit order that is filled at ``price``, a price of ``bar``, pays or gets: no spread and no slippage.

    Rounded to the tick, to the worse side, and kept between the low and the high of the bar.

    >>> bar = Bar(open=100.0, high=101.0, low=99.0, close=100.5, volume=1.0, open_time=0, close_time=60_000)
    >>> limit_price(Costs(half_spread=0.001, tick=step_of(0.1)), "sell", 100.98, bar)
    100.9
    """
    return _dealt_at(costs, side, price, bar)


def _dealt_at(costs: Costs, side: Side, price: float, bar: Bar) -> float:
    if costs.tick is not None:
        price = rounded_up(price, costs.tick) if side == "buy" else rounded_down(price, costs.tick)
    return min(max(price, bar.low), bar.high)


def market_fee(costs: Costs, quantity: float, price: float) -> float:
    """What a market order is charged beside its price, in quote currency; ``quantity`` in units.

    ``max(minimum_fee, quantity * price * taker + quantity * unit_fee)``. It may be more than the notional: that is what
    a minimum does to small orders.

    >>> market_fee(Costs(taker=0.001), 2.0, 100.0), market_fee(Costs(unit_fee=0.005, minimum_fee=1.0), 2.0, 100.0)
    (0.2, 1.0)
    """
    return max(costs.minimum_fee, quantity * price * costs.taker + quantity * costs.unit_fee)


def limit_fee(costs: Costs, quantity: float, price: float) -> float:
    """As ``market_fee``, with ``maker`` for ``taker``.

    >>> limit_fee(Costs(maker=0.0002, taker=0.001), 50.0, 100.0)
    1.0
    """
    return max(costs.minimum_fee, quantity * price * costs.maker + quantity * costs.unit_fee)
