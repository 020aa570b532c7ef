"""One indicator carried along a series by a handle that is opened anew at every anchor.

The value at bar ``i`` is the batch function over bars ``s`` to ``i``, its last element, where ``s = max(0, a - W)``,
``a = i - i % ANCHOR_BARS`` and W is the indicator's memory. That depends on the candles alone: it is the same to the
bit however they are batched, in a series that was restored from a snapshot, and for an indicator that is wanted late.

An input that is computed itself, such as another indicator, is not finite before its first value, and may be so at any
bar (a division by zero in an expression). There the indicator is not ready, and ``s`` is the bar after the last such
bar, if that is later: it goes on as if the history began there.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from operators.indicators.anchors import ANCHOR_BARS, anchor_of
from operators.indicators.failure import Failure, failure
from operators.indicators.history import BASE_COLUMNS, History
from operators.indicators.node import Indicator
from operators.indicators.opening import opening_of

BARS_FILLED_PER_UPDATE = 16  # one incremental update costs as much as this many bars of a batch pass
_ALWAYS_FINITE = {*BASE_COLUMNS, "hl2", "hlc3", "ohlc4"}
_LARGEST = 1e100
"""What a computed input may be at most; a larger one counts as not finite. Sums of squares of such overflow, and then
TA-Lib raises or not by whether it is asked for one bar or for many."""


class Lane:
    """The values of one indicator, bar after bar.

    Attributes:
        columns: the column of every output, in the order in which the computation gives them.
        last: the value of every output at the newest bar, in that order, NaN where it is not ready.
        gap: the last bars at which ``past`` could not be told, and why; None where all of it could.

    What a kernel raises is raised on, TA-Lib's own refusals apart. The lane is of no use after that until ``rewind``.
    """

    gap: Failure | None = None

    def __init__(self, indicator: Indicator) -> None:
        definition = indicator.definition
        self.columns = tuple(f"{indicator.key}.{output}" for output in definition.produced)
        self.last = (math.nan,) * len(self.columns)
        self._key = indicator.key
        self._single = len(self.columns) == 1
        self._inputs = indicator.inputs
        self._lookback = indicator.own_lookback
        self._memory = indicator.memory
        self._reach = indicator.reach
        self._guarded = tuple(name for name in indicator.inputs if name not in _ALWAYS_FINITE)
        self._clean = 0  # the bar after the last one with an input that is not finite
        self._open_and_fill = opening_of(definition, dict(indicator.parameters))
        self._counts_bars = definition.counts_bars
        self._update: Callable[..., Any] | None = None

    def open(self, history: History) -> None:
        """Take the value at the newest bar of a history that was there before this lane."""
        newest = history.count - 1
        if newest < 0:
            return
        if self._guarded:
            start = max(history.oldest, self._start(newest))
            gaps = np.flatnonzero(~self._finite(history, start, newest + 1))
            self._clean = start + int(gaps[-1]) + 1 if len(gaps) else 0
        self._fill(history, newest, newest + 1)

    def rewind(self, history: History) -> None:
        """As ``open`` for a lane that has been open: back to where the history ends."""
        self._update = None
        self._clean = 0
        self.last = (math.nan,) * len(self.columns)
        self.open(history)

    def past(self, history: History) -> Sequence[Sequence[float]]:
        """As ``open``, and the value of every output at every bar that is kept.

        They are to the bit what they were when the bar was the newest, as far as the history reaches back for them;
        before that they are NaN. It is far enough for all that this lane's readers read.

        Bars on which the computation fails are NaN with all from one anchor to the next; ``gap`` says so.
        """
        values: list[list[float]] = [[] for _ in self.columns]
        self.gap = None
        self._clean = 0
        first = history.oldest
        while first < history.count:
            stop = min(anchor_of(first) + ANCHOR_BARS, history.count)
            try:
                worked = self._worked(history, first, stop)
            except Exception as error:
                if stop == history.count:
                    raise
                self.gap = failure(self._key, stop - 1, error)
                worked = [[math.nan] * (stop - first) for _ in self.columns]
            for column, part in zip(values, worked, strict=True):
                column.extend(part)
            first = stop
        return values

    def step(self, history: History, row: Mapping[str, float]) -> tuple[float, ...]:
        """The value of every output at the newest bar, which is ``row`` and in ``history`` already."""
        update = self._update
        if self._guarded and not all(map(_is_usable, map(row.__getitem__, self._guarded))):
            self._not_ready(history.count)
        elif update is None or (history.count - 1) % ANCHOR_BARS == 0:
            self._fill(history, history.count - 1, history.count)
        else:
            try:
                value = update(*[row[name] for name in self._inputs])
            except Exception as error:  # noqa: BLE001  # TA-Lib raises no other; see _pass_over
                _pass_over(error)
                self._not_ready(history.count)
            else:
                self.last = (value,) if self._single else value
        return self.last

    def advance(self, history: History, rows: Mapping[str, Sequence[float]], count: int) -> Sequence[Sequence[float]]:
        """As ``step`` for many bars: a sequence of ``count`` values for every output.

        Args:
            history: the series, up to the newest bar.
            rows: its newest bars again, by column.
            count: how many they are, at least 1; none but the first may be an anchor.
        """
        update = self._update
        stop = history.count
        first = stop - count
        anchored = first % ANCHOR_BARS == 0
        if self._guarded:
            if not self._finite(history, first, stop).all():
                return self._worked(history, first, stop)
            window = stop - 1 - max(self._start(first), self._clean)
        else:
            window = stop - 1 - self._start(first)
        if update is None or anchored or count * BARS_FILLED_PER_UPDATE > window:
            return self._fill(history, first, stop)
        try:
            values = list(map(update, *[rows[name] for name in self._inputs]))
        except Exception as error:  # noqa: BLE001  # as in ``step``
            _pass_over(error)
            return self._bar_by_bar(history, first, stop)
        columns: Sequence[Sequence[float]] = (values,) if self._single else tuple(zip(*values, strict=True))
        self.last = tuple([column[-1] for column in columns])
        return columns

    def _start(self, bar: int) -> int:
        """The first bar of the window in which the value at a bar is computed."""
        return max(0, bar - bar % ANCHOR_BARS - self._memory)

    def _finite(self, history: History, first: int, stop: int) -> npt.NDArray[np.bool_]:
        """For every bar whether all the computed inputs are finite."""
        finite = np.ones(stop - first, dtype=np.bool_)
        for name in self._guarded:
            finite &= np.abs(history.window(name, first, stop)) <= _LARGEST
        return finite

    def _not_ready(self, stop: int) -> None:
        """An input at the bar before ``stop`` is not finite."""
        self._clean = stop
        self._update = None
        self.last = (math.nan,) * len(self.columns)

    def _worked(self, history: History, first: int, stop: int) -> Sequence[Sequence[float]]:
        """The values at bars ``first`` to before ``stop``, inputs that are not finite among them."""
        if not self._guarded:
            return self._fill(history, first, stop)
        gaps = (first + np.flatnonzero(~self._finite(history, first, stop))).tolist()
        values: list[list[float]] = [[] for _ in self.columns]
        for gap in gaps:
            if gap > first:
                for column, part in zip(values, self._fill(history, first, gap), strict=True):
                    column.extend(part)
            for column in values:
                column.append(math.nan)
            self._not_ready(gap + 1)
            first = gap + 1
        if first < stop:
            for column, part in zip(values, self._fill(history, first, stop), strict=True):
                column.extend(part)
        return values

    def _bar_by_bar(self, history: History, first: int, stop: int) -> Sequence[Sequence[float]]:
        """As ``_fill`` where something in it raised: a bar on which the computation raises is not ready."""
        if stop - first == 1:
            self._not_ready(stop)
            return [[value] for value in self.last]
        bars = [self._fill(history, bar, bar + 1) for bar in range(first, stop)]
        return [[value for (value,) in column] for column in zip(*bars, strict=True)]

    def _fill(self, history: History, first: int, stop: int) -> Sequence[Sequence[float]]:
        """Open the handle over the window up to the bar before ``stop``; the values from bar ``first`` on.

        No bar after ``first`` may be an anchor, and no input from there on may be other than finite.
        """
        start = max(self._start(first), self._clean)
        count = stop - first
        if max(0, anchor_of(first) - self._reach) < history.oldest or stop - start <= self._lookback:
            self._update = None
            columns = [[math.nan] * count for _ in self.columns]
        else:
            windows = [history.window(name, start, stop) for name in self._inputs]
            try:
                handle, filled = self._open_and_fill(*windows)
            except Exception as error:  # noqa: BLE001  # TA-Lib raises no other; see _pass_over
                _pass_over(error)
                return self._bar_by_bar(history, first, stop)
            self._update = handle.update
            columns = [output[-count:].tolist() for output in filled]
            early = start + self._lookback - first
            if early > 0:  # a kernel's word is not taken for it: a batch would see what no single bar is shown
                for column in columns:
                    column[:early] = [math.nan] * early
            if self._counts_bars:
                self._update = _counting_from(start, handle.update)
                columns = [[start + value for value in column] for column in columns]
        self.last = tuple([column[-1] for column in columns])
        return columns


def _pass_over(error: Exception) -> None:
    """Go on where TA-Lib refuses absurd values, by a plain `Exception`; anything else is a kernel's own fault."""
    if type(error) is not Exception:
        raise error


def _is_usable(value: float) -> bool:
    return -_LARGEST <= value <= _LARGEST


def _counting_from(first: int, update: Callable[..., Any]) -> Callable[..., Any]:
    """The update of a handle that counts the bars it was shown, counting all bars: it was shown the ``first`` first."""

    def counted(*values: float) -> float | tuple[float, ...]:
        value = update(*values)
        return tuple([first + one for one in value]) if isinstance(value, tuple) else first + value

    return counted
