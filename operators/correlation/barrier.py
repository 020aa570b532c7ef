"""Completeness in event time, for items that come in any order across series."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, NamedTuple

from operators.correlation.heard import Heard, heard, in_time
from operators.correlation.rolls import primitives, restored
from operators.events import Roll
from schemas.signal import Signal


class Release(NamedTuple):
    """A roll that is complete, as is everything before it.

    ``heard`` has its signals in the order of event time, all of them after ``watermark``: the event time up to which
    everything was released before, None at the very beginning. ``late`` has those at or before it. ``roll`` says what
    holds in it; of a roll that ends the chain it is the roll before, and ``ended`` is set.
    """

    roll: Roll
    until: int
    watermark: int | None
    heard: list[Heard]
    late: list[Heard]
    ended: bool


@dataclass(slots=True)
class _Pending:
    roll: Roll
    left: int
    heard: list[Heard] = field(default_factory=list)


class Barrier:
    """Collects the signals of rolls and releases each roll once it, and all before it in the chain, are complete.

    Items of one series come in order, those of different series in any. What is released depends on what was added
    alone, never on the order: rolls as the chain links them, signals by ``in_time``. A signal after the end of its roll
    is held until the watermark reaches it.

    The chain begins with a roll whose ``since`` is None. It ends with a roll that has no timeframes; what is left then
    is the watermark alone, which says where it goes on if it is taken up again. ``until`` grows from roll to roll.

    State: the watermark, what is in force, and what has not been released: nothing while live, for a roll is complete
    at the end of the batch that it was made in.

    Attributes:
        alarm: set by the owner: the next event time at which it has something to do. Rolls that bring no signal and end
            before it are passed over without a release.
        ready: whether a roll has become complete since ``released`` was last asked.
    """

    def __init__(self, resume: dict[str, Any] | None = None) -> None:
        self.alarm = inf
        self.ready = False
        self._until: int | None = None
        self._in_force: Roll | None = None
        self._ahead: list[Heard] = []
        self._pending: dict[int, _Pending] = {}
        if resume is not None:
            self._until = resume["until"]
            self._in_force = None if resume["in_force"] is None else restored(resume["in_force"])
            self._ahead = [Heard(*one) for one in resume["ahead"]]
            for roll, left, each in resume["pending"]:
                waiting = _Pending(restored(roll), left, [Heard(*one) for one in each])
                self._pending[waiting.roll.until] = waiting
        self._by_since = {one.roll.since: until for until, one in self._pending.items()}

    def snapshot(self) -> dict[str, Any]:
        """As primitives."""
        return {
            "until": self._until,
            "in_force": None if self._in_force is None else primitives(self._in_force),
            "ahead": [list(one) for one in self._ahead],
            "pending": [
                [primitives(one.roll), one.left, [list(each) for each in one.heard]] for one in self._pending.values()
            ],
        }

    @property
    def idle(self) -> bool:
        """Whether nothing waits: all that was added has been released."""
        return not self._pending and not self._ahead

    def add(self, roll: Roll, signals: Sequence[Signal], *, correlated: bool = True) -> None:
        """One item of a roll, with its signals in order."""
        until = roll.until
        if (
            not signals
            and roll.items == 1
            and roll.since == self._until is not None
            and until < self.alarm
            and roll.timeframes
            and not self._pending
            and not self._ahead
        ):
            self._until = until
            self._in_force = roll
            return
        waiting = self._pending.get(until)
        if waiting is None:
            waiting = self._pending[until] = _Pending(roll, roll.items)
            self._by_since[roll.since] = until
        waiting.left -= 1
        if not waiting.left:
            self.ready = True
        if signals:
            waiting.heard += [heard(signal, correlated=correlated) for signal in signals]

    def released(self) -> Iterator[Release]:
        """Every roll that can be released now, in the order of the chain."""
        self.ready = False
        while self._pending:
            until = self._by_since.get(self._until)
            if until is None or self._pending[until].left:
                return
            del self._by_since[self._until]
            yield self._release(self._pending.pop(until))

    def _release(self, complete: _Pending) -> Release:
        watermark, roll = self._until, complete.roll
        late: list[Heard] = []
        due = complete.heard
        if due:
            due.sort(key=in_time)
            if watermark is not None:
                late = [one for one in due if one.close_ms <= watermark]
                due = due[len(late) :]
        if self._ahead or (due and due[-1].close_ms > roll.until):
            due = sorted([*self._ahead, *due], key=in_time)
            self._ahead = [one for one in due if one.close_ms > roll.until]
            due = [one for one in due if one.close_ms <= roll.until]
        ended = not roll.timeframes
        holds = self._in_force if ended and self._in_force is not None else roll
        self._until, self._in_force = roll.until, None if ended else roll
        if ended:
            self._ahead = []
        return Release(holds, roll.until, watermark, due, late, ended)
