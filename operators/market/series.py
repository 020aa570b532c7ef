"""One timeframe of one symbol: which candles are taken, what the indicators are, and who runs on it from which bar."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import Any, Protocol

from operators.control.scheduled import Scheduled
from operators.events import Frames, Transition
from operators.indicators.series import IndicatorSeries
from operators.lift import Snapshot
from operators.market.schedule import Schedule
from operators.strategy.catalog import Catalog
from schemas.candle_row import CandleRow
from schemas.timeframe import timeframe_ms

Fed = tuple[str, Frames | Transition]
"""An event and the key of the strategy step that it is for."""


class Outlet(Protocol):
    """Where a series puts what it has to say: a list of this and whatever else its owner emits."""

    def append(self, fed: Fed, /) -> None:
        """One more."""
        ...

    def extend(self, fed: Iterable[Fed], /) -> None:
        """Some more."""
        ...


class Series:
    """Closed candles in order, in; frames and transitions by strategy key, out.

    Candles are held back until ``flush`` so that a batch is worked as one run. A command that falls due cuts the run:
    the candles before it go to who ran then, the ones from it on to who runs now. What comes out is the same for every
    way of batching.
    """

    def __init__(
        self, symbol: str, timeframe: str, catalog: Catalog, history_bars: int, resume: dict[str, Any] | None = None
    ) -> None:
        self.symbol = symbol
        self.timeframe = timeframe
        self._length = timeframe_ms(timeframe)
        self._catalog = catalog
        self._history_bars = history_bars
        self._fresh: list[tuple[float, float, float, float, float]] = []
        self._fresh_times: list[int] = []
        self._running: list[str] = []
        if resume is None:
            self._indicators = IndicatorSeries(history_bars)
            self._times = array("q")
            self._schedule = Schedule()
        else:
            self._indicators = IndicatorSeries(history_bars, resume["indicators"])
            self._times = array("q")
            self._times.frombytes(resume["times"])
            self._schedule = Schedule.restored(resume["schedule"], catalog)
            self._rewire()

    def snapshot(self) -> Snapshot:
        """The history, the open times that go with it and the schedule, as primitives."""
        return {
            "indicators": self._indicators.snapshot(),
            "times": self._times.tobytes(),
            "schedule": self._schedule.snapshot(),
        }

    @property
    def newest(self) -> int | None:
        """Open time of the newest candle, in milliseconds."""
        return self._times[-1] if self._times else None

    def missing_before(self, open_time: int) -> int:
        """How many candles are missing between the newest one and one that opens at ``open_time``."""
        return 0 if not self._times else (open_time - self._times[-1]) // self._length - 1

    def repeats(self, row: CandleRow) -> bool | None:
        """Whether a candle that is not new says the same as the one taken; None where that one is no longer held."""
        open_time = row[2]
        index = bisect_left(self._times, open_time)
        ago = len(self._times) - index
        if ago > self._indicators.limit or self._times[index] != open_time:
            return None
        fresh = len(self._fresh)
        taken = self._fresh[-ago] if ago <= fresh else self._indicators.bar(ago - fresh)
        return taken == row[3:8]

    def command(self, scheduled: Scheduled) -> None:
        """A command for this series, to be applied at the first candle for which it is due."""
        self._schedule.add(scheduled, binds=scheduled.version.config.binds(self.symbol, self.timeframe))

    def candle(self, row: CandleRow, out: Outlet) -> None:
        """Take a candle that is new and in order. Commands that it makes due are applied before it."""
        open_time = row[2]
        if self._schedule.waiting:
            due = self._schedule.due(open_time + self._length)
            if due:
                self.flush(out)
                close = row[6]
                for one in due:
                    transition = Transition(self.symbol, self.timeframe, open_time, close, one.desired, one.version)
                    out.append((self._key(one.desired.strategy), transition))
                self._rewire()
        self._times.append(open_time)
        self._fresh_times.append(open_time)
        self._fresh.append(row[3:8])

    def flush(self, out: Outlet) -> None:
        """Work the candles held back, and hand the frames to everyone who runs."""
        if not self._fresh:
            return
        frames = Frames(self.symbol, self.timeframe, self._fresh_times, self._indicators.extend(self._fresh))
        self._fresh, self._fresh_times = [], []
        del self._times[: max(0, len(self._times) - self._indicators.limit)]
        out.extend((key, frames) for key in self._running)

    def _rewire(self) -> None:
        """Feed who runs, and keep warm the indicators of who is paused."""
        self._running = [self._key(one.desired.strategy) for one in self._schedule.running()]
        self._indicators.want(
            indicator for one in self._schedule.present() for indicator in self._catalog.add(one.version).indicators
        )

    def _key(self, strategy: str) -> str:
        return f"{strategy}|{self.symbol}|{self.timeframe}"
