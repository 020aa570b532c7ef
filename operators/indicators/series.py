"""The distinct indicators of one symbol and timeframe, each computed once for everybody who wants it."""

import math
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

from operators.indicators.anchors import ANCHOR_BARS
from operators.indicators.derived import DERIVED_PRICES
from operators.indicators.failed_lane import FailedLane
from operators.indicators.failure import Failure, Failures, IndicatorFailed, Told, failure, let_go
from operators.indicators.graph import ordered
from operators.indicators.history import BASE_COLUMNS, TIME, History, Row
from operators.indicators.lane import Lane
from operators.indicators.node import Indicator, Output
from operators.indicators.one_by_one import one_by_one
from operators.indicators.series_state import SERIES_STATE_VERSION, SeriesState, check_state
from operators.indicators.total_lane import TotalLane, lane_of
from operators.snapshot import SnapshotRefused

__all__ = ["ANCHOR_BARS", "SERIES_STATE_VERSION", "IndicatorSeries", "Row", "SeriesState"]

Past = Callable[[str, Sequence[float]], Told]
"""Of a column that is computed elsewhere, its value at the candles that opened at these times (milliseconds)."""

_NOTHING: Mapping[str, Sequence[float]] = MappingProxyType({})


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

    An indicator that raises, in whatever it is asked, is out of service from that bar on, with all that read it: NaN,
    and not asked again until ``forgive``. Which bar that is does not depend on how bars are batched, for then they are
    worked again one by one. It is the kernel's part that what it raises depends on the bars alone, as its values do.

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
        self._failures = Failures()
        if state is not None:
            check_state(state)
            self._history.load(state["count"], state["history"])
            self._totals = dict(state["totals"])
            self._failures = Failures(state.get("failed"))

    @property
    def count(self) -> int:
        """How many bars the series has seen."""
        return self._history.count

    @property
    def failed(self) -> Mapping[str, Failure]:
        """Every column that is out of service, from which bar on, and why. Another object whenever it changes."""
        return self._failures.columns

    def lose(self, column: str, failed: Failure) -> None:
        """A column of another timeframe is out of service there, and from a bar of this series on here."""
        self._failures.lost(column, failed)

    def forgive(self, indicators: Iterable[Indicator]) -> bool:
        """Try again what is out of service of these, as if it had never been wanted; ``want`` comes next.

        Returns:
            whether anything is.
        """
        found = self._failures.forgive(indicators)
        for one in found:
            self._lanes.pop(one.key, None)
            self._history.forget([*one.columns, *one.inputs])
        return bool(found)

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

    def past(self, column: str) -> tuple[Told, list[float]]:
        """The values of a column of a wanted indicator at the bars that are kept, and the open times of those.

        NaN where the history does not reach far enough back.

        Raises:
            IndicatorFailed: it is out of service.
        """
        history = self._history
        if not history.count:
            return Told([]), []
        lane = next(lane for lane in self._lanes.values() if column in lane.columns)
        values = self._past_of(lane)[lane.columns.index(column)]
        failed = self.failed.get(column)
        if failed is not None:
            raise IndicatorFailed(failed.reason)
        oldest, gap = history.oldest, lane.gap
        times = history.window(TIME, oldest).tolist()
        return Told(list(values), None if gap is None else Failure(gap.bar - oldest, gap.reason)), times

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
        before, self._lanes = self._lanes, {}
        self._failures.want(computed)
        for node in nodes:
            unrecorded = [column for column in node.columns if column in read and not history.records(column)]
            if node.timeframe is not None:
                for column in unrecorded:
                    history.record(column, self._handed(column, past))
                continue
            lane = before.get(node.key) or self._opened(node, recorded=bool(unrecorded))
            self._lanes[node.key] = lane
            if unrecorded:
                for column, values in zip(lane.columns, self._past_of(lane), strict=True):
                    if column in unrecorded:
                        history.record(column, values)
                        if lane.gap is not None:
                            self._failures.unknown(column, lane.gap, history.count)
        self._totals = {}
        self._inner = [lane for lane in self._lanes.values() if not read.isdisjoint(lane.columns)]
        self._outer = [lane for lane in self._lanes.values() if read.isdisjoint(lane.columns)]
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
                try:
                    found = lane.advance(history, chunk, added)
                except Exception as error:  # noqa: BLE001  # the indicator's boundary: its fault is its readers' affair alone
                    found = self._again(lane, chunk, added, error)
                for name, new in zip(lane.columns, found, strict=True):
                    values[name] += new
            done += added
        return values

    def _advance_inner(self, chunk: dict[str, Sequence[float]], added: int, values: dict[str, list[float]]) -> None:
        """The lanes that others read, which find what they read in ``chunk`` and leave theirs there."""
        history = self._history
        for lane in self._inner:
            try:
                found = lane.advance(history, chunk, added)
            except Exception as error:  # noqa: BLE001  # as in ``extend``
                found = self._again(lane, chunk, added, error)
            for name, new in zip(lane.columns, found, strict=True):
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
            try:
                found = lane.step(history, named)
            except Exception as error:  # noqa: BLE001  # as in ``extend``
                found = self._fails(lane, history.count - 1, error).last
            for name, last, new in zip(lane.columns, lasts, found, strict=True):
                values[name] = [last, new]
                named[name] = new
                if history.records(name):
                    history.write(name, (new,))
        for lane in self._outer:
            lasts = lane.last
            try:
                found = lane.step(history, named)
            except Exception as error:  # noqa: BLE001  # as in ``extend``
                found = self._fails(lane, history.count - 1, error).last
            for name, last, new in zip(lane.columns, lasts, found, strict=True):
                values[name] = [last, new]
        return values

    def _again(
        self, lane: Lane, chunk: Mapping[str, Sequence[float]], added: int, error: Exception
    ) -> Sequence[Sequence[float]]:
        """The values of a lane that raised, up to the bar at which it does one by one."""
        let_go(error)
        key = self._key_of(lane)
        columns, failed = one_by_one(key, lane, self._history, chunk, added)
        if failed is not None:
            self._take_out(key, failed)
        return columns

    def _fails(self, lane: Lane, bar: int, error: Exception) -> Lane:
        """As ``_take_out``, for a lane that raised at a bar."""
        key = self._key_of(lane)
        return self._take_out(key, failure(key, bar, error))

    def _key_of(self, lane: Lane) -> str:
        return next(key for key, one in self._lanes.items() if one is lane)

    def _take_out(self, key: str, failed: Failure) -> Lane:
        """Take a lane out of service; what stands in its place."""
        lane = self._lanes[key]
        silent = self._lanes[key] = FailedLane(lane.columns)
        self._inner = [silent if one is lane else one for one in self._inner]
        self._outer = [silent if one is lane else one for one in self._outer]
        self._failures.failed(key, failed)
        return silent

    def snapshot(self) -> SeriesState:
        """What is needed to go on, to the bit, after a restore and the same ``want``."""
        totals = dict(self._totals)
        for lane_key, lane in list(self._lanes.items()):
            if isinstance(lane, TotalLane):
                try:
                    totals[lane_key] = lane.dump(self._history)
                except Exception as error:  # noqa: BLE001  # as in ``extend``
                    self._fails(lane, self._history.count, error)
        return SeriesState(
            version=SERIES_STATE_VERSION,
            anchor_bars=ANCHOR_BARS,
            count=self._history.count,
            history=self._history.dump(),
            totals=totals,
            failed=self._failures.snapshot(),
        )

    def _opened(self, node: Indicator, *, recorded: bool) -> Lane:
        """A new lane at the newest bar; one of which the past is to be asked opens itself then."""
        if self._failures.of(node.key) is not None:
            return FailedLane(_columns(node))
        try:
            lane = lane_of(node)
            saved = self._totals.get(node.key)
            if isinstance(lane, TotalLane) and saved is not None:
                lane.load(self._history, saved)
            elif not recorded:
                lane.open(self._history)
        except SnapshotRefused:
            raise
        except Exception as error:  # noqa: BLE001  # as in ``extend``
            self._failures.failed(node.key, failure(node.key, self._history.count, error))
            return FailedLane(_columns(node))
        return lane

    def _past_of(self, lane: Lane) -> Sequence[Sequence[float]]:
        """The past of a lane that is at the newest bar, or is not open yet; it is at the newest bar afterwards."""
        try:
            return lane.past(self._history)
        except Exception as error:  # noqa: BLE001  # as in ``extend``
            return self._fails(lane, self._history.count, error).past(self._history)

    def _handed(self, column: str, past: Past | None) -> Sequence[float]:
        """A column that is computed elsewhere, at the bars that are kept."""
        history = self._history
        if not history.count:
            return ()
        if past is None:
            raise ValueError(f"{column}: expected to be told its values so far, it is computed elsewhere")
        try:
            told = past(column, history.window(TIME, history.oldest).tolist())
        except IndicatorFailed as error:
            self._failures.unknown(column, failure(column, history.count, error), history.count)
            return [math.nan] * (history.count - history.oldest)
        if told.gap is not None:
            self._failures.unknown(column, told.gap._replace(bar=history.oldest + told.gap.bar), history.count)
        return told.values


def _columns(node: Indicator) -> list[str]:
    """The columns of an indicator in the order in which its computation gives them."""
    return [f"{node.key}.{output}" for output in node.definition.produced]


def _checked(history_bars: int) -> int:
    if history_bars < 1:
        raise ValueError(f"history_bars: expected at least 1, found {history_bars}")
    return history_bars
