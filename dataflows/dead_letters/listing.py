"""How many letters there are of which kind, and the newest of them."""

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dataflows.dead_letters.letters import StoredLetter
from dataflows.dead_letters.selection import Selection, source_key
from dataflows.errors import CommandRefused
from schemas.dead_letter import Reason
from schemas.names import did_you_mean
from schemas.topics import CANDLES, CONTROL

MAX_KEYS = 10_000
"""So many keys are remembered, to name the nearest one."""


@dataclass(frozen=True, slots=True)
class Group:
    """Letters of one reason from one topic: how many, and when the first and the last of them were written."""

    reason: Reason
    topic: str
    letters: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """Letters that were asked for, most frequent groups first, and the newest of them, the oldest first."""

    groups: tuple[Group, ...]
    newest: tuple[StoredLetter, ...]

    @property
    def letters(self) -> int:
        """How many there are in all."""
        return sum(one.letters for one in self.groups)


def listing(found: Iterable[StoredLetter], selection: Selection, last: int | None) -> Listing:
    """Count the letters that are meant and keep the ``last`` that were written (None: all).

    Memory in proportion to ``last``, so that a full topic can be listed.

    Raises:
        CommandRefused: nothing has the topic or the key that was asked for; names the nearest one.
    """
    counts: Counter[tuple[Reason, str]] = Counter()
    times: dict[tuple[Reason, str], tuple[datetime, datetime]] = {}
    newest: list[StoredLetter] = []
    topics, keys = set[str](), set[str]()
    for one in found:
        letter = one.letter
        topics.add(letter.topic)
        if selection.key is not None and len(keys) < MAX_KEYS and (key := source_key(letter)) is not None:
            keys.add(key)
        if not selection.admits(one):
            continue
        kind = letter.reason, letter.topic
        counts[kind] += 1
        first, until = times.get(kind, (one.recorded, one.recorded))
        times[kind] = min(first, one.recorded), max(until, one.recorded)
        if last is None or len(newest) < last:
            heapq.heappush(newest, one)
        elif last:
            heapq.heappushpop(newest, one)
    if not counts:
        bare = {name.removeprefix(selection.prefix) for name in topics}
        _refuse_unknown("topic", selection.topic, topics | bare | {CANDLES.name, CONTROL.name})
        _refuse_unknown("key", selection.key, keys)
    groups = (Group(*kind, count, *times[kind]) for kind, count in counts.most_common())
    return Listing(tuple(groups), tuple(sorted(newest)))


def _refuse_unknown(what: str, name: str | None, known: set[str]) -> None:
    if name is not None and name not in known:
        hint = did_you_mean(name, sorted(known))
        raise CommandRefused(f"no letter is of the {what} {name[:200]!r}{hint}")
