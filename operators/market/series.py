"""One timeframe of one symbol: which candles are taken, what the indicators are, and who runs on it from which bar."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import Any, Protocol

from operators.control.scheduled import Scheduled
from operators.events import Frames, Transition
from operators.indicators.identity import Indicator
from operators.indicators.series import IndicatorSeries, first_exact_bar
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
    way of batching, and for one strategy whatever the others are: a strategy that starts late with indicators that
    reach further back than ``history_bars`` is fed from the first bar for which that history is enough, even where a
    neighbour has made the series keep more.
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
        self._fed_from: dict[str, int] = {}
        self._indicators_of: dict[str, frozenset[Indicator]] = {}
        self._next_cut: int | None = None
        if resume is None:
            self._indicators = IndicatorSeries(history_bars)
            self._times = array("q")
            self._schedule = Schedule()
        else:
            self._indicators = IndicatorSeries(history_bars, resume["indicators"])
            self._times = array("q")
            self._times.frombytes(resume["times"])
            self._schedule = Schedule.restored(resume["schedule"], catalog)
            self._fed_from = dict(resume["fed_from"])
            self._indicators_of = {
                one.desired.strategy: frozenset(catalog.add(one.version).indicators) for one in self._schedule.present()
            }
            self._rewire()

    def snapshot(self) -> Snapshot:
        """The history, the open times that go with it and the schedule, as primitives."""
        return {
            "indicators": self._indicators.snapshot(),
            "times": self._times.tobytes(),
            "schedule": self._schedule.snapshot(),
            "fed_from": dict(self._fed_from),
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
        if ago > self._history_bars or self._times[index] != open_time:
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
                for one in due:
                    out.append((self._key(one.desired.strategy), self._transition(one, row)))
                self._rewire()
        if self._next_cut is not None and self._indicators.count + len(self._fresh) >= self._next_cut:
            self.flush(out)
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
        del self._times[: max(0, len(self._times) - self._history_bars)]
        out.extend((key, frames) for key in self._running)

    def _rewire(self) -> None:
        """Feed who runs and is warm, and keep warm the indicators of who is paused."""
        bar = self._indicators.count
        self._fed_from = {strategy: first for strategy, first in self._fed_from.items() if first > bar}
        self._next_cut = min(self._fed_from.values(), default=None)
        running = [one.desired.strategy for one in self._schedule.running()]
        self._running = [self._key(strategy) for strategy in running if strategy not in self._fed_from]
        self._indicators.want(
            indicator for one in self._schedule.present() for indicator in self._catalog.add(one.version).indicators
        )

    def _transition(self, one: Scheduled, row: CandleRow) -> Transition:
        """A command at its bar; notes from which bar on the version's new indicators are exact."""
        bar = self._indicators.count
        desired = one.desired
        before = self._indicators_of.pop(desired.strategy, frozenset())
        first = self._fed_from.pop(desired.strategy, bar)
        if desired.state != "stopped":
            wanted = frozenset(self._catalog.add(one.version).indicators)
            self._indicators_of[desired.strategy] = wanted
            oldest = max(0, bar - self._history_bars)
            for indicator in wanted - before:
                # A rule may look one bar back, so that bar has to be exact too.
                first = max(first, first_exact_bar(indicator.memory, oldest=oldest, bar=bar - 1) + 1)
            self._fed_from[desired.strategy] = first
        return Transition(self.symbol, self.timeframe, row[2], row[6], desired, one.version, max(0, first - bar))

    def _key(self, strategy: str) -> str:
        return f"{strategy}|{self.symbol}|{self.timeframe}"
