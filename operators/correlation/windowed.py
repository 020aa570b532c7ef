"""What both steps have in common: signals and window ends taken in the one order of event time."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, Generic, TypeVar, cast

from operators.correlation.barrier import Barrier, Release
from operators.correlation.cooling import Cooling
from operators.correlation.ends import Ends
from operators.correlation.heard import Heard
from operators.events import Roll
from operators.lift import Snapshot
from operators.snapshot import check_parameters, check_version
from operators.tally import Tally
from schemas.composite import LateSignal, Weighed
from schemas.record import from_milliseconds

SCHEMA_VERSION = 2

R = TypeVar("R")


class Windowed(ABC, Generic[R]):
    """Sliding windows over the signals of a key, worked at their ends.

    A window of length L that ends at E holds what closed in (E - L, E]. Ends are the multiples of ``every`` since the
    epoch. Of each series the newest signal in a window counts, and it counts for the side that the strategy holds after
    it: one that leaves it flat takes back what the series said. A window is worked once the watermark has reached its
    end, and only if something in it is new: closed in (E - every, E]. So quiet windows cost nothing, and a thing is
    said once, not again at every step of the window.

    A signal at or before the watermark is late: it takes part in no window, and a ``LateSignal`` says so.

    A signal makes one end of each style due, by the settings as it comes. What holds there (timeframes, styles,
    settings) is what the roll says that the end lies in: after a change of settings an end is left out where no window
    of theirs ends. A side taken on a timeframe that is not in its roll counts nowhere. When a chain ends, windows up to
    its end are worked by what held before, then everything is forgotten but the watermark: should the chain be taken up
    again, its items may come before the last ones of now.

    State: the newest signal of each series that stands for a side, the ends that wait, what was sent last per style and
    side, and the barrier's.
    """

    _weighed: ClassVar[Weighed]
    """What is weighed against each other."""

    def __init__(self, tally: Tally, resume: Snapshot | None) -> None:
        self._tally = tally
        self._symbol = ""
        self._barrier = Barrier()
        self._standing: dict[tuple[str, str], Heard] = {}
        self._ends = Ends()
        self._cooling = Cooling()
        self._late: dict[str, int] = {}
        if resume is not None:
            state = cast("dict[str, Any]", self._migrated(resume))  # written by snapshot() below
            check_parameters(f"weighed {self._weighed} of {state['symbol']}", state["parameters"], {})
            self._symbol = state["symbol"]
            self._barrier = Barrier(state["barrier"])
            for one in (Heard(*fields) for fields in state["standing"]):
                self._standing[one.strategy, one.timeframe] = one
            self._ends = Ends(state["ends"])
            self._cooling = Cooling(state["sent"])
            self._late = dict(state["late"])
            self._barrier.alarm = self._ends.first

    def _migrated(self, snapshot: Snapshot) -> Snapshot:
        """A snapshot in the form of today's: that of version 1 had no parameters, for which nothing stood in them."""
        if snapshot["schema_version"] == 1:
            return {**snapshot, "schema_version": SCHEMA_VERSION, "parameters": {}}
        check_version(f"weighed {self._weighed}", snapshot["schema_version"], SCHEMA_VERSION)
        return snapshot

    def snapshot(self) -> Snapshot:
        """As primitives. Without parameters: settings come with the data, and are state."""
        return {
            "schema_version": SCHEMA_VERSION,
            "parameters": {},
            "symbol": self._symbol,
            "barrier": self._barrier.snapshot(),
            "standing": [list(one) for one in self._standing.values()],
            "ends": self._ends.snapshot(),
            "sent": self._cooling.snapshot(),
            "late": self._late.copy(),
        }

    @property
    def finished(self) -> bool:
        """Never: who is told of a chain that is taken up again has to know how far it had come."""
        return False

    @abstractmethod
    def _ends_of(self, one: Heard, roll: Roll) -> Iterable[int]:
        """The ends of the windows in which a signal for a side is new."""

    @abstractmethod
    def _work(self, end_ms: int, roll: Roll) -> Iterable[R]:
        """What is to be sent of the windows that end here."""

    def _reports(self, one: Heard) -> bool:  # noqa: ARG002  # a step that shares its signals with another asks
        """Whether it falls to this step to tell of a late signal."""
        return True

    def _release(self) -> list[R | LateSignal]:
        """Take every roll that is complete by now."""
        out: list[R | LateSignal] = []
        if not self._barrier.ready:
            return out
        for release in self._barrier.released():
            self._take(release, out)
        self._barrier.alarm = self._ends.first
        return out

    def _take(self, release: Release, out: list[R | LateSignal]) -> None:
        roll = release.roll
        running = {timeframe for timeframe, _ in roll.timeframes} if release.heard else set()
        if release.watermark is not None:
            out += [self._told(one, release.watermark) for one in release.late if self._reports(one)]
        for one in release.heard:
            for end in self._ends.before(one.close_ms):
                out += self._work(end, roll)
            series = one.strategy, one.timeframe
            if one.position == "flat":
                self._standing.pop(series, None)
            elif one.timeframe in running:
                self._standing[series] = one
                for end in self._ends_of(one, roll):
                    self._ends.add(end)
        for end in self._ends.before(release.until + 1):
            out += self._work(end, roll)
        if release.ended:
            self._forget()

    def _forget(self) -> None:
        """Keep nothing of what was weighed."""
        self._standing.clear()
        self._ends.clear()
        self._cooling.clear()
        self._late.clear()

    def _told(self, one: Heard, watermark: int) -> LateSignal:
        count = self._late[one.strategy] = self._late.get(one.strategy, 0) + 1
        self._tally.late_signals += 1
        return LateSignal(
            id=one.signal,
            strategy=one.strategy,
            symbol=self._symbol,
            timeframe=one.timeframe,
            close_time=from_milliseconds(one.close_ms),
            watermark=from_milliseconds(watermark),
            count=count,
            weighed=self._weighed,
        )
