"""One timeframe of one symbol: its closed bars, its indicators, and who is shown them."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any, NamedTuple, Protocol

import numpy as np

from operators.events import Frames, Lost
from operators.finer import Finer
from operators.indicators.failure import Failure, IndicatorFailed, Told
from operators.indicators.history import BASE_COLUMNS, Row
from operators.indicators.node import Indicator
from operators.indicators.series import IndicatorSeries
from operators.lift import Snapshot
from operators.market.bars import Bar, row_of
from operators.market.grid import Grid
from operators.market.views import View
from schemas.timeframe import timeframe_ms

_IDLE_BARS = 128
"""Bars that nobody reads are put away so many at a time: one by one they would cost twenty times as much."""

_NO_ROWS: frozenset[int] = frozenset()


class Read(NamedTuple):
    """A column of a higher series, as this series knows it and as that one does."""

    column: str
    higher: "Series"
    native: str


class Shown(Protocol):
    """Where a series puts what it shows: a list of this and whatever else its owner emits."""

    def extend(self, frames: Iterable[tuple[str, Frames]], /) -> None:
        """Some more."""
        ...


class Series:
    """Closed bars in order, in; frames by strategy key, out.

    Bars come in runs. A column of a higher series is, at each bar, what it was at the last bar of that series that
    closed by the close of this one; so in every run the higher series come first. What comes out is the same for every
    way of cutting bars into runs.

    A series that nobody reads only puts its bars away.

    Attributes:
        timeframe: of the bars.
        keep: so many are kept for strategies that come later.
        method: how they are aggregated.
        young: whether there were bars before its first one that nobody kept.
        newest_close: when the newest bar closed, in milliseconds; None before the first.
        floor: bars that close up to then have been shown already; None where none has.
        closes: when each bar of the run closed that is being worked; empty where it has none.
        watched: whether a strategy is present.
        lost: of every column that is out of service the close time (milliseconds) from which on it is, and why.
    """

    def __init__(  # noqa: PLR0913  # what it is, and its state
        self,
        symbol: str,
        timeframe: str,
        grid: Grid | None,
        *,
        keep: int,
        method: str = "ohlc",
        resume: Mapping[str, Any] | None = None,
    ) -> None:
        self.timeframe = timeframe
        self.keep = keep
        self.method = method
        self.young = False
        self.newest_close: int | None = None
        self.floor: int | None = None
        self.closes: Sequence[int] = ()
        self.watched = False
        self.lost: Mapping[str, tuple[int, str]] = {}
        self._failed: Mapping[str, Failure] = {}
        self._symbol = symbol
        self._grid = grid
        self._length = timeframe_ms(timeframe)
        self._keys: list[str] = []
        self._views: list[View] = []
        self._wants: tuple[object, ...] = ()
        self._active = False
        self._reads: list[Read] = []
        self._higher: tuple[Series, ...] = ()
        self._seen: dict[str, float] = {}
        self._read: dict[str, float] = {}
        self._values: Mapping[str, Sequence[float]] = {}
        self._idle: list[Bar] = []
        self._saved: Snapshot | None = None
        if resume is None:
            self._indicators = IndicatorSeries(keep)
        else:
            self._indicators = IndicatorSeries(keep, resume["indicators"])
            self.young, self.newest_close, self.floor = resume["young"], resume["newest_close"], resume["floor"]

    @property
    def count(self) -> int:
        """How many bars there were."""
        return self._indicators.count + len(self._idle)

    def snapshot(self) -> Snapshot:
        """The history, as primitives. Made once for a series that has not changed."""
        if self._saved is None:
            self._put_away()
            self._saved = {
                "indicators": dict(self._indicators.snapshot()),
                "young": self.young,
                "newest_close": self.newest_close,
                "floor": self.floor,
            }
        return self._saved.copy()

    def bars(self, most: int) -> tuple[list[Row], list[int]]:
        """The newest bars, at most so many of those that are kept, with their open times."""
        self._put_away()
        return self._indicators.bars(most)

    def bar_at(self, open_time: int, ahead: int = 0) -> Row | None:
        """The bar that opened then, of the last ``keep``, ``ahead`` of which are to come; None if there is none."""
        self._put_away()
        ago = self._indicators.ago(open_time)
        return None if ago is None or ago + ahead > self.keep else self._indicators.bar(ago)

    @property
    def oldest_open(self) -> int | None:
        """Open time of the oldest of the last ``keep`` bars, in milliseconds; None before the first."""
        _, times = self.bars(self.keep)
        return times[0] if times else None

    def close_of_bar(self, bar: int) -> int:
        """When a bar closed that is kept, in milliseconds."""
        _, times = self.bars(self.count - bar)
        return self.close_of(times[0])

    def bar_from(self, close_time: int) -> int:
        """The first bar that is kept and closed then or later; ``count`` if none did."""
        _, times = self.bars(self.count)
        return self.count - len(times) + bisect_left(times, close_time, key=self.close_of)

    def want(
        self, indicators: Sequence[Indicator], reads: Sequence[Read], past_bars: int, keep: int, inside: int = 0
    ) -> None:
        """Compute exactly these from now on, and read this of higher series, which were told before.

        Args:
            indicators: of the series' own bars, and of what it reads.
            reads: columns of higher series.
            past_bars: for so many bars of a lower series back ``past`` has to give exact values.
            keep: how many bars are kept for strategies that come later.
            inside: how many are kept at least, to be shown inside the bars of longer timeframes.
        """
        self._put_away()
        self._reads = list(reads)
        self._higher = tuple(dict.fromkeys(read.higher for read in reads))
        self._read = {}
        wants = (tuple(one.key for one in indicators), past_bars, keep, inside)
        if wants != self._wants:
            self._wants = wants
            self._saved = None
            self.keep = keep
            self._indicators.keep(max(keep, inside))
            self._indicators.want(indicators, self._handed, past_bars)
        self._seen = {read.column: self._seen_now(read) for read in self._reads}
        self._look_for_failures()

    def forgive(self, indicators: Sequence[Indicator]) -> None:
        """Try again what is out of service of these, as if nobody had wanted it yet, with the ``want`` that follows."""
        if self._indicators.failed and self._indicators.forgive(indicators):
            self._wants = ()

    def show(self, keys: list[str], views: list[View], *, watched: bool) -> None:
        """From now on show it to these, after ``want``."""
        self._keys, self._views, self.watched = keys, views, watched
        self._active = bool(keys or views or self._reads or self._wants[0])

    def value(self, native: str) -> float:
        """For a lower series: a wanted column at the newest bar; from now on it is known at every bar."""
        found = self._read.get(native)
        if found is None:
            found = self._read[native] = self._indicators.last(native)
        return found

    def past(self, column: str, closes: Sequence[float]) -> Told:
        """For a lower series: a wanted column as it was at these instants; NaN where that is not kept.

        Raises:
            IndicatorFailed: it is out of service.
        """
        told, opened = self._indicators.past(column)
        ends = np.array([self.close_of(int(time)) for time in opened])
        counts = np.searchsorted(ends, np.array(closes), side="right")
        steps: list[float] = np.array([np.nan, *told.values])[counts].tolist()
        if told.gap is None:
            return Told(steps)
        last = int(np.searchsorted(counts, told.gap.bar + 1, side="right")) - 1  # the last that sees the gap, or before
        return Told(steps, told.gap._replace(bar=last))

    def put(self, bars: Sequence[Bar]) -> None:
        """Take bars that nobody is to be shown."""
        if bars:
            self._saved = None
            self.newest_close = bars[-1].close_time
            self._idle += bars
            if len(self._idle) >= _IDLE_BARS:
                self._put_away()

    def derived(self, bars: Sequence[Bar], out: Shown, finer: Finer | None = None) -> None:
        """Take a run of derived bars and show them, with what lies inside of them."""
        if not self._active:
            self.put(bars)
            return
        rows = self.rows_of(bars)
        partial = frozenset([number for number, bar in enumerate(bars) if not bar.complete])
        self.work(rows, [bar.open_time for bar in bars], out, [bar.close_time for bar in bars], partial, finer)

    def work(  # noqa: PLR0913, PLR0917  # what there is to say of bars
        self,
        rows: Sequence[Row],
        open_times: list[int],
        out: Shown,
        closes: list[int] | None = None,
        partial: frozenset[int] = _NO_ROWS,
        finer: Finer | None = None,
    ) -> None:
        """Take a run of bars, closed and in order, and show them.

        Args:
            rows: of the bars.
            open_times: one for each, in milliseconds.
            out: where the frames go.
            closes: when each closed; without it as long after it opened as the timeframe says.
            partial: the rows of those that lack candles.
            finer: what lies inside of them, where somebody asks.
        """
        if closes is None and (self._reads or self.floor is not None):
            length = self._length
            closes = [time + length for time in open_times]
        columns = self._take(rows, open_times, closes)
        if not self._keys and not self._views:
            return
        first = 0
        if self.floor is not None and closes is not None:
            before = bisect_right(closes, self.floor)
            if before == len(closes):
                return
            self.floor = None
            if before:
                first = before
                columns = {name: column[before:] for name, column in columns.items()}
                open_times, closes = open_times[before:], closes[before:]
                partial = frozenset([row - before for row in partial if row >= before])
        close_times = None if self._grid is None or self._are_whole(open_times, closes) else closes
        failed = self._lost_in(len(rows), first) if self._failed else None
        frames = Frames(self._symbol, self.timeframe, open_times, columns, close_times, partial, failed, finer)
        out.extend(zip(self._keys, repeat(frames)))
        if self._views:
            prices = {name: columns[name] for name in BASE_COLUMNS}
            for view in self._views:
                seen_by = {name: columns[known] for name, known in view.columns.items()}
                lost = failed and {name: failed[known] for name, known in view.columns.items() if known in failed}
                seen = prices | seen_by
                frames = Frames(self._symbol, self.timeframe, open_times, seen, close_times, partial, lost, finer)
                out.extend(zip(view.keys, repeat(frames)))

    def _take(self, rows: Sequence[Row], open_times: list[int], closes: list[int] | None) -> Mapping[str, list[float]]:
        """Every column over a run, the bar before it at the head."""
        self._saved = None
        if closes is None:
            self.newest_close = open_times[-1] + self._length
        else:
            self.newest_close = closes[-1]
            self.closes = closes
        if self._reads and closes is not None:
            held = self._as_of(closes)
            if any(higher.lost for higher in self._higher):
                self._lose(closes)
            columns: Mapping[str, list[float]] = self._indicators.extend(rows, open_times, held) | held
        else:
            columns = self._indicators.extend(rows, open_times)
        if self._indicators.failed is not self._failed:
            self._look_for_failures(open_times)
        if self._read:
            self._values = columns
            for native in self._read:
                self._read[native] = columns[native][-1]
        return columns

    def _lose(self, closes: list[int]) -> None:
        """What is read of higher series and failed there is out of service here, from the bar that sees it on."""
        known = self._indicators.failed
        for column, higher, native in self._reads:
            lost = higher.lost.get(native)
            if lost is not None and column not in known:
                row = bisect_left(closes, lost[0])
                if row < len(closes):
                    self._indicators.lose(column, Failure(self._indicators.count + row, lost[1]))

    def _look_for_failures(self, open_times: Sequence[int] = ()) -> None:
        """Take note of what is out of service, by close times; ``open_times`` are those of the newest bars."""
        failed = self._failed = self._indicators.failed
        first = self._indicators.count - len(open_times)
        lost: dict[str, tuple[int, str]] = {}
        for column, (bar, reason) in failed.items():
            if bar >= first + len(open_times):
                since = 0 if self.newest_close is None else self.newest_close + 1
            elif bar >= first:
                since = self.close_of(open_times[bar - first])
            else:
                since = self.newest_close or 0
            lost[column] = self.lost.get(column, (since, reason))
        self.lost = lost

    def _lost_in(self, count: int, first: int) -> dict[str, Lost]:
        """What is out of service in the newest rows, of which those before ``first`` are not shown."""
        before = self._indicators.count - count + first
        return {
            column: Lost(max(0, failed.bar - before), failed.reason)
            for column, failed in self._failed.items()
            if failed.bar < self._indicators.count
        }

    def _as_of(self, closes: list[int]) -> dict[str, list[float]]:
        """What is read of higher series, at the bar before a run and at each of its bars."""
        held: dict[str, list[float]] = {}
        seen = self._seen
        counts: dict[str, list[int]] = {}
        for column, higher, native in self._reads:
            ends = higher.closes
            if not ends:
                now = higher.value(native)
                held[column] = [seen[column], *[now] * len(closes)]
            else:
                of_bars = counts.get(higher.timeframe)
                if of_bars is None:
                    of_bars = counts[higher.timeframe] = [bisect_right(ends, close) for close in closes]
                steps = higher.steps(native)
                held[column] = [seen[column], *[steps[count] for count in of_bars]]
            seen[column] = held[column][-1]
        return held

    def steps(self, native: str) -> Sequence[float]:
        """For a lower series: a column that it reads, before the run that is being worked and at each of its bars."""
        return self._values[native]

    def _seen_now(self, read: Read) -> float:
        """A column of a higher series as of the newest bar."""
        higher = read.higher
        newest = higher.value(read.native)
        if self.newest_close is None or higher.newest_close is None:
            return math.nan
        if higher.newest_close <= self.newest_close:
            return newest
        try:
            values, gap = higher.past(read.native, [self.newest_close])
        except IndicatorFailed as error:
            values, gap = [math.nan], Failure(0, str(error))
        if gap is not None and gap.bar == 0:
            self._indicators.lose(read.column, Failure(self._indicators.count, gap.reason))
        return values[0]

    def _handed(self, column: str, open_times: Sequence[float]) -> Told:
        """What a column of a higher series was at earlier bars."""
        read = next(read for read in self._reads if read.column == column)
        return read.higher.past(read.native, [self.close_of(int(time)) for time in open_times])

    def _are_whole(self, open_times: list[int], closes: list[int] | None) -> bool:
        """Whether each bar closed as long after its opening as its timeframe says."""
        length = self._length
        return closes is None or all(close - opened == length for opened, close in zip(open_times, closes, strict=True))

    def close_of(self, open_time: int) -> int:
        """When the bar closed that opened then, in milliseconds."""
        bucket = None if self._grid is None else self._grid.bucket(open_time, self.timeframe)
        return open_time + self._length if bucket is None else bucket[1]

    def _put_away(self) -> None:
        """Put what nobody reads into the history."""
        if self._idle:
            bars, self._idle = self._idle, []
            self._indicators.extend(self.rows_of(bars), [bar.open_time for bar in bars])

    def rows_of(self, bars: Sequence[Bar]) -> list[Row]:
        """What indicators are computed of, by the method of the timeframe."""
        if self.method == "ohlc":
            return [bar[2:7] for bar in bars]  # as ``row_of`` has it, for a tenth of the time
        return [row_of(bar, self.method) for bar in bars]
