"""An entry under the terms of a strategy: how much of it, and what protects it then."""

from math import isnan, nan, sqrt
from typing import NamedTuple

from operators.positions.account import Account
from operators.positions.bar import Bar
from operators.positions.costs import Costs, market_price
from operators.positions.fill import Side
from operators.positions.funds import Funds
from operators.positions.guard import Guard, break_even_price, entered_again, guarded
from operators.positions.liquidation import liquidation_price
from operators.positions.orders import At
from operators.positions.size_refusal import SizeRefusal
from operators.positions.sizing import Entry as EntryTerms
from operators.positions.sizing import Sized, size_addition, size_entry
from operators.risk.sizes import largest_value
from operators.trading.terms import Terms
from operators.trading.waiting import Entry


class Ask(NamedTuple):
    """An entry at a price of a bar.

    Attributes:
        entry: what is wanted.
        bar: where it would fill.
        at: at which of its prices.
        atr: what slippage by volatility is counted in, NaN where it is not known.
        from_flat: whether nothing is held by then; else it adds to what is.
    """

    entry: Entry
    bar: Bar
    at: At
    atr: float
    from_flat: bool


def known_costs(costs: Costs, atr: float) -> Costs:
    """Costs without the slippage that is counted in an ATR which is not known, as in the first bar of a new version."""
    return costs._replace(slip_atrs=0.0) if costs.slip_atrs and isnan(atr) else costs


def sized(terms: Terms, account: Account, ask: Ask, *, kelly: float | None, bars_a_year: float) -> Sized | SizeRefusal:
    """How many units of an entry, or of an addition, by the equity where the market stands then; or why none."""
    entry, bar, at, atr, from_flat = ask
    trade, plan = account.trade, terms.plan
    side: Side = "buy" if entry.side == "long" else "sell"
    middle = bar.open if at == "open" else bar.close
    costs = known_costs(terms.costs, atr)
    price = market_price(costs, side, middle, bar, atr)
    funds = account.funds(middle, terms.sizes.leverage)
    if from_flat:
        funds = Funds(funds.equity, funds.equity)
    wanted = EntryTerms(
        side,
        price,
        nan if plan.stop_loss is None else plan.stop_loss.over(price, entry.atrs),
        entry.volatility * sqrt(bars_a_year),
        kelly,
        atr,
        largest_value(terms.limits, funds.equity),
    )
    if from_flat or trade is None or terms.scale_in is None:
        return size_entry(terms.sizing, funds, wanted, costs, terms.sizes)
    return size_addition(terms.scale_in, trade.first, trade.entries, funds, wanted, costs, terms.sizes)


def protected(terms: Terms, account: Account, guard: Guard | None, atrs: tuple[float, ...]) -> Guard | None:
    """What protects the position from an entry on, the first or a further one; None where there is no position."""
    trade = account.trade
    if trade is None:
        return None
    long, entry, units = trade.side == "long", account.average, abs(account.quantity)
    even = break_even_price(terms.costs, long=long, quantity=units, entry=entry, fees=trade.fees)
    level = liquidation_price(account.balance, account.quantity, entry, terms.sizes.maintenance)
    if guard is None:
        return guarded(terms.plan, long=long, entry=entry, even=even, atrs=atrs, liquidation=level)
    return entered_again(terms.plan, guard, entry=entry, even=even, liquidation=level)


def stop_of(terms: Terms, entry: Entry, price: float) -> float:
    """Where the stop-loss of an entry stands that is filled at a price; NaN without one."""
    stop = terms.plan.stop_loss
    if stop is None:
        return nan
    return price - stop.over(price, entry.atrs) if entry.side == "long" else price + stop.over(price, entry.atrs)
