"""What a strategy on one series tells its portfolio as a bar closes."""

from typing import Any, NamedTuple

from operators.positions.fill import Fill


class Entry(NamedTuple):
    """What it would like to do: enter, add, or turn to the other side.

    Attributes:
        quantity: what it would hold then, in units: above 0 long, below 0 short. Never less to the same side than it
            holds: to leave, or to leave some, nobody has to be asked. Where an order is sized as it fills, what it
            would come to at this close.
        stop: the level at which its stop would be, quote currency; None without one.
        most_positions: ``max_concurrent_positions`` of the strategy; None without one.
    """

    quantity: float
    stop: float | None = None
    most_positions: int | None = None


class Report(NamedTuple):
    """As of the close of a bar, after everything that was filled over it.

    Attributes:
        key: ``strategy|symbol|timeframe``.
        at_ms: when the bar closed (event time, milliseconds).
        next_ms: it tells nothing before then: the close of its next bar, however late that will come. None where this
            is its last: it has left the portfolio, and asks for nothing.
        equity: quote currency.
        quantity: what it holds, in units: above 0 long, below 0 short.
        coming: what it will hold once the orders that wait are filled, in the same units.
        price: the close, quote currency, above 0.
        stop: the level of the stop that is nearest, that of a waiting entry too; None without one.
        entry: what it would like to do; None for nothing.
        fills: what was filled over the bar and at its close, in order.
        capital: what the series began with, quote currency.
    """

    key: str
    at_ms: int
    next_ms: int | None
    equity: float
    quantity: float
    coming: float
    price: float
    stop: float | None = None
    entry: Entry | None = None
    fills: tuple[Fill, ...] = ()
    capital: float = 0.0

    @property
    def strategy(self) -> str:
        """The strategy's id."""
        return self.key.split("|", 1)[0]

    @property
    def symbol(self) -> str:
        """The series' symbol."""
        return self.key.split("|", 2)[1]


def primitives(report: Report) -> list[Any]:
    """A report, written out."""
    entry = None if report.entry is None else list(report.entry)
    return [*report[:8], entry, [list(one) for one in report.fills], report.capital]


def restored(written: list[Any]) -> Report:
    """The report that ``primitives`` wrote.

    >>> report = Report("dip|BTC|1m", 60_000, 120_000, 1_000.0, 0.0, 0.0, 50.0, None, Entry(2.0, 48.0, 3))
    >>> restored(primitives(report)) == report
    True
    """
    *fields, entry, fills, capital = written
    report = Report(*fields)
    return report._replace(
        entry=None if entry is None else Entry(*entry), fills=tuple(Fill(*one) for one in fills), capital=capital
    )
