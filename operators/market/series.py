"""One timeframe of one symbol: which candles are taken, what the indicators are, and who runs on it from which bar."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import repeat
from typing import Any, Protocol

from operators.control.scheduled import Scheduled
from operators.events import Frames, Transition
from operators.indicators.anchors import first_exact_bar, whole_spans
from operators.indicators.history import BASE_COLUMNS, Row
from operators.indicators.node import Indicator
from operators.indicators.series import IndicatorSeries
from operators.lift import Snapshot
from operators.market.buckets import bucket_of
from operators.market.higher import Higher
from operators.market.needs import Held, Needs, Origins, needs_of, unable
from operators.market.schedule import Schedule
from operators.market.views import View, views_of
from operators.strategy.catalog import Catalog
from schemas.alert import Alert, alert_id
from schemas.candle_row import CandleRow
from schemas.record import from_milliseconds
from schemas.timeframe import timeframe_ms

_LONGEST_MESSAGE = 2_000  # characters of an alert

Fed = tuple[str, Frames | Transition]
"""An event and the key of the strategy step that it is for."""


class Outlet(Protocol):
    """Where a series puts what it has to say: a list of this and whatever else its owner emits."""

    def append(self, said: Fed | Alert, /) -> None:
        """One more."""
        ...

    def extend(self, said: Iterable[Fed], /) -> None:
        """Some more."""
        ...


class Series:
    """Closed candles in order, in; frames and transitions by strategy key, out.

    Candles are held back until ``flush`` so that a batch is worked as one run. A command that falls due cuts the run:
    the candles before it go to who ran then, the ones from it on to who runs now. What comes out is the same for every
    way of batching, and for one strategy whatever the others are: a strategy that starts late with indicators that
    reach further back than ``history_bars`` is fed from the first bar for which that history is enough, even where a
    neighbour has made the series keep more.

    Indicators on higher timeframes are computed of candles gathered here, for each strategy from the first whole one
    that the last ``history_bars`` candles held when it first asked for the indicator: that stays its origin until it
    stops or asks no more. A running total counts from the first bar, or from the oldest of that history. A strategy
    that asks for a timeframe that cannot be made of this one is not fed at all; its transition says why, and an alert
    does.
    """

    def __init__(
        self, symbol: str, timeframe: str, catalog: Catalog, history_bars: int, resume: dict[str, Any] | None = None
    ) -> None:
        self.symbol = symbol
        self.timeframe = timeframe
        self._length = timeframe_ms(timeframe)
        self._catalog = catalog
        self._history_bars = history_bars
        self._fresh: list[Row] = []
        self._fresh_times: list[int] = []
        self._exact_from: dict[str, dict[str, int]] = {}
        self._needs: dict[str, Needs] = {}
        self._higher: dict[tuple[str, int], Higher] = {}
        self._held: dict[str, Held] = {}
        self._running: list[str] = []
        self._views: list[View] = []
        self._next_cut: int | None = None
        if resume is None:
            self._indicators = IndicatorSeries(history_bars)
            self._schedule = Schedule()
        else:
            self._indicators = IndicatorSeries(history_bars, resume["indicators"])
            self._schedule = Schedule.restored(resume["schedule"], catalog)
            self._exact_from = {strategy: dict(bars) for strategy, bars in resume["exact_from"].items()}
            for state in resume["higher"]:
                place = state["timeframe"], state["origin"]
                self._higher[place] = Higher(state["timeframe"], timeframe, state["origin"], history_bars, state)
            for one in self._schedule.present():
                strategy = one.desired.strategy
                indicators = catalog.add(one.version).indicators
                if not unable(indicators, timeframe):
                    origins = resume["origins"].get(strategy, {})
                    self._needs[strategy] = needs_of(indicators, timeframe, partial(_known, origins))
            self._rewire()
        newest = self._indicators.newest_time
        self.newest = None if math.isnan(newest) else int(newest)
        """Open time of the newest candle, in milliseconds."""

    def snapshot(self) -> Snapshot:
        """The history, what is held of other timeframes and the schedule, as primitives."""
        return {
            "indicators": self._indicators.snapshot(),
            "higher": [self._higher[place].snapshot() for place in sorted(self._higher)],
            "origins": {strategy: dict(needs.origins) for strategy, needs in self._needs.items() if needs.origins},
            "schedule": self._schedule.snapshot(),
            "exact_from": {strategy: dict(bars) for strategy, bars in self._exact_from.items()},
        }

    def missing_before(self, open_time: int) -> int:
        """How many candles are missing between the newest one and one that opens at ``open_time``."""
        return 0 if self.newest is None else (open_time - self.newest) // self._length - 1

    def repeats(self, row: CandleRow) -> bool | None:
        """Whether a candle that is not new says the same as the one taken; None where that one is no longer held."""
        open_time = row[2]
        fresh = len(self._fresh)
        index = bisect_left(self._fresh_times, open_time)
        if index < fresh and self._fresh_times[index] == open_time:
            ago, taken = fresh - index, self._fresh[index]
        else:
            before = self._indicators.ago(open_time)
            found = None if before is None else self._indicators.bar(before)
            if before is None or found is None:
                return None
            ago, taken = fresh + before, found
        return taken == row[3:8] if ago <= self._history_bars else None

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
                    self._apply(one, row, out)
                self._rewire()
        if self._next_cut is not None and self._indicators.count + len(self._fresh) >= self._next_cut:
            self.flush(out)
            self._rewire()
        self.newest = open_time
        self._fresh_times.append(open_time)
        self._fresh.append(row[3:8])

    def flush(self, out: Outlet) -> None:
        """Work the candles held back, and hand the frames to everyone who runs."""
        if not self._fresh:
            return
        rows, times = self._fresh, self._fresh_times
        self._fresh, self._fresh_times = [], []
        if not self._higher:
            columns = self._indicators.extend(rows, times)
        else:
            seen = {place: higher.extend(rows, times) for place, higher in self._higher.items()}
            held = {
                column: seen[one.timeframe, one.origin][native]
                for one in self._held.values()
                for column, native in one.columns
            }
            columns = self._indicators.extend(rows, times, held)
            columns |= held
        frames = Frames(self.symbol, self.timeframe, times, columns)
        out.extend(zip(self._running, repeat(frames)))
        prices = {name: columns[name] for name in BASE_COLUMNS} if self._views else {}
        for view in self._views:
            seen_by = {name: columns[known] for name, known in view.columns.items()}
            frames = Frames(self.symbol, self.timeframe, times, prices | seen_by)
            out.extend(zip(view.keys, repeat(frames)))

    def _rewire(self) -> None:
        """Feed who runs and is warm, and keep warm the indicators of who is paused."""
        bar = self._indicators.count
        ahead = {strategy: _later(bars, bar) for strategy, bars in self._exact_from.items()}
        self._exact_from = {strategy: bars for strategy, bars in ahead.items() if bars}
        self._next_cut = min((max(bars.values()) for bars in self._exact_from.values()), default=None)
        self._want()
        plain, viewing = [], []
        for one in self._schedule.running():
            strategy = one.desired.strategy
            needs = self._needs.get(strategy)
            if needs is None or strategy in self._exact_from:
                continue
            if needs.columns:
                viewing.append((self._key(strategy), needs.columns))
            else:
                plain.append(self._key(strategy))
        self._running = plain
        self._views = views_of(viewing)

    def _want(self) -> None:
        """Compute what somebody needs, and nothing else."""
        needs = self._needs.values()
        self._held = {held.placed.key: held for one in needs for held in one.held}
        natives: dict[tuple[str, int], list[Indicator]] = {}
        for held in self._held.values():
            natives.setdefault((held.timeframe, held.origin), []).append(held.native)
        # What is kept of another timeframe must not depend on who else reads it.
        past_bars = max((self._history_bars, *(one.past_bars for one in needs)))
        higher = {place: self._higher.get(place) or self._gathered(*place) for place in natives}
        self._higher = higher
        for place, indicators in natives.items():
            higher[place].want(indicators, past_bars)
        self._indicators.want((indicator for one in needs for indicator in one.computed), self._past)

    def _gathered(self, timeframe: str, origin: int) -> Higher:
        """Another timeframe, made of the candles that are kept."""
        higher = Higher(timeframe, self.timeframe, origin, self._history_bars)
        higher.extend(*self._indicators.bars(self._history_bars))
        return higher

    def _past(self, column: str, open_times: Sequence[float]) -> Sequence[float]:
        """What a column of another timeframe was at earlier candles."""
        key, _, output = column.rpartition(".")
        held = self._held[key]
        return self._higher[held.timeframe, held.origin].past(f"{held.native.key}.{output}", open_times)

    def _apply(self, one: Scheduled, row: CandleRow, out: Outlet) -> None:
        """A command at its bar; notes from which bar on the version's new indicators are exact."""
        bar = self._indicators.count
        desired = one.desired
        strategy = desired.strategy
        before = self._needs.pop(strategy, None)
        waited = self._exact_from.pop(strategy, {})
        first, reason, young = bar, "", ""
        if desired.state != "stopped":
            indicators = self._catalog.add(one.version).indicators
            reason = unable(indicators, self.timeframe)
            if reason:
                out.append(self._alert(one, row, reason))
            else:
                origins: Origins = {} if before is None else before.origins
                wanted = needs_of(indicators, self.timeframe, partial(self._origin, origins, row[2]))
                warm = {} if before is None else dict.fromkeys((one.key for one in before.computed), bar) | waited
                oldest = max(0, bar - self._history_bars)
                # A rule may look one bar back, so that bar has to be exact too.
                exact = {
                    one.key: warm.get(one.key) or first_exact_bar(one.reach, oldest=oldest, bar=bar - 1) + 1
                    for one in wanted.computed
                }
                first = max((bar, *exact.values()))
                self._needs[strategy] = wanted
                self._exact_from[strategy] = _later(exact, bar)
                if oldest:
                    young = _young(wanted, origins)
        warm_up = max(0, first - bar)
        transition = Transition(
            self.symbol, self.timeframe, row[2], row[6], desired, one.version, warm_up, reason, young
        )
        out.append((self._key(strategy), transition))

    def _origin(self, origins: Origins, open_time: int, indicator: Indicator) -> int:
        """Where an indicator begins that does not forget it: where it did, or where the history surely reaches."""
        known = origins.get(indicator.key)
        if known is not None:
            return known
        timeframe = indicator.timeframe
        if timeframe is None:
            bar = self._indicators.count
            return min(bar, whole_spans(max(0, bar - self._history_bars)))  # many share an anchor
        _, times = self._indicators.bars(self._history_bars)
        oldest = times[0] if times else open_time
        bucket = bucket_of(oldest, timeframe)
        return bucket if bucket == oldest else bucket + timeframe_ms(timeframe)

    def _alert(self, one: Scheduled, row: CandleRow, reason: str) -> Alert:
        strategy = one.desired.strategy
        event_time = from_milliseconds(row[2] + self._length)
        return Alert(
            id=alert_id("quarantine", self.symbol, self.timeframe, event_time, strategy),
            kind="quarantine",
            severity="error",
            symbol=self.symbol,
            timeframe=self.timeframe,
            strategy=strategy,
            event_time=event_time,
            message=f"version {one.desired.version} cannot run on this series: {reason}"[:_LONGEST_MESSAGE],
        )

    def _key(self, strategy: str) -> str:
        return f"{strategy}|{self.symbol}|{self.timeframe}"


def _known(origins: Origins, indicator: Indicator) -> int:
    return origins[indicator.key]


def _later(bars: Mapping[str, int], bar: int) -> dict[str, int]:
    """Those that come after ``bar``."""
    return {key: exact for key, exact in bars.items() if exact > bar}


def _young(needs: Needs, known: Origins) -> str:
    """What begins only now on higher timeframes, where a strategy that began earlier has seen more candles."""
    held = [one for one in needs.held if one.placed.key.rpartition("#")[0] not in known]
    if not held:
        return ""
    names = ", ".join(one.placed.key.rpartition("#")[0] for one in held)
    longest = max(held, key=lambda one: one.native.reach * timeframe_ms(one.timeframe))
    since = from_milliseconds(max(one.origin for one in held))
    return (
        f"{names:.500}: computed of candles since {since:%Y-%m-%d %H:%M}, which is as far as the history kept reaches; "
        f"the same as over all candles from {longest.native.reach:,} candles of {longest.timeframe} after that on"
    )
