"""Numbers with which no account can be reckoned: a portfolio leaves out who reports them."""

from collections.abc import Iterator
from typing import Final

from operators.risk.report import Report

MOST: Final = 1e100
"""Quote currency, units, or their product. What is beyond it comes, squared or multiplied, to no number any more."""


def absurd(report: Report) -> float | None:
    """The first number of a report that is not finite, too large, or too small to be divided by; None for a sane one.

    >>> sane = Report("dip|BTC|1m", 60_000, 120_000, 1_000.0, 2.0, 2.0, 50.0, capital=1_000.0)
    >>> absurd(sane), absurd(sane._replace(equity=float("inf"))), absurd(sane._replace(price=0.0))
    (None, inf, 0.0)
    """
    for one in _amounts(report):
        if not -MOST <= one <= MOST:
            return one
    for one in _divisors(report):
        if not 1.0 / MOST <= one <= MOST:
            return one
    return None


def _amounts(report: Report) -> Iterator[float]:
    yield from (report.equity, report.quantity, report.coming, report.price, report.capital)
    yield from (report.quantity * report.price, report.coming * report.price)
    if report.stop is not None:
        yield report.stop
    if report.entry is not None:
        yield from (report.entry.quantity, report.entry.quantity * report.price)
        if report.entry.stop is not None:
            yield report.entry.stop
    for fill in report.fills:
        yield fill.fee


def _divisors(report: Report) -> Iterator[float]:
    yield report.price
    for fill in report.fills:
        yield from (fill.price, fill.quantity, fill.price * fill.quantity)
