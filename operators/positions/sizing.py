"""How many units an entry is for: what the sizing asks for, cut to what may be and can be paid."""

from math import inf, nan
from typing import Final, Literal, NamedTuple

from operators.positions.affordable import affordable, risked
from operators.positions.bar import Bar
from operators.positions.costs import Costs, market_fee, market_price
from operators.positions.fill import Side
from operators.positions.funds import Funds
from operators.positions.rounding import rounded_down
from operators.positions.size_refusal import SizeRefusal
from operators.positions.terms import SizeTerms
from schemas.execution import ScaleIn
from schemas.risk import FixedAmount, FixedFraction, Kelly, RiskPerTrade, Sizing, VolatilityTarget

CutBy = Literal["", "equity", "max_position_size", "maximum_size"]


class Entry(NamedTuple):
    """What is known of an entry as it is filled; NaN is what is not known, and is asked of some sizings only.

    Attributes:
        side: what enters.
        price: what it fills at, spread and slippage included; quote currency per unit.
        stop_distance: from there to the stop-loss; quote currency per unit.
        annual_volatility: of the price, as a fraction a year (``realised_volatility`` with bars a year).
        kelly: the Kelly fraction of the last trades; None where too few have closed.
        atr: what slippage by volatility is counted in; quote currency per unit.
        largest_value: what the whole position may be worth after it, in quote currency, by the limits of its strategy.
    """

    side: Side
    price: float
    stop_distance: float = nan
    annual_volatility: float = nan
    kelly: float | None = None
    atr: float = nan
    largest_value: float = inf


class Sized(NamedTuple):
    """Units to enter; ``cut_by`` says what made them fewer than was asked for, lots aside."""

    quantity: float
    cut_by: CutBy = ""


_NOWHERE: Final = Bar(0.0, inf, 0.0, 0.0, 0.0, 0, 0)
"""Bounds no price: where a stop will be filled, no bar is known."""

_NOISE: Final = 1e-9
"""So small a share of what was asked for is what rounding leaves of nothing: no order comes of it."""


def size_entry(
    sizing: Sizing | None, funds: Funds, entry: Entry, costs: Costs, terms: SizeTerms
) -> Sized | SizeRefusal:
    """The units of an entry from flat, or why there is none. Quantities in units, money in quote currency.

    Asked for, with ``worth`` the value of the position at the price that it is filled at:

    - without a sizing ``worth = equity``; a fixed fraction is ``worth = fraction * equity``, a fixed amount
      ``worth = amount``;
    - risk per trade: ``fraction * equity`` is lost at the stop, the fees of both fills and the spread and slippage of
      the stop included (a gap over the stop loses more);
    - volatility target: ``worth = equity * target / volatility``, both a year;
    - capped Kelly: ``worth = equity * min(cap, share * kelly)``; as long as fewer than ten trades have closed
      ``equity * cap * share``, for nothing is known of the odds.

    What is more than ``maximum_size`` or worth more than ``largest_value`` is cut to it; what costs more than free
    equity, margin at ``leverage`` and fee of the entry together, is cut to what that pays for. The rest is rounded down
    to lots. Refused is what is less than a lot or ``minimum_size``, what pays a fee above its notional, and what would
    be liquidated at the price that it is entered at.

    >>> funds, entry = Funds(equity=10_000.0, free=10_000.0), Entry("buy", price=100.0, stop_distance=5.0)
    >>> size_entry(None, funds, entry, Costs(), SizeTerms())
    Sized(quantity=100.0, cut_by='')
    >>> size_entry(RiskPerTrade(method="risk_per_trade", fraction=0.01), funds, entry, Costs(), SizeTerms())
    Sized(quantity=20.0, cut_by='')
    >>> size_entry(FixedAmount(method="fixed_amount", amount=50_000.0), funds, entry, Costs(), SizeTerms(leverage=3.0))
    Sized(quantity=300.0, cut_by='equity')
    >>> size_entry(FixedAmount(method="fixed_amount", amount=4.0), funds, entry, Costs(), SizeTerms(minimum=0.05))
    SizeRefusal(limit='minimum_size', allowed=0.05, actual=0.04)
    """
    if funds.equity <= 0.0:
        return SizeRefusal("equity", 0.0, funds.equity)
    asked = _asked(sizing, funds.equity, entry, costs)
    return asked if isinstance(asked, SizeRefusal) else _fitted(asked, funds, entry, costs, terms)


def size_addition(  # noqa: PLR0913, PLR0917  # as an entry, and what it adds to
    scale_in: ScaleIn, first: float, entries: int, funds: Funds, entry: Entry, costs: Costs, terms: SizeTerms
) -> Sized | SizeRefusal:
    """The units of a further entry into a position: ``share`` of its ``first``, bounded as those are.

    ``entries`` is how many there have been. ``maximum_size`` and ``largest_value`` bound the whole position,
    ``minimum_size`` each order.

    >>> scale_in, funds = ScaleIn(max_entries=2, share=0.5), Funds(10_000.0, 6_000.0, held=40.0, notional=4_000.0)
    >>> size_addition(scale_in, 40.0, 1, funds, Entry("buy", 100.0), Costs(), SizeTerms())
    Sized(quantity=20.0, cut_by='')
    >>> size_addition(scale_in, 40.0, 2, funds, Entry("buy", 100.0), Costs(), SizeTerms())
    SizeRefusal(limit='max_entries', allowed=2.0, actual=3.0)
    """
    if entries >= scale_in.max_entries:
        return SizeRefusal("max_entries", float(scale_in.max_entries), entries + 1.0)
    return _fitted(scale_in.share * first, funds, entry, costs, terms)


def _asked(sizing: Sizing | None, equity: float, entry: Entry, costs: Costs) -> float | SizeRefusal:
    match sizing:
        case None:
            worth = equity
        case FixedFraction(fraction=fraction):
            worth = fraction * equity
        case FixedAmount(amount=amount):
            worth = amount
        case RiskPerTrade(fraction=fraction):
            return _at_risk(fraction * equity, entry, costs)
        case VolatilityTarget(annual_volatility=target):
            if not entry.annual_volatility > 0.0:
                return SizeRefusal("volatility", 0.0, _known(entry.annual_volatility))
            worth = equity * target / entry.annual_volatility
        case Kelly(share=share, cap=cap):
            if entry.kelly is not None and entry.kelly <= 0.0:
                return SizeRefusal("kelly", 0.0, entry.kelly)
            worth = equity * (cap * share if entry.kelly is None else min(cap, share * entry.kelly))
    return worth / entry.price


def _at_risk(money: float, entry: Entry, costs: Costs) -> float | SizeRefusal:
    if not entry.stop_distance > 0.0:
        return SizeRefusal("stop_distance", 0.0, _known(entry.stop_distance))
    if entry.side == "buy":
        leave = market_price(costs, "sell", max(entry.price - entry.stop_distance, 0.0), _NOWHERE, entry.atr)
    else:
        leave = market_price(costs, "buy", entry.price + entry.stop_distance, _NOWHERE, entry.atr)
    units = risked(costs, money, abs(entry.price - leave), entry.price, leave)
    return units or SizeRefusal("fee", money, 2.0 * costs.minimum_fee)


def _known(number: float) -> float | None:
    return None if number != number else number  # noqa: PLR0124  # NaN alone is not itself


def _fitted(asked: float, funds: Funds, entry: Entry, costs: Costs, terms: SizeTerms) -> Sized | SizeRefusal:
    cut: CutBy = ""
    if terms.maximum is not None and asked > terms.maximum - funds.held:
        asked, cut = terms.maximum - funds.held, "maximum_size"
        if asked <= _NOISE * terms.maximum:
            return SizeRefusal("maximum_size", terms.maximum, funds.held)
    price = entry.price
    if asked * price > entry.largest_value - funds.notional:
        asked, cut = (entry.largest_value - funds.notional) / price, "max_position_size"
        if asked * price <= _NOISE * entry.largest_value:
            return SizeRefusal("max_position_size", entry.largest_value, funds.notional)
    paid = affordable(costs, funds.free, price, terms.leverage)
    if asked > paid:
        if paid <= _NOISE * asked:
            return SizeRefusal("equity", costs.minimum_fee, funds.free)
        asked, cut = paid, "equity"
    quantity = rounded_down(asked, terms.lot)
    if terms.lot is not None and not quantity:
        return SizeRefusal("lot_size", terms.lot.numerator / terms.lot.denominator, asked)
    return _refused(quantity, funds, price, costs, terms) or Sized(quantity, cut)


def _refused(quantity: float, funds: Funds, price: float, costs: Costs, terms: SizeTerms) -> SizeRefusal | None:
    if quantity < terms.minimum:
        return SizeRefusal("minimum_size", terms.minimum, quantity)
    fee = market_fee(costs, quantity, price)
    if fee > quantity * price:
        return SizeRefusal("fee", quantity * price, fee)
    margin = terms.maintenance * (funds.notional + quantity * price)
    left = funds.equity - fee
    return SizeRefusal("maintenance_margin", margin, left) if left <= margin else None
