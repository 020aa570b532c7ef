"""One other timeframe of a series: its closed candles, and its indicators as the series' own candles see them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict

import numpy as np

from operators.indicators.node import Indicator
from operators.indicators.series import IndicatorSeries, Row, SeriesState
from operators.market.buckets import Buckets
from schemas.timeframe import timeframe_ms


class HigherState(TypedDict):
    """A snapshot of another timeframe: primitives only."""

    timeframe: str
    origin: int
    forming: list[float]
    indicators: SeriesState


class Higher:
    """Candles of a higher timeframe made of a series' own from an origin on, and indicators of them.

    A value is that of the last closed candle and holds until the next one closes, which it does with the series' candle
    that ends it: a rule on that candle sees the new value. Everything is a function of the candles from ``origin`` on.

    Attributes:
        timeframe: of the larger candles.
        origin: open time of the first of them, in milliseconds.
    """

    def __init__(
        self, timeframe: str, own: str, origin: int, history_bars: int, state: HigherState | None = None
    ) -> None:
        self.timeframe = timeframe
        self.origin = origin
        self._length = timeframe_ms(timeframe)
        self._own = timeframe_ms(own)
        self._buckets = Buckets(timeframe, own, origin, () if state is None else state["forming"])
        self._series = IndicatorSeries(history_bars, None if state is None else state["indicators"])
        self._held: dict[str, float] = {}

    def want(self, indicators: Iterable[Indicator], past_bars: int) -> None:
        """Compute exactly these from now on, as a series of this timeframe sees them.

        Args:
            indicators: those whose columns ``extend`` is to give.
            past_bars: for so many of the series' own candles back ``past`` will be asked.
        """
        wanted = list(indicators)
        self._series.want(wanted, past_bars=past_bars)
        self._held = {column: self._series.last(column) for one in wanted for column in one.columns}

    def extend(self, rows: Sequence[Row], open_times: Sequence[int]) -> Mapping[str, list[float]]:
        """Take the series' own closed candles.

        Returns:
            For every column of a wanted indicator n + 1 values: at index 0 the one at the candle before the first new
            one, at index i + 1 the one at row i; NaN where it is not ready.
        """
        closed, times, counts = self._buckets.add(rows, open_times)
        if not closed:
            return {column: [held] * (len(rows) + 1) for column, held in self._held.items()}
        values = self._series.extend(closed, times)
        seen: dict[str, list[float]] = {}
        for column in self._held:
            steps = values[column]
            seen[column] = [steps[0], *[steps[count] for count in counts]]
            self._held[column] = steps[-1]
        return seen

    def past(self, column: str, open_times: Sequence[float]) -> Sequence[float]:
        """What a column of a wanted indicator was at candles of the series that opened at these times."""
        values, opened = self._series.past(column)
        ends = np.array(opened) + self._length
        counts = np.searchsorted(ends, np.array(open_times) + self._own, side="right")
        steps: list[float] = np.array([np.nan, *values])[counts].tolist()
        return steps

    def snapshot(self) -> HigherState:
        """What is needed to go on, to the bit, after a restore and the same ``want``."""
        return HigherState(
            timeframe=self.timeframe,
            origin=self.origin,
            forming=self._buckets.forming,
            indicators=self._series.snapshot(),
        )
