"""Why an order is for nothing, as data."""

from typing import Final, Literal, NamedTuple

SizeLimit = Literal[
    "equity",
    "fee",
    "kelly",
    "lot_size",
    "maintenance_margin",
    "max_entries",
    "max_position_size",
    "maximum_size",
    "minimum_size",
    "stop_distance",
    "volatility",
]

_TOLD: Final[dict[SizeLimit, str]] = {
    "equity": "expected more than {allowed:g} of free equity, which the margin and the fee come out of, got {actual}",
    "fee": "expected a fee of no more than the notional, {allowed:g}, got {actual}",
    "kelly": "expected trades whose Kelly fraction is above {allowed:g}, got {actual}: nothing speaks for an entry",
    "lot_size": "expected at least one lot, {allowed:g} units, got {actual}",
    "maintenance_margin": "expected more equity than {allowed:g}, got {actual}: the position would be liquidated as it "
    "is opened",
    "max_entries": "expected no more than {allowed:g} entries of one position, got {actual}",
    "max_position_size": "expected a position worth less than {allowed:g} to add to, got {actual}",
    "maximum_size": "expected a position of less than {allowed:g} units to add to, got {actual}",
    "minimum_size": "expected at least {allowed:g} units, got {actual}",
    "stop_distance": "expected a stop-loss more than {allowed:g} away, got {actual}: its ATR has too few bars, or none "
    "that moved",
    "volatility": "expected a volatility above {allowed:g}, got {actual}: too few bars, or none that moved",
}


class SizeRefusal(NamedTuple):
    """An order that is for nothing.

    Attributes:
        limit: what keeps it from being more.
        allowed: where that is, in its own unit: quote currency, units, entries, a fraction.
        actual: what was asked for or found, in the same unit; None if it is not known yet.
    """

    limit: SizeLimit
    allowed: float
    actual: float | None

    def __str__(self) -> str:
        """One sentence: the limit, what was expected and what came.

        >>> str(SizeRefusal("minimum_size", 0.01, 0.004))
        'minimum_size: expected at least 0.01 units, got 0.004'
        """
        actual = "nothing yet" if self.actual is None else f"{self.actual:g}"
        return f"{self.limit}: {_TOLD[self.limit].format(allowed=self.allowed, actual=actual)}"
