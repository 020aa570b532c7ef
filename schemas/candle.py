"""One candle of one symbol: what the whole engine feeds on."""

import math
from datetime import datetime
from typing import Self

from pydantic import Field, model_validator

from schemas.record import Record, Symbol, UtcTime, from_milliseconds, to_milliseconds
from schemas.timeframe import Timeframe, is_aligned, timeframe_ms

LATEST_OPEN_TIME_MS = 247_090_953_600_000
"""The year 9800: a candle that opens before it closes within the calendar, whatever its timeframe."""
NO_TIME = -(2**63)
"""Milliseconds that stand for the open time of a row that has none, or none that can be read."""
NO_TIME_PROBLEM = "expected an open time, got none, or none that can be read"


class Candle(Record):
    """Open, high, low, close (quote currency) and volume (base asset) over ``[open_time, close_time)``.

    Prices are finite and above zero, high and low enclose open and close, volume is zero or more, and the open time
    stands on the timeframe's grid. A candle that is not ``closed`` is still forming: it may move a chart, never a
    position.

    >>> from datetime import UTC
    >>> candle = Candle(symbol="BTCUSDT", timeframe="1m", open_time=datetime(2025, 5, 9, 18, 18, tzinfo=UTC),
    ...                 open=100.0, high=102.0, low=99.5, close=101.0, volume=3.5)
    >>> candle.close_time.isoformat()
    '2025-05-09T18:19:00+00:00'
    """

    symbol: Symbol
    timeframe: Timeframe
    open_time: UtcTime
    open: float = Field(gt=0)
    high: float = Field(gt=0)
    low: float = Field(gt=0)
    close: float = Field(gt=0)
    volume: float = Field(ge=0)
    closed: bool = True

    @model_validator(mode="after")
    def _is_a_candle(self) -> Self:
        problem = candle_problem(
            self.timeframe, to_milliseconds(self.open_time), self.open, self.high, self.low, self.close, self.volume
        )
        if problem:
            raise ValueError(problem)
        return self

    @property
    def close_time(self) -> datetime:
        """The first instant after the candle: the event time at which it may cause a signal."""
        return from_milliseconds(to_milliseconds(self.open_time) + timeframe_ms(self.timeframe))


def candle_problem(  # noqa: PLR0911, PLR0913, PLR0917  # the seven numbers of a candle: on the hot path an object would cost more
    timeframe: str, open_time_ms: int, open_: float, high: float, low: float, close: float, volume: float
) -> str | None:
    """What is wrong with these numbers as a candle, or None: the same rule as the model's, for the hot path.

    Raises ValueError where the timeframe itself is none.

    >>> candle_problem("1m", 0, 10.0, 9.0, 8.0, 9.5, 1.0)
    'high 9.0 is below open 10.0'
    """
    # The one comparison chain is false for NaN anywhere in it, so a good candle costs one pass.
    if 0.0 < low <= open_ <= high and low <= close <= high < math.inf and 0.0 <= volume < math.inf:
        return _time_problem(timeframe, open_time_ms)
    for name, value in (("open", open_), ("high", high), ("low", low), ("close", close)):
        if not math.isfinite(value) or value <= 0:
            return f"{name} {value} is not a finite price above zero"
    if not math.isfinite(volume) or volume < 0:
        return f"volume {volume} is not a finite number of zero or more"
    if high < low:
        return f"high {high} is below low {low}"
    for name, value in (("open", open_), ("close", close)):
        if high < value:
            return f"high {high} is below {name} {value}"
        if low > value:
            return f"low {low} is above {name} {value}"
    return None


def _time_problem(timeframe: str, open_time_ms: int) -> str | None:
    if not is_aligned(open_time_ms, timeframe):
        if open_time_ms == NO_TIME:
            return NO_TIME_PROBLEM
        return f"open_time {_shown(open_time_ms)} is not on the grid of {timeframe}"
    if open_time_ms >= LATEST_OPEN_TIME_MS:
        return f"open_time {_shown(open_time_ms)} is later than the year 9800"
    return None


def _shown(open_time_ms: int) -> str:
    """The time as people read it, or the number where it is outside of the calendar."""
    try:
        return from_milliseconds(open_time_ms).isoformat()
    except OverflowError:
        return str(open_time_ms)
