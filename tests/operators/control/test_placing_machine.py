"""Crashes at any moment, whatever is lost or comes late: what reaches the outside is always one and the same order."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from operators.control.journal import PartitionJournal
from operators.control.placing import Placing, Resumed
from operators.control.records import ControlRecord
from schemas.lifecycle import DesiredState, StrategyVersion
from schemas.placement import Placement
from schemas.portfolio import PortfolioEntry, PortfolioReset
from schemas.record import from_milliseconds
from schemas.watchlist import WatchlistEntry
from tests.operators.plain_engine import version

PARTITION, OLDEST, OTHER = 2, 3, 5
BATCH = st.integers(0, 4)
FATE = st.sampled_from(["written", "lost", "late"])
"""What becomes of the record that a process sends when it is killed; late: it comes at any time after, if ever."""
MOMENT = st.none() | st.integers(0, 6)
"""After how many acts, a record written or an item handed on, the process is killed; None: it lives."""

Item = tuple[str, int]
"""``candle`` or ``control``, and its offset."""


class Killed(Exception):
    """The process is gone."""


@dataclass
class Life:
    """A process: what it knows, and everything that led to its state, in order."""

    placing: Placing
    past: list[Item]
    read: int
    handed_on: tuple[int, int]
    next: int = field(init=False)

    def __post_init__(self) -> None:
        self.next = self.placing.next


def kind(record: ControlRecord) -> str:
    if isinstance(record, PortfolioEntry | PortfolioReset):
        return f"portfolio {record.portfolio}"
    return "watchlist" if isinstance(record, WatchlistEntry) else record.strategy


def closes_after(record: DesiredState | WatchlistEntry | PortfolioEntry | PortfolioReset) -> int:
    """The first candle that closes after the time of a record."""
    since = record.effective_from
    assert since is not None
    return round(since.timestamp() * 1000)


def untimed(record: ControlRecord) -> bool:
    return not isinstance(record, StrategyVersion) and record.effective_from is None


class PlacingMachine(RuleBasedStateMachine):
    """Candles and control records that come, processes that work them, crash, end, and begin again from any snapshot.

    A candle's event time is its offset in milliseconds, and it closes a millisecond later.
    """

    def __init__(self) -> None:
        super().__init__()
        self.candles = OLDEST
        self.log: list[ControlRecord | None] = []
        self.journal: list[Placement] = []
        self.late: list[Placement] = []
        self.lives = 0
        self.acts_left: int | None = None
        self.fate = "lost"
        self.snapshots: list[tuple[Resumed, list[Item]]] = []
        self.life: Life | None = None
        self.worked = OLDEST
        """No candle at this offset or later has reached the outside."""

    @property
    def counting(self) -> PartitionJournal:
        """What counts of the journal."""
        found = PartitionJournal()
        for one in self.journal:
            if one.partition == PARTITION:
                found.take(one)
        return found

    @property
    def places(self) -> dict[int, int]:
        """By control offset: the place that the newest run gave it."""
        found: dict[int, tuple[int, int]] = {}
        for one in self.counting.placed:
            for offset in range(one.first, one.end):
                found[offset] = max(found.get(offset, (0, 0)), (one.run, one.candles))
        return {offset: place for offset, (_, place) in found.items()}

    def order_until(self, candle: int) -> list[Item]:
        """The one order, up to what is worked before a candle."""
        control = [(place, 0, offset) for offset, place in self.places.items() if place <= candle]
        whole = sorted([*control, *((one, 1, one) for one in range(OLDEST, candle))])
        return [("candle" if rank else "control", offset) for _, rank, offset in whole]

    # What comes from outside.

    @rule(count=st.integers(1, 6))
    def candles_come(self, count: int) -> None:
        self.candles += count

    @rule(strategy=st.sampled_from(["a", "b"]), ahead=st.none() | st.integers(0, 8))
    def a_command_comes(self, strategy: str, ahead: int | None) -> None:
        """``ahead``: it names the event time so many candles after the newest one that anybody worked."""
        since = None if ahead is None else from_milliseconds(self.worked + ahead)
        name = f"c{len(self.log)}"
        self.log.append(DesiredState(strategy=strategy, version=1, state="running", command=name, effective_from=since))

    @rule(strategy=st.sampled_from(["a", "b"]))
    def a_version_comes(self, strategy: str) -> None:
        self.log.append(version(strategy))

    @rule(ahead=st.none() | st.integers(0, 8))
    def an_entry_of_the_watchlist_comes(self, ahead: int | None) -> None:
        since = None if ahead is None else from_milliseconds(self.worked + ahead)
        self.log.append(WatchlistEntry(symbol="A", asset=None, command=f"c{len(self.log)}", effective_from=since))

    @rule()
    def a_record_comes_that_nobody_can_read(self) -> None:
        self.log.append(None)

    @precondition(lambda self: self.late)
    @rule()
    def what_was_on_its_way_arrives(self) -> None:
        """Also while a later life runs, or is about to."""
        self.journal.append(self.late.pop(0))

    @rule()
    def the_journal_is_compacted(self) -> None:
        last = {one.key: number for number, one in enumerate(self.journal)}
        self.journal = [self.journal[number] for number in sorted(last.values())]

    @rule(run=st.integers(1, 9))
    def another_partition_writes(self, run: int) -> None:
        self.journal.append(Placement(partition=OTHER, run=run, candles=90, first=0, end=3))

    # What a process does.

    @precondition(lambda self: self.life is None)
    @rule(back=st.integers(0, 3), meanwhile=st.integers(0, 2), moment=MOMENT, fate=FATE)
    def it_begins(self, back: int, meanwhile: int, moment: int | None, fate: str) -> None:
        """From the newest snapshot, an older one, or none."""
        resume, past = self.snapshots[-1 - back] if back < min(2, len(self.snapshots)) else (None, [])
        handed_on = (0, OLDEST) if resume is None else (resume.control, resume.commands_until)
        with self.until_killed(moment, fate):
            run, counting = self.claimed(0 if resume is None else resume.run, meanwhile)
            latest = counting.latest
            ends_clean = resume is not None and resume.ended and latest is not None and latest.number <= resume.run
            placing = Placing(PARTITION, run=run, latest=latest, placed=counting.placed, resume=resume, oldest=OLDEST)
            known = self.places
            self.life = Life(placing, list(past), len(self.log), handed_on)
            for placement in placing.at_start(list(enumerate(self.log)), self.candles):
                self.write(placement)
            assert placing.worked == [self.log[offset] for name, offset in past if name == "control"]
            if ends_clean:
                anew = self.places.items() - known.items()
                assert {place for _, place in anew} <= {*known.values(), placing.next}

    def claimed(self, above: int, meanwhile: int) -> tuple[int, PartitionJournal]:
        """A run of its own, and the journal behind the claim; so many come late between a look and the claim."""
        self.lives += 1
        name = f"life {self.lives}"
        while True:
            run = max(self.counting.next_run, above + 1)
            for _ in range(min(meanwhile, len(self.late))):
                self.journal.append(self.late.pop(0))
            self.write(Placement(partition=PARTITION, run=run, candles=0, first=0, end=0, claim=name))
            found = self.counting
            if found.is_held(name, run):
                return run, found

    @precondition(lambda self: self.life is not None)
    @rule(count=BATCH, unseen=st.integers(0, 2), moment=MOMENT, fate=FATE)
    def it_works(self, count: int, unseen: int, moment: int | None, fate: str) -> None:
        """A batch of candles, then the control log but for the newest records, which it is not told of yet."""
        life = self.life
        assert life is not None
        batch = range(life.next, min(life.next + count, self.candles))
        seen = max(life.read, len(self.log) - unseen)
        entries = [(offset, self.log[offset]) for offset in range(life.read, seen)]
        life.read = seen
        with self.until_killed(moment, fate):
            for placement in life.placing.place(entries, life.next):
                self.write(placement)
            for item in self.batch_of(life, batch):
                self.hand_on(life, item)
            life.handed_on = seen, life.next
            # Unreadable records are placed and never handed on.
            assert life.past == [item for item in self.order_until(life.next) if self.is_handed_on(item)]

    def batch_of(self, life: Life, batch: range) -> Iterator[Item]:
        for candle in batch:
            yield from self.due(life, candle)
            yield "candle", candle
            life.next = candle + 1
        yield from self.due(life, life.next)

    def due(self, life: Life, candle: int) -> Iterator[Item]:
        for record in life.placing.due(candle):
            offset = next(one for one, other in enumerate(self.log) if other is record)
            assert self.places[offset] <= candle
            yield "control", offset

    def is_handed_on(self, item: Item) -> bool:
        return item[0] == "candle" or self.log[item[1]] is not None

    @precondition(lambda self: self.life is not None)
    @rule()
    def a_snapshot_is_kept(self) -> None:
        assert self.life is not None
        self.snapshots.append(self.snapshot(self.life, ended=False))

    @precondition(lambda self: self.life is not None)
    @rule(kept=st.booleans())
    def it_ends(self, kept: bool) -> None:  # noqa: FBT001  # a parameter of the test
        """Its last snapshot may be lost with what holds it."""
        assert self.life is not None
        if kept:
            self.snapshots.append(self.snapshot(self.life, ended=True))
        self.life = None

    @precondition(lambda self: self.life is not None)
    @rule()
    def it_is_killed(self) -> None:
        self.life = None

    @staticmethod
    def snapshot(life: Life, *, ended: bool) -> tuple[Resumed, list[Item]]:
        all_of_it = ended and life.placing.is_all(life.next)
        return Resumed(life.next, *life.handed_on, life.placing.run, all_of_it), list(life.past)

    # What must hold at each act.

    def write(self, placement: Placement) -> None:
        if self.acts_left == 0:
            if self.fate == "written":
                self.add(placement)
            elif self.fate == "late":
                self.late.append(placement)
            raise Killed
        self.count()
        self.add(placement)

    def add(self, placement: Placement) -> None:
        known = self.places
        for offset in range(placement.first, placement.end):
            record = self.log[offset]
            if record is None:
                continue
            if untimed(record):
                assert placement.candles >= self.worked, "a candle that it comes before was worked without it"
            elif not isinstance(record, StrategyVersion):
                first = closes_after(record)
                earlier = [known[other] for other in range(offset) if self.same_kind(other, record)]
                # As if there never was a crash: where candles after its time were worked already, nothing is as if.
                assert placement.candles <= max([first, self.worked, *earlier])
            known[offset] = placement.candles
        self.journal.append(placement)

    def same_kind(self, offset: int, record: ControlRecord) -> bool:
        other = self.log[offset]
        return other is not None and kind(other) == kind(record)

    def hand_on(self, life: Life, item: Item) -> None:
        if self.acts_left == 0:
            raise Killed
        self.count()
        name, offset = item
        assert item not in life.past
        if name == "candle":
            self.worked = max(self.worked, offset + 1)
        else:
            record = self.log[offset]
            assert record is not None
            earlier = [other for name, other in life.past if name == "control" and self.same_kind(other, record)]
            assert max(earlier, default=-1) < offset
        life.past.append(item)

    def count(self) -> None:
        if self.acts_left is not None:
            self.acts_left -= 1

    def until_killed(self, moment: int | None, fate: str) -> "UntilKilled":
        self.acts_left, self.fate = moment, fate
        return UntilKilled(self)

    @invariant()
    def runs_are_numbered_and_know_where_the_first_began(self) -> None:
        starts = [one for one in self.journal if one.is_start and one.partition == PARTITION]
        assert all(one.candles == OLDEST for one in starts)
        if self.life is not None:
            assert self.life.placing.run >= max((one.run for one in starts), default=1)


class UntilKilled:
    """What a process does until it is killed, which ends it."""

    def __init__(self, machine: PlacingMachine) -> None:
        self._machine = machine

    def __enter__(self) -> None:
        return None

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> bool:
        if failed is Killed:
            self._machine.life = None
        self._machine.acts_left = None
        return failed is Killed


PlacingMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
TestPlacing = PlacingMachine.TestCase
