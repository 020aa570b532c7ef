"""Where a position has eaten up its margin."""

from math import inf, nan


def liquidation_price(balance: float, quantity: float, average: float, maintenance: float) -> float:
    """The price at which equity is ``maintenance`` (fraction, 0 to below 1) of the notional; NaN if there is none.

    With ``balance`` the equity were the position closed at its ``average`` price (quote currency per unit) and
    ``quantity`` its units, below zero short::

        balance + quantity * (price - average) = maintenance * abs(quantity) * price

        long   price = (quantity * average - balance) / (quantity * (1 - maintenance))
        short  price = (balance + units * average) / (units * (1 + maintenance))

    At or below it a long position is liquidated, at or above it a short one. A long position that is paid for in full
    has none: the price would have to be zero or less. A short one always has one, at whatever leverage.

    >>> liquidation_price(balance=1_000.0, quantity=50.0, average=100.0, maintenance=0.0)  # five times 1,000
    80.0
    >>> liquidation_price(balance=1_000.0, quantity=10.0, average=100.0, maintenance=0.005)
    nan
    >>> liquidation_price(balance=1_000.0, quantity=-10.0, average=100.0, maintenance=0.25)
    160.0
    """
    if quantity > 0.0:
        price = (quantity * average - balance) / (quantity * (1.0 - maintenance))
    elif quantity < 0.0:
        price = (balance - quantity * average) / (-quantity * (1.0 + maintenance))
    else:
        return nan
    return price if 0.0 < price < inf else nan
