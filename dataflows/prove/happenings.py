"""What one symbol is told: its candles, and between them the commands and what the watchlist says of it, in one order.

That order is the input. How the symbols' orders are mixed, cut into batches, spread over workers and paced is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from random import Random
from typing import NamedTuple

from dataflows.graph import Parameters
from dataflows.prove.chance import seeded
from operators.control.fanout import Fanout
from operators.control.records import ControlRecord
from operators.control.registry import Registry
from operators.events import Command, Enrolment, Listing
from operators.strategy.catalog import Catalog
from schemas.candle_row import CandleRow
from schemas.lifecycle import State, StrategyStatus, StrategyVersion
from schemas.portfolio import PortfolioEntry, PortfolioReset
from schemas.record import from_milliseconds
from schemas.timeframe import timeframe_ms
from schemas.watchlist import WatchlistEntry

Event = CandleRow | Command | Enrolment | Listing

MOST_EARLY_MS = 2 * 60 * 60_000
"""How much earlier, in event time, a command may be sent that names the time from which it holds."""


class Sent(NamedTuple):
    """A record of the control topic, read before the first candle that closes after ``at`` (ms of event time)."""

    at: int
    record: ControlRecord


@dataclass(frozen=True)
class Input:
    """What is told: candles in the order in which they came, and the control topic.

    The rows may hold anything that a feed does: duplicates, gaps, late candles, several timeframes of one symbol.
    """

    name: str
    rows: Sequence[CandleRow]
    script: Sequence[Sent]
    parameters: Parameters = field(default_factory=Parameters)
    seed: int | None = None
    """What the candles were made from, where they were."""

    @property
    def versions(self) -> list[StrategyVersion]:
        """Every version on the control topic: known to a process before its first candle, as live."""
        return [sent.record for sent in self.script if isinstance(sent.record, StrategyVersion)]


class Happening(NamedTuple):
    """An event of one symbol, with its place among those of all symbols, and the event time by then (ms)."""

    place: int
    at: int
    event: Event


@dataclass(frozen=True)
class Told:
    """What each symbol is told, in order, and the answers to the records of the control topic."""

    by_symbol: dict[str, list[Happening]]
    answers: list[StrategyStatus]


def told(given: Input, *, early: int | None = None) -> Told:
    """Merge candles and control topic as a partition of the live feed does.

    ``early`` is a seed: what names the event time from which it holds is then sent earlier, at random, in the same
    order. Refused records would prove less than they seem to, so they are refused here: ValueError.
    """
    fanout = Fanout(Registry(Catalog()))
    registry = Registry(Catalog())
    script = list(given.script) if early is None else _earlier(given.script, seeded(early))
    found: dict[str, list[Happening]] = {}
    answers: list[StrategyStatus] = []
    clock = 0

    def tell(place: int, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, tuple):
                found.setdefault(event[0], []).append(Happening(place, clock, event))
            else:
                found.setdefault(event.symbol, []).append(Happening(place, clock, event))

    for place, row in enumerate(given.rows):
        closes = row[2] + timeframe_ms(row[1])
        while script and script[0].at < closes:
            record = script.pop(0).record
            answers += _answers(registry, record)
            tell(place, fanout.control(record))
        clock = max(clock, closes)
        tell(place, fanout.symbol(row[0]))
        tell(place, [row])
    return Told(found, answers)


def _answers(registry: Registry, record: ControlRecord) -> list[StrategyStatus]:
    """What the control topic's reader answers: an entry of the watchlist is heeded without a word."""
    answers: list[StrategyStatus] = []
    if isinstance(record, WatchlistEntry | PortfolioEntry | PortfolioReset):
        refusal = registry.apply(record).refusal
    else:
        answer = registry.apply(record)
        refusal = (answer.reason or "refused") if answer.state is State.REFUSED else ""
        answers.append(answer)
    if refusal:
        raise ValueError(f"the record {record.key} of the control topic is refused: {refusal}")
    return answers


def pinned(given: Input) -> Input:
    """The same with a time in every command that had none: those before the first candle may stay as they are.

    On Kafka the candles and the control topic are read side by side: only what names its time is sure to hold from it.
    """
    first = given.script[0].at
    script = [
        sent
        if sent.at == first or isinstance(sent.record, StrategyVersion) or sent.record.effective_from is not None
        else Sent(sent.at, sent.record.model_copy(update={"effective_from": from_milliseconds(sent.at)}))
        for sent in given.script
    ]
    return replace(given, script=script)


def _earlier(script: Sequence[Sent], chance: Random) -> list[Sent]:
    """The script with everything that is pinned to an event time sent up to two hours earlier, in the same order."""
    wanted = [sent.at - chance.randrange(MOST_EARLY_MS) if _pinned(sent.record) else sent.at for sent in script]
    return [Sent(at, sent.record) for at, sent in zip(accumulate(wanted, max), script, strict=True)]


def _pinned(record: ControlRecord) -> bool:
    """Whether the record says itself from when it holds, or holds of nothing until another names it."""
    if isinstance(record, StrategyVersion):
        return True
    return record.effective_from is not None
