"""One indicator carried along a series by a TA-Lib handle that is opened anew at every anchor.

The value at bar ``i`` is TA-Lib's batch function over bars ``s`` to ``i``, its last element, where
``s = max(0, a - W)``, ``a = i - i % ANCHOR_BARS`` and W is the indicator's memory. That depends on the candles alone:
it is the same to the bit however they are batched, in a series that was restored from a snapshot, and for an indicator
that is wanted late.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import talib.stream

from operators.indicators.history import History
from operators.indicators.identity import Indicator

ANCHOR_BARS = 128
"""Bars from one opening to the next. Opening costs a live feed 2 % of its time at 128 bars and half that at 256; what a
series keeps in memory and writes into every snapshot grows with it."""

_BARS_FILLED_PER_UPDATE = 16  # one incremental update costs as much as this many bars of a batch pass


class Lane:
    """The values of one indicator, bar after bar.

    Attributes:
        columns: the column of every output, in TA-Lib's order.
        last: the value of every output at the newest bar, in that order, NaN where it is not ready.
    """

    def __init__(self, indicator: Indicator) -> None:
        definition = indicator.definition
        self.columns = tuple(f"{indicator.key}.{output}" for output in definition.produced)
        self.last = (math.nan,) * len(self.columns)
        self._single = len(self.columns) == 1
        self._inputs = indicator.inputs
        self._lookback = indicator.lookback
        self._memory = indicator.memory
        self._open_and_fill = getattr(talib.stream, definition.talib).open_and_fill
        talib_names = {parameter.name: parameter.talib for parameter in definition.parameters}
        self._arguments = {talib_names[name]: value for name, value in indicator.parameters}
        self._update: Callable[..., Any] | None = None

    def open(self, history: History) -> None:
        """Take the value at the newest bar of a history that was there before this lane."""
        if history.count:
            self._fill(history, 1)

    def step(self, history: History, row: Mapping[str, float]) -> tuple[float, ...]:
        """The value of every output at the newest bar, which is ``row`` and in ``history`` already."""
        update = self._update
        if update is None or (history.count - 1) % ANCHOR_BARS == 0:
            self._fill(history, 1)
        else:
            value = update(*[row[name] for name in self._inputs])
            self.last = (value,) if isinstance(value, float) else value
        return self.last

    def advance(self, history: History, rows: Mapping[str, Sequence[float]], count: int) -> Sequence[Sequence[float]]:
        """As ``step`` for many bars: a sequence of ``count`` values for every output.

        Args:
            history: the series, up to the newest bar.
            rows: its newest bars again, by column.
            count: how many they are, at least 1; none but the first may be an anchor.
        """
        update = self._update
        newest = history.count - 1
        anchored = (newest - count + 1) % ANCHOR_BARS == 0
        if update is None or anchored or count * _BARS_FILLED_PER_UPDATE > newest - self._start(newest):
            return self._fill(history, count)
        values = list(map(update, *[rows[name] for name in self._inputs]))
        columns: Sequence[Sequence[float]] = (values,) if self._single else tuple(zip(*values, strict=True))
        self.last = tuple([column[-1] for column in columns])
        return columns

    def _start(self, newest: int) -> int:
        """The first bar of the window in which the value at bar ``newest`` is computed."""
        return max(0, newest - newest % ANCHOR_BARS - self._memory)

    def _fill(self, history: History, count: int) -> Sequence[Sequence[float]]:
        """Open the handle over the window up to the newest bar; the values at the last ``count`` bars."""
        start = self._start(history.count - 1)
        if start < history.oldest or history.count - start <= self._lookback:
            self._update = None
            columns = [[math.nan] * count for _ in self.columns]
        else:
            windows = [history.window(name, start) for name in self._inputs]
            handle, filled = self._open_and_fill(*windows, **self._arguments)
            self._update = handle.update
            outputs: Sequence[npt.NDArray[np.float64]] = filled if isinstance(filled, tuple) else (filled,)
            columns = [output[-count:].tolist() for output in outputs]
        self.last = tuple([column[-1] for column in columns])
        return columns
