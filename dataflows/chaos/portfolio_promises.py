"""What portfolios told, held against the commands and against itself: by the topics alone.

A portfolio answers a command with the event that says from which close it holds. It holds from the first one after the
time that it names, once all symbols have heard of it: which they have long by then, for commands are sent well ahead.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from dataflows.prove.compare import Written
from operators.control.portfolios import Wanted
from operators.control.records import ControlRecord
from schemas.codec import Codec
from schemas.framing import SingleObject
from schemas.metrics import EquityPoint
from schemas.portfolio import PORTFOLIO_KEY, PortfolioEntry, PortfolioReset
from schemas.portfolio_event import PortfolioEvent
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.record import Record, UtcTime
from schemas.topics import EQUITY, EXECUTIONS, METRICS

_CODEC = Codec(SingleObject())
R = TypeVar("R", bound=Record)

_ANSWERS = {"configured", "removed", "reset"}


@dataclass(frozen=True)
class PortfolioRecords:
    """One portfolio: what was wanted of it, in the order of the log, and what it told, in the order of each topic."""

    wanted: Sequence[Wanted]
    events: Sequence[PortfolioEvent]
    metrics: Sequence[PortfolioMetrics]
    equity: Sequence[EquityPoint]


def portfolios(found: Written, control: Sequence[ControlRecord]) -> dict[str, PortfolioRecords]:
    """What the topics hold of each portfolio, by its key."""
    wanted: dict[str, list[Wanted]] = {}
    for record in control:
        if isinstance(record, PortfolioEntry | PortfolioReset):
            wanted.setdefault(f"{PORTFOLIO_KEY}{record.portfolio}", []).append(record)
    topics = (EXECUTIONS.name, METRICS.name, EQUITY.name)
    there = {key for topic in topics for key in found[topic] if key.startswith(PORTFOLIO_KEY)}

    def told(topic: str, key: str, kind: type[R]) -> list[R]:
        return [_CODEC.decode(one, kind) for one in found[topic].get(key, ())]

    return {
        key: PortfolioRecords(
            wanted.get(key, []),
            told(EXECUTIONS.name, key, PortfolioEvent),
            told(METRICS.name, key, PortfolioMetrics),
            told(EQUITY.name, key, EquityPoint),
        )
        for key in sorted(there | wanted.keys())
    }


def broken_by(told: Mapping[str, PortfolioRecords]) -> list[str]:
    """Every promise that was not kept, in words."""
    return [
        f"{key}: {text}"
        for key, one in told.items()
        for text in (
            *_answered_twice(one),
            *_asked_by_nobody(one),
            *_out_of_order(one),
            *_not_at_its_time(one),
            *_forgotten(one),
            *_switched_twice(one),
            *_followed_while_tripped(one),
            *_under_another_configuration(one),
        )
    ]


def _answered_twice(told: PortfolioRecords) -> Iterator[str]:
    counts = Counter((one.event, one.command) for one in told.events if one.event in _ANSWERS)
    for (event, command), count in counts.items():
        if count > 1:
            yield f"{command} is told {count} times as {event}"


def _asked_by_nobody(told: PortfolioRecords) -> Iterator[str]:
    wanted = {one.command for one in told.wanted}
    for one in told.events:
        if one.event in _ANSWERS and one.command not in wanted:
            yield f"{one.command} is told as {one.event} at {one.close_time}, and nobody sent it"


def _out_of_order(told: PortfolioRecords) -> Iterator[str]:
    """Of two entries the later one in the log counts: nothing that was sent before it takes effect after it."""
    sent: dict[str | None, int] = {}
    for number, one in enumerate(told.wanted):
        sent.setdefault(one.command, number)
    changes = [one for one in told.events if one.event in {"configured", "removed"}]
    for change, next_change in pairwise(changes):
        first, second = sent.get(change.command), sent.get(next_change.command)
        if first is not None and second is not None and first > second:
            yield f"{next_change.command} takes effect after {change.command}, and was sent before it"


def _not_at_its_time(told: PortfolioRecords) -> Iterator[str]:
    """What names its time takes effect at the first close after it of which the portfolio tells anything."""
    wanted = {one.command: one.effective_from for one in told.wanted}
    for one in told.events:
        since = wanted.get(one.command or "")
        if since is not None and one.close_time not in _closes_after(told, since)[:1]:
            yield f"{one.command} was to hold from {since}, and is told of at {one.close_time}"


def _forgotten(told: PortfolioRecords) -> Iterator[str]:
    """The newest entry takes effect, if it names a time after which anything is told."""
    entries = [one for one in told.wanted if isinstance(one, PortfolioEntry)]
    answered = {one.command for one in told.events if one.event in _ANSWERS}
    for one in entries[-1:]:
        since = one.effective_from
        if one.config is None or since is None or one.command in answered:
            continue
        for close in _closes_after(told, since)[:1]:
            yield f"{one.command} was to hold from {since}, and is not told of, though something is at {close}"


def _closes_after(told: PortfolioRecords, since: UtcTime) -> list[UtcTime]:
    closes = {*(one.close_time for one in told.events), *(one.close_time for one in told.equity)}
    return sorted(close for close in closes if close > since)


def _switched_twice(told: PortfolioRecords) -> Iterator[str]:
    """The kill switch trips where it has not, and is reset where it has."""
    tripped = False
    for one in told.events:
        if one.event in {"tripped", "reset"} and tripped == (one.event == "tripped"):
            yield f"{one.event} at {one.close_time}, though it {'had' if tripped else 'had not'} tripped"
        tripped = one.event == "tripped" or (tripped and one.event not in {"reset", "removed"})


def _followed_while_tripped(told: PortfolioRecords) -> Iterator[str]:
    """Nothing is entered between a close at which it has tripped and a reset."""
    lifted = [one.close_time for one in told.events if one.event in {"reset", "removed"}]
    for one, other in pairwise(told.metrics):
        is_tripped = one.kill_switch == other.kill_switch == "tripped"
        is_lifted = any(one.close_time <= close <= other.close_time for close in lifted)
        if is_tripped and not is_lifted and other.followed > one.followed:
            yield f"an entry is followed after {one.close_time}, up to {other.close_time}, though it has tripped"


def _under_another_configuration(told: PortfolioRecords) -> Iterator[str]:
    """Figures are those of the configuration that was told of last, and none are given where there is none."""
    changes = [one for one in told.events if one.event in {"configured", "removed"}]
    for one in told.metrics:
        before = [change for change in changes if _comes_before(change, one)]
        last = f"{before[-1].command} was {before[-1].event}" if before else "nothing was told of"
        if last != f"{one.command} was configured":
            yield f"figures of {one.close_time} are under {one.command}, though {last}"


def _comes_before(change: PortfolioEvent, figures: PortfolioMetrics) -> bool:
    """Whether the figures of an instant follow from it: what is taken away was there at that close."""
    if change.event == "removed":
        return change.close_time < figures.close_time
    return change.close_time <= figures.close_time
