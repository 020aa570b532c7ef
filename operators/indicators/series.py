"""The distinct indicators of one symbol and timeframe, each computed once for everybody who wants it."""

import math
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypedDict

from operators.indicators.anchors import ANCHOR_BARS
from operators.indicators.derived import DERIVED_PRICES
from operators.indicators.graph import ordered
from operators.indicators.history import BASE_COLUMNS, TIME, History, Row
from operators.indicators.lane import Lane
from operators.indicators.node import Indicator, Output
from operators.indicators.total_lane import TotalLane, lane_of

__all__ = ["ANCHOR_BARS", "SERIES_STATE_VERSION", "IndicatorSeries", "Row", "SeriesState"]

SERIES_STATE_VERSION = 2

Past = Callable[[str, Sequence[float]], Sequence[float]]
"""Of a column that is computed elsewhere, its value at the candles that opened at these times (milliseconds)."""

_NOTHING: Mapping[str, Sequence[float]] = MappingProxyType({})


class SeriesState(TypedDict):
    """A snapshot of a series: primitives only.

    Which indicators were wanted is not in it: that is the strategies' business, who say so again after a restore.
    """

    version: int
    anchor_bars: int
    count: int
    history: bytes
    totals: dict[str, bytes]


class IndicatorSeries:
    """Bounded history and indicator values of one series of closed candles.

    Bars are numbered from the first that the series ever saw. The value of an indicator at a bar is defined in
    ``lane``: before the first re-anchoring that leaves bars out it equals TA-Lib's batch function over all bars to the
    bit, and after it to 1e-9. It is NaN before bar ``lookback``. An indicator that reads others is computed of their
    values; they are computed too, each once.

    An indicator wanted late has, from its first value on, the values of one wanted from the start. It has them at once
    if the history reaches back over its window; else it is NaN until the first anchor for which the history does.
    ``history_bars`` is what is kept for such latecomers; what the wanted indicators need is kept in any case.

    An indicator on candles of another timeframe is computed elsewhere and handed in with the candles.

    Cost: about 0.2 microseconds for each indicator and bar, less in large batches; memory 48 bytes for each bar kept,
    which is ``max(history_bars, reach + ANCHOR_BARS)`` of them, and 8 for each column that another indicator reads.

    Raises:
        ValueError: the state is of another version or damaged, or ``history_bars`` is less than 1.
    """

    def __init__(self, history_bars: int, state: SeriesState | None = None) -> None:
        self._history_bars = _checked(history_bars)
        self._history = History(history_bars, slack=ANCHOR_BARS)
        self._inner: list[Lane] = []
        self._outer: list[Lane] = []
        self._lanes: dict[str, Lane] = {}
        self._supplied: tuple[str, ...] = ()
        self._totals: dict[str, bytes] = {}
        if state is not None:
            _check(state)
            self._history.load(state["count"], state["history"])
            self._totals = dict(state["totals"])

    @property
    def count(self) -> int:
        """How many bars the series has seen."""
        return self._history.count

    @property
    def bars_held(self) -> int:
        """How many bars are in memory."""
        return self._history.held

    @property
    def limit(self) -> int:
        """How many bars are kept for good; ``bars_held`` may be up to ``ANCHOR_BARS`` more."""
        return self._history.limit

    def keep(self, history_bars: int) -> None:
        """Keep so many bars for latecomers from now on, as if the series had been made with it; ``want`` comes next.

        Raises:
            ValueError: it is less than 1.
        """
        self._history_bars = _checked(history_bars)

    @property
    def newest_time(self) -> float:
        """Open time of the newest bar in milliseconds; NaN where there is none or none was told."""
        return self._history.newest_time

    def bar(self, ago: int) -> Row | None:
        """The bar that came ``ago`` bars ago, 1 for the newest; None if it is not kept."""
        return self._history.bar(ago)

    def ago(self, open_time: int) -> int | None:
        """How many bars ago the bar came that opened then, 1 for the newest; None if it is not kept."""
        return self._history.ago(open_time)

    def bars(self, most: int) -> tuple[list[Row], list[int]]:
        """The newest bars, at most so many of those that are kept, with their open times."""
        history = self._history
        first = max(history.oldest, history.count - most)
        if first == history.count:
            return [], []
        columns = [history.window(name, first).tolist() for name in BASE_COLUMNS]
        return list(zip(*columns, strict=True)), history.window(TIME, first).astype(int).tolist()

    def last(self, column: str) -> float:
        """The value of a column of a wanted indicator at the newest bar."""
        for lane in self._lanes.values():
            if column in lane.columns:
                return lane.last[lane.columns.index(column)]
        raise KeyError(column)

    def past(self, column: str) -> tuple[list[float], list[float]]:
        """The values of a column of a wanted indicator at the bars that are kept, and the open times of those.

        NaN where the history does not reach far enough back.
        """
        history = self._history
        if not history.count:
            return [], []
        lane = next(lane for lane in self._lanes.values() if column in lane.columns)
        values = lane.past(history)[lane.columns.index(column)]
        return list(values), history.window(TIME, history.oldest).tolist()

    def want(self, indicators: Iterable[Indicator], past: Past | None = None, past_bars: int = 0) -> None:
        """Compute exactly these, and what they read, from now on. Those that were wanted before go on undisturbed.

        Args:
            indicators: those whose columns ``extend`` is to give.
            past: for indicators on candles of another timeframe, what ``extend`` would have been handed for the bars
                that are kept.
            past_bars: for so many bars back ``past`` has to give exact values.
        """
        nodes = ordered(indicators)
        computed = [node for node in nodes if node.timeframe is None]
        inputs = {name for node in computed for name in node.inputs}
        read = {reading.column for node in computed for reading in node.readings if isinstance(reading, Output)}
        spare = past_bars + ANCHOR_BARS if past_bars else 0
        reaches = [node.reach + ANCHOR_BARS + spare for node in computed]
        history = self._history
        history.retain(max(self._history_bars, *reaches, 0), inputs.intersection(DERIVED_PRICES), read)
        lanes: dict[str, Lane] = {}
        for node in nodes:
            unrecorded = [column for column in node.columns if column in read and not history.records(column)]
            if node.timeframe is not None:
                for column in unrecorded:
                    history.record(column, self._handed(column, past))
                continue
            lane = lanes[node.key] = self._lanes.get(node.key) or self._opened(node, recorded=bool(unrecorded))
            if unrecorded:
                for column, values in zip(lane.columns, lane.past(history), strict=True):
                    if column in unrecorded:
                        history.record(column, values)
        self._totals = {}
        self._lanes = lanes
        self._inner = [lane for lane in lanes.values() if not read.isdisjoint(lane.columns)]
        self._outer = [lane for lane in lanes.values() if read.isdisjoint(lane.columns)]
        self._supplied = tuple(
            column for node in nodes if node.timeframe is not None for column in node.columns if column in read
        )

    def extend(
        self,
        rows: Sequence[Row],
        open_times: Sequence[int] | None = None,
        supplied: Mapping[str, Sequence[float]] = _NOTHING,
    ) -> dict[str, list[float]]:
        """Append closed candles and compute what is wanted.

        Args:
            rows: n candles in order, checked already (finite, positive prices).
            open_times: their open times in milliseconds; without them nothing that reads ``time`` is ever ready.
            supplied: for every column that a wanted indicator reads and that is of another timeframe, n + 1 values as
                below.

        Returns:
            For ``open``, ``high``, ``low``, ``close``, ``volume`` and every column of a computed indicator n + 1
            values: at index 0 the one at the bar before the first new one (NaN if there is none), at index i + 1 the
            one at row i; NaN where the indicator is not ready.
        """
        if len(rows) == 1:
            return self._extend_by_one(rows[0], math.nan if open_times is None else open_times[0], supplied)
        history = self._history
        times: Sequence[float] = [math.nan] * len(rows) if open_times is None else open_times
        prices = list(zip(*rows, strict=True)) or [()] * len(BASE_COLUMNS)
        named = zip(BASE_COLUMNS, history.newest, prices, strict=True)
        values = {name: [last, *column] for name, last, column in named}
        columns = [array("d", column) for column in (*prices, times)]
        for lane in self._lanes.values():
            for name, last in zip(lane.columns, lane.last, strict=True):
                values[name] = [last]
        done = 0
        while done < len(rows):
            stop = done + ANCHOR_BARS - history.count % ANCHOR_BARS
            chunk = history.extend([column[done:stop] for column in columns])
            added = len(chunk["close"])
            for name in self._supplied:
                chunk[name] = part = supplied[name][done + 1 : done + 1 + added]
                history.write(name, part)
            if self._inner:
                self._advance_inner(chunk, added, values)
            for lane in self._outer:
                for name, new in zip(lane.columns, lane.advance(history, chunk, added), strict=True):
                    values[name] += new
            done += added
        return values

    def _advance_inner(self, chunk: dict[str, Sequence[float]], added: int, values: dict[str, list[float]]) -> None:
        """The lanes that others read, which find what they read in ``chunk`` and leave theirs there."""
        history = self._history
        for lane in self._inner:
            for name, new in zip(lane.columns, lane.advance(history, chunk, added), strict=True):
                values[name] += new
                chunk[name] = new
                if history.records(name):
                    history.write(name, new)

    def _extend_by_one(
        self, row: Row, open_time: float, supplied: Mapping[str, Sequence[float]]
    ) -> dict[str, list[float]]:
        """``extend`` without the machinery of batches: a live feed brings one candle at a time."""
        history = self._history
        last_open, last_high, last_low, last_close, last_volume = history.newest
        named = history.push(row, open_time)
        values = {
            "open": [last_open, row[0]],
            "high": [last_high, row[1]],
            "low": [last_low, row[2]],
            "close": [last_close, row[3]],
            "volume": [last_volume, row[4]],
        }
        for name in self._supplied:
            named[name] = value = supplied[name][1]
            history.write(name, (value,))
        for lane in self._inner:
            lasts = lane.last
            for name, last, new in zip(lane.columns, lasts, lane.step(history, named), strict=True):
                values[name] = [last, new]
                named[name] = new
                if history.records(name):
                    history.write(name, (new,))
        for lane in self._outer:
            lasts = lane.last
            for name, last, new in zip(lane.columns, lasts, lane.step(history, named), strict=True):
                values[name] = [last, new]
        return values

    def snapshot(self) -> SeriesState:
        """What is needed to go on, to the bit, after a restore and the same ``want``."""
        totals = {key: lane.dump(self._history) for key, lane in self._lanes.items() if isinstance(lane, TotalLane)}
        return SeriesState(
            version=SERIES_STATE_VERSION,
            anchor_bars=ANCHOR_BARS,
            count=self._history.count,
            history=self._history.dump(),
            totals=self._totals | totals,
        )

    def _opened(self, node: Indicator, *, recorded: bool) -> Lane:
        """A new lane at the newest bar; one of which the past is to be asked opens itself then."""
        lane = lane_of(node)
        saved = self._totals.get(node.key)
        if isinstance(lane, TotalLane) and saved is not None:
            lane.load(self._history, saved)
        elif not recorded:
            lane.open(self._history)
        return lane

    def _handed(self, column: str, past: Past | None) -> Sequence[float]:
        """A column that is computed elsewhere, at the bars that are kept."""
        history = self._history
        if not history.count:
            return ()
        if past is None:
            raise ValueError(f"{column}: expected to be told its values so far, it is computed elsewhere")
        return past(column, history.window(TIME, history.oldest).tolist())


def _checked(history_bars: int) -> int:
    if history_bars < 1:
        raise ValueError(f"history_bars: expected at least 1, found {history_bars}")
    return history_bars


def _check(state: SeriesState) -> None:
    """Refuse a state whose values would not go on to the bit."""
    for name, expected in (("version", SERIES_STATE_VERSION), ("anchor_bars", ANCHOR_BARS)):
        found = state.get(name)
        if found != expected:
            raise ValueError(
                f"indicator series: expected a snapshot with {name} {expected}, found {found!r}; "
                "it comes from another release, start this series cold",
            )
