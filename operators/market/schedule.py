"""What is in force on one symbol, and what waits for its candle: commands and what the watchlist says."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, NamedTuple

from operators.control.scheduled import Scheduled, Timed, looked_up, still_due, superseded
from operators.events import Listing
from operators.strategy.catalog import Catalog
from schemas.binding import binds_symbol
from schemas.record import to_milliseconds
from schemas.watchlist import WatchlistEntry


@dataclass(frozen=True, slots=True)
class Listed:
    """What the watchlist says of the symbol, from an event time on."""

    entry: WatchlistEntry | None
    exists: bool
    text: str = field(init=False, compare=False, repr=False)
    """As it is kept in snapshots; written once, for snapshots are taken all the time."""

    def __post_init__(self) -> None:
        entry = None if self.entry is None else self.entry.model_dump_json()
        object.__setattr__(self, "text", json.dumps([entry, self.exists]))

    @property
    def from_ms(self) -> int | None:
        """The event time after which it holds; None for the next candle."""
        since = None if self.entry is None else self.entry.effective_from
        return None if since is None else to_milliseconds(since)

    @classmethod
    def restored(cls, text: str) -> "Listed":
        """What ``text`` says."""
        entry, exists = json.loads(text)
        return cls(None if entry is None else WatchlistEntry.model_validate_json(entry), exists)


class Due(NamedTuple):
    """Something that takes effect at a candle; bars that closed at or before ``point`` know nothing of it yet."""

    point: int
    what: Scheduled | Listed


class Schedule:
    """Per strategy the command in force and the ones to come, and the same of what the watchlist says.

    The newest command wins over all that were due later. A command without an effective time is due at the next base
    candle. One with it is due at the first base candle that closes after it. A command that is in force or waiting
    already is not taken twice.

    Attributes:
        listed: what the watchlist says, in force.
        next_due: something is due at the first base candle that closes after this; infinity if nothing waits.
    """

    def __init__(self) -> None:
        self.listed = Listed(None, exists=False)
        self.next_due = inf
        self._in_force: dict[str, Scheduled] = {}
        self._waiting: dict[str, list[Scheduled]] = {}
        self._listings: list[Listed] = []

    def command(self, scheduled: Scheduled, symbol: str) -> None:
        """Take a command. A version that can no longer mean the symbol stops the one that ran there."""
        strategy = scheduled.desired.strategy
        queue = self._waiting.get(strategy, [])
        known = self._in_force.get(strategy)
        # What is not on the watchlist may come there, so it is asked whether the version could mean it at all.
        binds = binds_symbol(scheduled.version.config, symbol, listed=True, exists=True)
        if not binds or scheduled.desired.state == "stopped":
            if known is None and not queue:
                return  # nothing runs here, nothing to stop
            scheduled = Scheduled(scheduled.desired.model_copy(update={"state": "stopped"}), scheduled.version)
        if known is None or known.desired != scheduled.desired:
            self._waiting[strategy] = superseded(queue, scheduled)
            self._look_ahead()

    def listing(self, listing: Listing) -> None:
        """Take what the watchlist says of the symbol."""
        listed = Listed(listing.entry, listing.exists)
        if listed in self._listings or (listed == self.listed and not self._listings):
            return
        self._listings = [*still_due(self._listings, listed), listed]
        self._look_ahead()

    def listed_at(self, close_time: int) -> Listed:
        """What the watchlist will say when a candle has been taken that closes then."""
        due = [one for one in self._listings if one.from_ms is None or one.from_ms < close_time]
        return due[-1] if due else self.listed

    def due(self, open_time: int, close_time: int) -> list[Due]:
        """What takes effect at a base candle, in order of event time: what the watchlist says first, then commands.

        All of it waits no more; commands are in force once ``enforce`` is told.
        """
        found = [(due.point, "", due) for due in _due(self._listings, open_time, close_time)]
        for strategy, queue in self._waiting.items():
            found += [(due.point, strategy, due) for due in _due(queue, open_time, close_time)]
        self._waiting = {strategy: queue for strategy, queue in self._waiting.items() if queue}
        self._look_ahead()
        return [due for _, _, due in sorted(found, key=lambda one: one[:2])]

    def enforce(self, scheduled: Scheduled) -> None:
        """From now on this command is in force; a stop ends the strategy's part here."""
        strategy = scheduled.desired.strategy
        if scheduled.desired.state == "stopped":
            self._in_force.pop(strategy, None)
        else:
            self._in_force[strategy] = scheduled

    def present(self) -> Iterator[Scheduled]:
        """The commands in force that say ``running`` or ``paused``, by strategy."""
        return (self._in_force[strategy] for strategy in sorted(self._in_force))

    def waiting(self) -> Iterator[Scheduled]:
        """The commands that wait for their candle, each strategy's in order."""
        return (one for queue in self._waiting.values() for one in queue)

    def snapshot(self) -> dict[str, Any]:
        """As primitives; versions by number, for they are immutable and looked up again."""
        return {
            "listed": self.listed.text,
            "listings": [one.text for one in self._listings],
            "in_force": [one.text for one in self._in_force.values()],
            "waiting": [one.text for queue in self._waiting.values() for one in queue],
        }

    @classmethod
    def restored(cls, snapshot: dict[str, Any], catalog: Catalog) -> "Schedule":
        """What ``snapshot`` gave, with the versions from the catalog."""
        schedule = cls()
        schedule.listed = Listed.restored(snapshot["listed"])
        schedule._listings = [Listed.restored(text) for text in snapshot["listings"]]
        for text in snapshot["in_force"]:
            scheduled = looked_up(text, catalog)
            schedule._in_force[scheduled.desired.strategy] = scheduled
        for text in snapshot["waiting"]:
            scheduled = looked_up(text, catalog)
            schedule._waiting.setdefault(scheduled.desired.strategy, []).append(scheduled)
        schedule._look_ahead()
        return schedule

    def _look_ahead(self) -> None:
        queues: list[Sequence[Timed]] = [self._listings, *self._waiting.values()]
        heads = [queue[0].from_ms for queue in queues if queue]
        self.next_due = min((-inf if head is None else head for head in heads), default=inf)


def _due(queue: list[Any], open_time: int, close_time: int) -> list[Due]:
    """What of a queue is due, taken from it; each not before the one before it."""
    found: list[Due] = []
    while queue and (queue[0].from_ms is None or queue[0].from_ms < close_time):
        one = queue.pop(0)
        point = open_time if one.from_ms is None else min(open_time, one.from_ms)
        found.append(Due(max(point, found[-1].point) if found else point, one))
    return found
