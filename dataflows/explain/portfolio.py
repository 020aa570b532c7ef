"""What a portfolio did around an instant, and why: by what it has told of itself."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from dataflows.errors import CandelabraError
from dataflows.explain.by_key import records_by_key
from dataflows.explain.instant import Instant
from dataflows.explain.run import time_text
from dataflows.portfolio_client import PortfolioClient
from dataflows.settings import Settings
from schemas.metrics import EquityPoint
from schemas.names import did_you_mean
from schemas.portfolio import PORTFOLIO_KEY
from schemas.portfolio_event import Happening, PortfolioEvent
from schemas.record import Record, from_milliseconds, to_milliseconds
from schemas.topics import EQUITY, EXECUTIONS

DAY_MS: Final = 86_400_000

_DID: Final[dict[Happening, str]] = {
    "configured": "took up a configuration",
    "removed": "was removed",
    "followed": "followed {}",
    "refused": "refused {}",
    "leaving": "left {}",
    "tripped": "was stopped by its kill switch",
    "reset": "was reset",
}


@dataclass(frozen=True)
class PortfolioExplained:
    """What a portfolio did at an instant or on a day, and how it stood.

    ``events`` are those that were asked for; ``before`` and ``after`` those of the last close before them and of the
    first after them at which anything happened.

    ``configured`` is what brought its configuration, or took it away. ``switch`` is what last tripped or lifted its
    kill switch, None where neither has happened; ``point`` is its equity at the last close up to then at which it was
    told. A removal ends both: while it is removed they are None, and configured anew it begins without them.

    ``known_until`` is the close of its newest record, in milliseconds. Of what comes after nothing is known, unless it
    was removed: while it holds something it tells of every close, and else only of what happens.
    """

    portfolio: str
    instant: Instant
    events: tuple[PortfolioEvent, ...]
    before: tuple[PortfolioEvent, ...]
    after: tuple[PortfolioEvent, ...]
    switch: PortfolioEvent | None
    configured: PortfolioEvent | None
    point: EquityPoint | None
    known_until: int
    source: str

    @property
    def is_known(self) -> bool:
        """Whether its records reach as far as what was asked about, or end with its removal before."""
        gone = self.configured is not None and self.configured.event == "removed"
        return gone or _span(self.instant)[0] <= self.known_until

    @property
    def summary(self) -> str:
        """In a sentence."""
        if self.events:
            return f"It {_done(self.events)}."
        if not self.is_known:
            idle = self.point is not None and not self.point.positions
            until = f"Nothing is known of it after {time_text(self.known_until)} UTC, its last record"
            return until + (": it held nothing, and tells of nothing until something happens." if idle else ".")
        if self.configured is None or self.configured.event == "removed":
            return "It was not there."
        stopped = self.switch is not None and self.switch.event == "tripped"
        return "It did nothing" + (": its kill switch had tripped." if stopped else ", for its strategies did nothing.")

    def document(self) -> dict[str, Any]:
        """All of it, for machines."""
        return {
            "portfolio": self.portfolio,
            "summary": self.summary,
            "at": from_milliseconds(self.instant.at).isoformat(),
            "is_known": self.is_known,
            "known_until": from_milliseconds(self.known_until).isoformat(),
            **{
                name: [one.model_dump(mode="json") for one in events]
                for name, events in (("events", self.events), ("before", self.before), ("after", self.after))
            },
            **{
                name: None if one is None else one.model_dump(mode="json")
                for name, one in (("switch", self.switch), ("configured", self.configured), ("equity", self.point))
            },
            "source": self.source,
        }


def explain_portfolio(
    settings: Settings, portfolio: str, instant: Instant, progress: Callable[[int], None] = lambda _count: None
) -> PortfolioExplained:
    """A portfolio of a deployment. Reads only, commits nothing.

    Raises:
        BrokerUnreachable, TopicMissing: the topics cannot be read.
        CandelabraError: it has told of nothing.
    """
    events, points = records_by_key(settings, f"{PORTFOLIO_KEY}{portfolio}", (EXECUTIONS, EQUITY), progress)
    if not events:
        raise unheard(portfolio, PortfolioClient(settings).entries, "the topic executions")
    return explained_portfolio(portfolio, instant, [*events, *points], source="from the topics")


def explained_portfolio(
    portfolio: str, instant: Instant, records: Iterable[Record], *, source: str
) -> PortfolioExplained:
    """What all records of a portfolio say of an instant; those of a topic come in order of time."""
    first, last = _span(instant)
    events: list[PortfolioEvent] = []
    point: EquityPoint | None = None
    known_until = 0
    for one in records:
        if not isinstance(one, PortfolioEvent | EquityPoint):
            continue
        closed = to_milliseconds(one.close_time)
        known_until = max(known_until, closed)
        if isinstance(one, PortfolioEvent):
            events.append(one)
        elif closed <= last:
            point = one
    closes = [tuple(group) for _, group in groupby(events, key=lambda one: one.close_time)]
    at = [group for group in closes if first <= to_milliseconds(group[0].close_time) <= last]
    known = [one for one in events if to_milliseconds(one.close_time) <= last]
    life = _since_it_was_removed(known)
    if life is not known and (not life or (point is not None and point.close_time < life[0].close_time)):
        point = None  # of the portfolio of that name that is no more
    return PortfolioExplained(
        portfolio,
        instant,
        events=tuple(one for group in at for one in group),
        before=next((one for one in reversed(closes) if to_milliseconds(one[0].close_time) < first), ()),
        after=next((one for one in closes if to_milliseconds(one[0].close_time) > last), ()),
        switch=_newest(life, {"tripped", "reset"}),
        configured=_newest(known, {"configured", "removed"}),
        point=point,
        known_until=known_until,
        source=source,
    )


def _span(instant: Instant) -> tuple[int, int]:
    """The first and the last close that is asked about, in milliseconds."""
    return (instant.at + 1, instant.at + DAY_MS) if instant.is_day else (instant.at, instant.at)


def _since_it_was_removed(events: list[PortfolioEvent]) -> list[PortfolioEvent]:
    """Those of the portfolio that there is: after the last removal; all where there was none, none while it is gone."""
    removals = [at for at, one in enumerate(events) if one.event == "removed"]
    return events[removals[-1] + 1 :] if removals else events


def _newest(events: list[PortfolioEvent], kinds: set[Happening]) -> PortfolioEvent | None:
    return next((one for one in reversed(events) if one.event in kinds), None)


def _done(events: Iterable[PortfolioEvent]) -> str:
    """What happened, each kind once, in the order of the first of each."""
    count = Counter(one.event for one in events)
    nouns = {"followed": "order", "refused": "entry", "leaving": "position"}
    said = []
    for event, number in count.items():
        noun = nouns.get(event, "")
        many = {"entry": "entries"}.get(noun, f"{noun}s")
        said.append(_DID[event].format(f"{number:,} {noun if number == 1 else many}"))
    return ", and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def unheard(portfolio: str, known: Iterable[str], place: str) -> CandelabraError:
    """The error of a portfolio that a place has nothing of; ``known`` are those that are there."""
    names = sorted(known)
    if portfolio in names:
        return CandelabraError(
            f"portfolio {portfolio!r} has not begun: {place} has nothing of it. It begins at the first close after "
            "each of its symbols has had a candle"
        )
    there = f"; there are {', '.join(names)}" if names else ""
    return CandelabraError(f"{place} has nothing of a portfolio {portfolio!r}{did_you_mean(portfolio, names)}{there}")


def heading(instant: Instant) -> str:
    """The instant, or the day, that was asked for.

    >>> heading(Instant(60_000)), heading(Instant(0, is_day=True))
    ('at 1970-01-01 00:01 UTC', 'from 1970-01-01 00:00 to 1970-01-02 00:00 UTC')
    """
    if instant.is_day:
        return f"from {time_text(instant.at)} to {time_text(instant.at + DAY_MS)} UTC"
    return f"at {time_text(instant.at)} UTC"
