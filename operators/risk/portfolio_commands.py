"""What is wanted of one portfolio and not in force yet: who has heard of it, and when it takes effect."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, Final

from operators.events import Heard
from operators.market.portfolio_rolls import read, written
from schemas.portfolio import PortfolioEntry, PortfolioReset
from schemas.record import to_milliseconds

_REMEMBERED: Final = 64
"""Commands that were carried out, so that one is known which a symbol hears of late."""

Wanted = PortfolioEntry | PortfolioReset


@dataclass(slots=True)
class WaitingCommand:
    """A record of the control log, and by symbol, bare, from when on that knows of it; None before its first candle.

    Attributes:
        what: the record; its symbols and the command before it in the log.
        heard: event time, milliseconds.
        floor: by when all had heard of what came before it and is carried out.
    """

    what: Heard
    heard: dict[str, int | None] = field(default_factory=dict)
    floor: float = -inf

    @property
    def name(self) -> str:
        """The command that the record names: no two of a portfolio have the same."""
        return self.what.record.command

    @property
    def concerned(self) -> set[str]:
        """The symbols that have to hear of it, bare."""
        return set(map(bare, self.what.concerned))

    @property
    def is_reset(self) -> bool:
        """Whether it lifts the kill switch."""
        return isinstance(self.what.record, PortfolioReset)


@dataclass(frozen=True, slots=True)
class Due:
    """A record that takes effect at the first instant after ``since``."""

    record: Wanted
    since: float


class PortfolioCommands:
    """Records of one portfolio in, from its symbols, in any order across symbols; out when each takes effect.

    One takes effect after its time, once every symbol that it concerns has heard of it, and of those before it in the
    log. Each symbol hears of it at a place in its feed that never changes, so that is the same however things come.
    What comes before one that takes effect in the log takes effect no more, whatever its time.

    State: the commands that wait, and the names of those that do not any more.
    """

    def __init__(self, resume: Mapping[str, Any] | None = None) -> None:
        self._waiting: dict[str, WaitingCommand] = {}
        self._done: list[str] = []
        self._schedule: list[tuple[float, WaitingCommand]] | None = (
            None  # of what all have heard of; None to be made anew
        )
        if resume is not None:
            self._done = list(resume["done"])
            for kept, heard, floor in resume["waiting"]:
                one = WaitingCommand(read(kept), dict(heard), -inf if floor is None else floor)
                self._waiting[one.name] = one

    def snapshot(self) -> dict[str, Any]:
        """As primitives, in the order in which they were heard of first."""
        return {
            "waiting": [
                [written(one.what), dict(sorted(one.heard.items())), None if one.floor == -inf else one.floor]
                for one in self._waiting.values()
            ],
            "done": list(self._done),
        }

    def __contains__(self, name: str) -> bool:
        """Whether a command waits."""
        return name in self._waiting

    def waits_for(self, symbol: str) -> bool:
        """Whether a symbol has yet to hear of anything that others have heard of."""
        return any(symbol in self._unheard(one) for one in self._waiting.values())

    def hear(self, symbol: str, heard: Heard) -> Iterable[tuple[str, int | None]]:
        """A symbol has heard of a record.

        Returns:
            Those that will hear of it too, and after what time they may speak of it: None for any, where something is
            not known that comes before it in the log.
        """
        name = heard.record.command
        if name in self._done:
            return []
        known = self._waiting.setdefault(name, WaitingCommand(heard._replace(from_ms=None)))
        known.heard.setdefault(symbol, heard.from_ms)
        self._schedule = None
        after_ms = heard.from_ms if self._follows_on(known) else None
        return [(one, after_ms) for one in self._unheard(known)]

    def take(self, before_ms: float, *, removals: bool = False) -> Due | None:
        """The next that takes effect before an instant, by event time, then by the log; it waits no more.

        ``removals``: none but what takes the portfolio away.
        """
        if self._schedule is None:
            known = [(since, one) for one in self._waiting.values() if (since := self._since(one)) < inf]
            self._schedule = sorted(known, key=lambda one: (one[0], *self._place(one[1])))
        for since, one in self._schedule:
            if since >= before_ms:
                break
            if not removals or removes(one.what.record):
                self._carry_out(one)
                return Due(one.what.record, since)
        return None

    def _carry_out(self, command: WaitingCommand) -> None:
        heard = self._heard_by_all_at(command)
        superseded = [] if command.is_reset else self._before(command)
        for one in (command, *superseded):
            self._finish(one, heard)

    def _unheard(self, command: WaitingCommand) -> set[str]:
        """The symbols concerned that have heard neither of it nor of a later one: they will. A reset's are followed."""
        if command.is_reset:
            return set()
        later = [one for one in self._waiting.values() if command in self._before(one)]
        return command.concerned.difference(command.heard, *(one.heard for one in later))

    def _since(self, command: WaitingCommand) -> float:
        """It takes effect at the first instant after this one; infinity where that is not known yet."""
        return holds_from(command.what.record, self._heard_by_all_at(command))

    def _heard_by_all_at(self, command: WaitingCommand) -> float:
        """By when all have heard of it and of what waits before it; infinity where not all have.

        One that has heard of a later one only was not there before: it counts as if it had heard of both.
        """
        heard: dict[str, int | None] = {}
        latest = -inf
        for one in (command, *self._before(command)):
            heard = {**heard, **one.heard}
            if not one.concerned <= heard.keys():
                return inf
            times = [at for symbol in one.concerned if (at := heard[symbol]) is not None]
            latest = max(latest, one.floor, *times)
        return latest

    def _before(self, command: WaitingCommand) -> Sequence[WaitingCommand]:
        """What waits before it in the log, the last one first."""
        found = []
        before = command.what.after
        while before is not None and (known := self._waiting.get(before)) is not None:
            found.append(known)
            before = known.what.after
        return found

    def _follows_on(self, command: WaitingCommand) -> bool:
        """Whether all is known that comes before it in the log."""
        first = (command, *self._before(command))[-1].what.after
        return first is None or first in self._done

    def _place(self, command: WaitingCommand) -> tuple[bool, int]:
        """Its order in the log, among those of one time."""
        return command.is_reset, len(self._before(command))

    def _finish(self, command: WaitingCommand, heard: float) -> None:
        self._schedule = None
        del self._waiting[command.name]
        self._done = [*self._done, command.name][-_REMEMBERED:]
        for one in self._waiting.values():
            if one.what.after == command.name:
                one.floor = max(one.floor, heard)


def symbols_of(record: Wanted) -> set[str]:
    """On which it follows from then on, bare; none where it is taken away."""
    config = record.config if isinstance(record, PortfolioEntry) else None
    return set() if config is None else set(map(bare, config.symbols))


def removes(record: Wanted) -> bool:
    """Whether it takes the portfolio away."""
    return isinstance(record, PortfolioEntry) and record.config is None


def holds_from(record: Wanted, heard: float) -> float:
    """After which time it holds for who hears of it at a time. What takes the portfolio away is at once."""
    if record.effective_from is None or removes(record):
        return heard
    return max(to_milliseconds(record.effective_from), heard)


def bare(symbol: str) -> str:
    """A slash in the name of a symbol does not count."""
    return symbol.replace("/", "")
