"""One rule on one source: when it fires, when it is over, when it is told again.

A value *beyond* the threshold for long enough fires; from then on nothing fires until it was over. It is over once the
value is at the resolving threshold or on the safe side of it; what lies between the two changes nothing, so that a
value that trembles around the threshold is told of once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Literal, NamedTuple

Change = Literal["firing", "again", "resolved"]


class Terms(NamedTuple):
    """When it fires and when that is over.

    ``above``: fires where the value is greater than ``threshold``; else where it is smaller. ``resolve`` lies at the
    threshold or on its safe side. Durations are milliseconds of the observations' own time; no ``repeat_ms`` means that
    it is told once.
    """

    threshold: float
    resolve: float
    above: bool
    held_ms: int = 0
    repeat_ms: int | None = None

    def is_beyond(self, value: float) -> bool:
        """Whether the value is on the wrong side.

        >>> Terms(0.1, 0.08, above=True).is_beyond(0.1), Terms(0.1, 0.08, above=True).is_beyond(0.11)
        (False, True)
        """
        return value > self.threshold if self.above else value < self.threshold

    def is_over(self, value: float) -> bool:
        """Whether the value ends an alert.

        >>> Terms(0.1, 0.08, above=True).is_over(0.09), Terms(0.1, 0.08, above=True).is_over(0.08)
        (False, True)
        """
        return value <= self.resolve if self.above else value >= self.resolve


class Happening(NamedTuple):
    """What an observation led to. ``since_ms`` is when it fired, ``number`` how often it was told again since."""

    change: Change
    at_ms: int
    value: float
    since_ms: int
    number: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rule stands on one source; times in milliseconds.

    Attributes:
        at_ms: of the last observation; an older one is none.
        beyond_ms: since when the value has been beyond the threshold, while nothing fires.
        fired_ms: when it fired; None while nothing fires.
        told_ms: when it was told last.
        number: how often it was told again.
    """

    at_ms: int | None = None
    beyond_ms: int | None = None
    fired_ms: int | None = None
    told_ms: int | None = None
    number: int = 0

    def snapshot(self) -> dict[str, int | None]:
        """The state as primitives."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def restored(cls, state: Mapping[str, int | None]) -> "Standing":
        """From a snapshot."""
        return cls(state["at_ms"], state["beyond_ms"], state["fired_ms"], state["told_ms"], state["number"] or 0)


NOTHING_SEEN = Standing()


def observe(terms: Terms, standing: Standing, at_ms: int, value: float | None) -> tuple[Standing, Happening | None]:
    """How the rule stands after an observation, and what is to be told.

    A value that is None, NaN or infinite is no observation, and so is one older than the last: nothing changes.

    >>> terms = Terms(0.1, 0.08, above=True)
    >>> standing, told = observe(terms, NOTHING_SEEN, 1_000, 0.2)
    >>> told
    Happening(change='firing', at_ms=1000, value=0.2, since_ms=1000, number=0)
    >>> standing, told = observe(terms, standing, 2_000, 0.09)  # between the two thresholds
    >>> told is None
    True
    >>> observe(terms, standing, 3_000, 0.05)[1].change
    'resolved'
    """
    if value is None or not isfinite(value) or (standing.at_ms is not None and at_ms < standing.at_ms):
        return standing, None
    if standing.fired_ms is not None:
        return _while_firing(terms, standing, at_ms, value, standing.fired_ms)
    if not terms.is_beyond(value):
        return Standing(at_ms), None
    beyond_ms = at_ms if standing.beyond_ms is None else standing.beyond_ms
    if at_ms - beyond_ms < terms.held_ms:
        return Standing(at_ms, beyond_ms), None
    return Standing(at_ms, None, at_ms, at_ms), Happening("firing", at_ms, value, at_ms)


def _while_firing(
    terms: Terms, standing: Standing, at_ms: int, value: float, fired_ms: int
) -> tuple[Standing, Happening | None]:
    if terms.is_over(value):
        return Standing(at_ms), Happening("resolved", at_ms, value, fired_ms, standing.number)
    told_ms = fired_ms if standing.told_ms is None else standing.told_ms
    if terms.repeat_ms is None or at_ms - told_ms < terms.repeat_ms or not terms.is_beyond(value):
        return Standing(at_ms, None, fired_ms, told_ms, standing.number), None
    number = standing.number + 1
    return Standing(at_ms, None, fired_ms, at_ms, number), Happening("again", at_ms, value, fired_ms, number)
