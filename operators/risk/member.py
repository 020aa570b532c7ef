"""What a portfolio knows of one strategy on one series."""

from math import inf
from typing import Final, NamedTuple

from operators.risk.report import Entry, Report


class ReportRefused(ValueError):
    """A report that no account can have given. The text says whose, when, what was expected and what came."""


class Member(NamedTuple):
    """As of its last report, or of the entry that it was allowed since.

    Attributes:
        strategy: its id.
        symbol: of the series.
        equity: quote currency.
        value: price by quantity of what it holds or has been allowed to, whichever is more; above 0 long, below 0
            short, quote currency.
        at_risk: what would be lost from the price to the stop, all of the value without one, 0 or more.
    """

    strategy: str
    symbol: str
    equity: float
    value: float
    at_risk: float


NOBODY: Final = Member("", "", 0.0, 0.0, 0.0)
"""What a series is before it has joined and after it has left."""


def member(report: Report) -> Member:
    """A member as its report has it. Orders that wait count as filled where that makes the position larger."""
    quantity = report.coming if abs(report.coming) >= abs(report.quantity) else report.quantity
    return _member(report, quantity, report.stop)


def member_after(report: Report, entry: Entry) -> Member:
    """A member that has been allowed what it asked for."""
    return _member(report, entry.quantity, entry.stop)


def gone(member: Member) -> Member:
    """A member that holds nothing any more."""
    return member._replace(value=0.0, at_risk=0.0)


def _member(report: Report, quantity: float, stop: float | None) -> Member:
    price, equity = report.price, report.equity
    if not (0.0 < price < inf and -inf < equity < inf and -inf < quantity < inf):
        raise ReportRefused(
            f"{report.key} at {report.at_ms} ms: expected a finite price above 0, a finite equity and quantity, got "
            f"{price!r}, {equity!r} and {quantity!r}"
        )
    return Member(report.strategy, report.symbol, equity, quantity * price, at_risk(quantity, price, stop))


def at_risk(quantity: float, price: float, stop: float | None) -> float:
    """What a position would lose from a price to its stop; all that it is worth without one.

    Args:
        quantity: units, above 0 long, below 0 short.
        price: quote currency, above 0.
        stop: level of the nearest stop, None where there is none. Beyond the price it leaves nothing at risk.

    Returns:
        Quote currency, 0 or more. That a market may jump over a stop is not in it.

    >>> at_risk(2.0, 100.0, 95.0), at_risk(-2.0, 100.0, 103.0), at_risk(2.0, 100.0, None), at_risk(2.0, 100.0, 101.0)
    (10.0, 6.0, 200.0, 0.0)
    """
    if stop is None:
        return abs(quantity) * price
    return max(0.0, (price - stop) * quantity)
