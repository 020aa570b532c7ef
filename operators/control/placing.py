"""Before which candle of a partition each control record is worked: the one decision that depends on timing."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import groupby
from math import inf
from typing import NamedTuple

from operators.control.records import ControlRecord
from schemas.lifecycle import StrategyVersion
from schemas.placement import Placement
from schemas.portfolio import PORTFOLIO_KEY, PortfolioEntry, PortfolioReset
from schemas.watchlist import WATCHLIST_KEY, WatchlistEntry

Entry = tuple[int, ControlRecord | None]
"""A record of the control log at its offset; None where it cannot be read, so that nobody works it."""

_SURELY_BEYOND = 10_000
"""The embedded broker tells an end that is too low, by as much as its last batch has records."""

_Placed = tuple[int, int, ControlRecord]
"""The candle before which a record is worked, the record's own offset, and the record."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the part of one partition, as its start marker says.

    Attributes:
        number: which life of the part it is, counted from 1.
        began: the candle offset at which the first run began.
        parameters: canonical JSON of what its answers depend on beside candles and control records.
        since: the first run on these topics. Where that is not 1 it is no run, but the word that none on topics of the
            same names, which were others, counts any more.
    """

    number: int
    began: int
    parameters: str
    since: int = 1

    @property
    def is_beginning(self) -> bool:
        """Whether nothing of these topics was worked by it or any run before it."""
        return self.number == self.since > 1


class Resumed(NamedTuple):
    """What a snapshot says: the next candle, the control records up to which all was placed, and by which run.

    Of the records before ``control``, those placed at or before ``commands_until`` were handed on. ``ended``: the run
    came to its end with this snapshot, and nothing was worked by it or any run before it that is not in there.
    """

    candles: int
    control: int
    commands_until: int
    run: int
    ended: bool


class Placing:
    """Where the control records of one partition go, for one life of its part.

    A record is placed once, and that is journaled before it, or any candle from that place on, is handed on: so
    whatever a later life does, a record stays before the very same candle. One that comes while candles flow goes
    before the next one; so does one that is found at the start, on a first run and after a run that came to its end.

    After any other end candles may have been worked that no snapshot tells of, and are worked again. A record that has
    no place yet by then goes before the next candle only if it takes effect by event time, or is a version, which has
    no effect by itself. One without a time goes to the end that the partition had at the start: nothing can have been
    worked beyond.

    A life that goes on from a snapshot older than another life's beginning, as from a copy that was put back, may find
    a place before its next candle that its snapshot knows nothing of. The record goes before the next candle then.

    Records of one strategy, those of one portfolio, and those of the watchlist, keep the order of the log: none goes
    before an earlier one.

    What is not promised: a command with a time that comes when candles after that time were worked already, just before
    a crash, and is placed by nobody before it, takes effect at its time, as if it had been there.

    Whoever holds it has claimed ``run`` before (``operators.control.journal``), writes what ``at_start`` and ``place``
    return to the journal, in that order and each acknowledged before the next, and takes from ``due`` only then.
    """

    def __init__(  # noqa: PLR0913  # a decision has many grounds, and each has a name
        self,
        partition: int,
        *,
        run: int,
        latest: Run | None,
        placed: Sequence[Placement],
        resume: Resumed | None,
        oldest: int,
        parameters: str = "",
    ) -> None:
        """``latest`` and ``placed`` are the journal's, of runs before ``run``; ``oldest`` is the first candle left."""
        self._partition = partition
        self._placed = sorted(placed, key=lambda one: one.run)
        self._resume = resume
        self._parameters = parameters
        if resume is None:
            self._nothing_else = latest is None or latest.is_beginning
        else:
            self._nothing_else = resume.ended and latest is not None and latest.number == resume.run
        self.run = run
        """The number of this life."""
        self.next = oldest if resume is None else resume.candles
        """The candle offset to go on from."""
        # Where a run of a release without a journal began is not known: the beginning of all, which refuses most.
        self._began = latest.began if latest is not None else oldest if resume is None else 0
        self._sure = self.next
        """Candles from this one on have never been worked."""
        self._newest: dict[str, int] = {}
        self._waiting: list[_Placed] = []
        self.worked: list[ControlRecord] = []
        """After ``at_start``: what was handed on by an earlier life and is in the snapshot, in that order."""

    def at_start(self, entries: Sequence[Entry], end: int) -> list[Placement]:
        """Take the whole log as it is at the start; ``end`` is the offset of the next candle to come.

        Returns:
            What the journal lacks. The start marker comes last: a run without one has worked nothing.
        """
        if not self._nothing_else:
            self._sure = max(self.next, end)
        places = self._known_places([offset for offset, _ in entries], max(self.next, end))
        worked: list[_Placed] = []
        new: list[tuple[int, int, int]] = []
        for number, (offset, record) in enumerate(entries):
            place = places.get(offset)
            is_worked = self._is_worked(offset, place)
            if place is None or (self._resume is not None and place < self.next and not is_worked):
                place = self._began if is_worked else self._anew(record, self.next)
                new.append((number, offset, place))
            self._take(offset, record, place, worked if is_worked else self._waiting)
        self.worked = [record for _, _, record in sorted(worked, key=_by_place)]
        marker = Placement(
            partition=self._partition,
            run=self.run,
            candles=self._began,
            first=0,
            end=0,
            parameters=self._parameters,
        )
        return [*self._stretches(new), marker]

    def place(self, entries: Iterable[Entry], candle: int) -> list[Placement]:
        """Take records that have come since; ``candle`` is the offset of the next candle to hand on."""
        new: list[tuple[int, int, int]] = []
        for number, (offset, record) in enumerate(entries):
            place = self._anew(record, candle)
            new.append((number, offset, place))
            self._take(offset, record, place, self._waiting)
        return list(self._stretches(new))

    def is_all(self, candle: int) -> bool:
        """Whether nothing was worked from this candle on; not so while what a crash left behind is worked again."""
        return candle >= self._sure

    @property
    def ahead(self) -> float:
        """The candle offset before which the next waiting record is worked; infinity if none waits."""
        return self._waiting[0][0] if self._waiting else inf

    def due(self, candle: int) -> Iterator[ControlRecord]:
        """The records to hand on before a candle, in order; they wait no more."""
        while self._waiting and self._waiting[0][0] <= candle:
            yield heappop(self._waiting)[2]

    def _known_places(self, offsets: list[int], end: int) -> dict[int, int]:
        """By the journal, of what several runs placed the newest.

        No place is beyond the end of the partition: one that is speaks of a candle topic that was made anew since.
        """
        places: dict[int, int] = {}
        for one in self._placed:
            if one.candles > end + _SURELY_BEYOND:
                continue
            for offset in offsets[bisect_left(offsets, one.first) : bisect_left(offsets, one.end)]:
                places[offset] = one.candles
        return places

    def _is_worked(self, offset: int, place: int | None) -> bool:
        resume = self._resume
        return resume is not None and offset < resume.control and (place is None or place <= resume.commands_until)

    def _anew(self, record: ControlRecord | None, candle: int) -> int:
        """The place of a record that has none, when ``candle`` is the next one to hand on."""
        if record is None:
            return candle
        place = candle if _holds_by_event_time(record) else max(candle, self._sure)
        return max(place, self._newest.get(_order(record), place))

    def _take(self, offset: int, record: ControlRecord | None, place: int, queue: list[_Placed]) -> None:
        if record is not None:
            order = _order(record)
            self._newest[order] = max(place, self._newest.get(order, place))
            heappush(queue, (place, offset, record))

    def _stretches(self, new: Iterable[tuple[int, int, int]]) -> Iterator[Placement]:
        """One placement for all that follow one another in the log and go to one place.

        ``new`` has for each record its number among those of the log, its offset, and its place.
        """
        # Numbers rise by one as long as nothing lies between that was placed before, by another run.
        for (place, _), stretch in groupby(enumerate(new), key=lambda one: (one[1][2], one[1][0] - one[0])):
            offsets = [offset for _, (_, offset, _) in stretch]
            yield Placement(
                partition=self._partition, run=self.run, candles=place, first=offsets[0], end=offsets[-1] + 1
            )


def _by_place(placed: _Placed) -> tuple[int, int]:
    return placed[:2]


def _holds_by_event_time(record: ControlRecord) -> bool:
    """Whether it makes no difference how early it is heard of; a portfolio is taken away at once, whatever it names."""
    if isinstance(record, PortfolioEntry) and record.config is None:
        return False
    return isinstance(record, StrategyVersion) or record.effective_from is not None


def _order(record: ControlRecord) -> str:
    """Records with the same answer keep their order."""
    if isinstance(record, PortfolioEntry | PortfolioReset):
        return f"{PORTFOLIO_KEY}{record.portfolio}"
    return WATCHLIST_KEY if isinstance(record, WatchlistEntry) else record.strategy
