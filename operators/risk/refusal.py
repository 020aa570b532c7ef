"""Why an entry is refused, as data and as a sentence."""

from collections.abc import Mapping
from math import inf, isfinite
from typing import Final, NamedTuple

from schemas.position import LimitReached
from schemas.record import from_milliseconds


class Refusal(NamedTuple):
    """A limit that an entry would break, or that has been broken and keeps entries out for a while.

    Attributes:
        limit: its name, as the configuration has it.
        allowed: its value there, in the unit that ``WORDINGS`` names.
        actual: what stands against it, in the same unit; infinite where it is a fraction of equity and there is none.
        until_ms: the first instant (event time, milliseconds) at which it refuses no more; None where no instant can be
            named: what is asked for is too much, or somebody has to lift it.
        lifted_by: who lifts it where time does not, empty where nobody has to.
        about: what it is the limit of, where there are several: a symbol, a group, a strategy.
    """

    limit: str
    allowed: float
    actual: float
    until_ms: int | None = None
    lifted_by: str = ""
    about: str = ""

    def __str__(self) -> str:
        """One sentence: the limit, what it expects, what there is, and when that ends.

        >>> str(Refusal("cool_down", 5, 2, 86_400_000))
        'cool_down: expected 5 bars since a trade, got 2; none before 1970-01-02T00:00:00Z'
        >>> str(Refusal("max_symbol_exposure", 0.5, 0.75, about="BTCUSDT"))
        'max_symbol_exposure (BTCUSDT): expected an exposure of at most 0.5 of equity, got 0.75'
        >>> str(Refusal("max_concurrent_positions", 1, 2, about="dip"))
        'max_concurrent_positions (dip): expected at most 1 position at once, got 2'
        """
        about = f" ({self.about})" if self.about else ""
        expected = WORDINGS[self.limit].format(allowed=f"{self.allowed:g}", s="" if self.allowed == 1 else "s")
        told = f"{self.limit}{about}: expected {expected}, got {self.actual:g}"
        if self.lifted_by:
            return f"{told}; none before {self.lifted_by}"
        if self.until_ms is None:
            return told
        return f"{told}; none before {from_milliseconds(self.until_ms).isoformat().replace('+00:00', 'Z')}"

    @property
    def reached(self) -> LimitReached:
        """As a record has it; an infinite number is None there.

        >>> Refusal("max_heat", 0.5, inf).reached
        LimitReached(limit='max_heat', allowed=0.5, actual=None, until_ms=None, lifted_by='', about='')
        """
        actual = self.actual if isfinite(self.actual) else None
        return LimitReached(self.limit, self.allowed, actual, self.until_ms, self.lifted_by, self.about)


WORDINGS: Final[Mapping[str, str]] = {
    "max_concurrent_positions": "at most {allowed} position{s} at once",
    "max_daily_loss": "a loss since 00:00 UTC below {allowed} of equity",
    "max_drawdown": "a fall from the highest equity below {allowed} of it",
    "cool_down_bars": "{allowed} bar{s} since a trade that lost",
    "cool_down": "{allowed} bar{s} since a trade",
    "stop_loss_guard": "fewer than {allowed} trade{s} that a stop ended at a loss",
    "max_drawdown_guard": "a fall of equity over trades below {allowed} of its peak",
    "low_profit_guard": "returns of trades that come to at least {allowed}",
    "max_gross_exposure": "an exposure of at most {allowed} of equity",
    "max_net_exposure": "an exposure to one side of at most {allowed} of equity",
    "max_symbol_exposure": "an exposure of at most {allowed} of equity",
    "max_group_exposure": "an exposure of at most {allowed} of equity",
    "max_heat": "at most {allowed} of equity at risk to stops",
    "conflict": "at most {allowed} positions of other strategies on the other side of the symbol",
    "absurd": "numbers that an account can be reckoned with, of at most {allowed}",
    "late": "a report of an instant after {allowed} ms, up to which all is decided",
}
"""What each limit expects, in its unit; ``s`` where it is not 1."""


def fraction_of(amount: float, equity: float) -> float:
    """An amount as a fraction of equity, both in quote currency; infinite where something stands against no equity.

    >>> fraction_of(50.0, 200.0), fraction_of(50.0, 0.0), fraction_of(0.0, -3.0)
    (0.25, inf, 0.0)
    """
    if equity > 0:
        return amount / equity
    return inf if amount > 0 else 0.0


def fall_from(reference: float, value: float) -> float:
    """How far a value is below a reference, as a fraction of it; 0 where it is not below, infinite from no reference.

    >>> fall_from(200.0, 150.0), fall_from(200.0, 250.0), fall_from(0.0, -1.0)
    (0.25, 0.0, inf)
    """
    return fraction_of(reference - value, reference) if value < reference else 0.0


def carried_over(reference: float, before: float, after: float) -> float:
    """What a reference is worth once money came or went: as far from equity as before, in proportion.

    A fund counts its units in the same way. With no equity on either side there is no proportion, and equity itself is
    the reference.

    >>> carried_over(100.0, before=80.0, after=160.0), carried_over(100.0, before=0.0, after=50.0)
    (200.0, 50.0)
    """
    return reference * (after / before) if before > 0 and after > 0 else after
