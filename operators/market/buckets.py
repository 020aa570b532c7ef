"""Closed candles gathered into candles of a higher timeframe, on the grid of UTC."""

from collections.abc import Sequence

from operators.indicators.history import Row
from schemas.timeframe import timeframe_ms

_MONDAY_MS = 4 * 86_400_000  # 1970-01-05: weeks open on Mondays, all else on the epoch's grid


def bucket_of(open_time: int, timeframe: str) -> int:
    """When the candle of a timeframe opens in which this instant lies, in milliseconds of the epoch (UTC).

    >>> bucket_of(3_600_000 * 5 + 59_000, "1h") == 3_600_000 * 5
    True
    """
    grid = _grid(timeframe)
    return open_time - (open_time - grid) % timeframe_ms(timeframe)


def misfit(timeframe: str, own: str) -> str:
    """Why candles of ``own`` cannot be gathered into candles of ``timeframe``; empty if they can.

    >>> misfit("1h", "5m"), misfit("1m", "1h")
    ('', '1m is shorter than the 1h candles of this series')
    >>> misfit("1h", "45m")
    '1h is not a whole number of the 45m candles of this series'
    """
    if timeframe_ms(timeframe) < timeframe_ms(own):
        return f"{timeframe} is shorter than the {own} candles of this series"
    apart = _grid(timeframe) - _grid(own)
    if timeframe_ms(timeframe) % timeframe_ms(own) or apart % timeframe_ms(own):
        return f"{timeframe} is not a whole number of the {own} candles of this series"
    return ""


class Buckets:
    """The candle of a higher timeframe that is forming, and how closed ones come of it.

    A bucket closes with the candle that ends it. If that one is missing, it closes at the next candle that comes, made
    of what there was; a bucket of which nothing came is left out. So a closed candle is known from the first candle on
    that closes at its end or later, and never before.

    Args:
        timeframe: of the larger candles.
        own: timeframe of the candles that come; ``misfit`` has nothing to say.
        origin: open time of the first bucket; what came before is left out.
        forming: what ``forming`` was, to go on from there.
    """

    def __init__(self, timeframe: str, own: str, origin: int, forming: Sequence[float] = ()) -> None:
        self._timeframe = timeframe
        self._length = timeframe_ms(timeframe)
        self._own = timeframe_ms(own)
        self._origin = origin
        self._end: int | None = None
        self._open = self._high = self._low = self._close = self._volume = 0.0
        if forming:
            end, self._open, self._high, self._low, self._close, self._volume = forming
            self._end = int(end)

    @property
    def forming(self) -> list[float]:
        """When the bucket ends that is forming, its open, high, low, close and volume; nothing if there is none."""
        if self._end is None:
            return []
        return [float(self._end), self._open, self._high, self._low, self._close, self._volume]

    def add(self, rows: Sequence[Row], open_times: Sequence[int]) -> tuple[list[Row], list[int], list[int]]:
        """Gather closed candles.

        Returns:
            the larger candles that closed, their open times, and for every one of ``rows`` how many of them were
            closed when it was.
        """
        closed: list[Row] = []
        times: list[int] = []
        counts: list[int] = []
        for row, open_time in zip(rows, open_times, strict=True):
            if self._end is not None and open_time >= self._end:
                self._finish(closed, times)
            if self._end is not None:
                self._high = max(self._high, row[1])
                self._low = min(self._low, row[2])
                self._close = row[3]
                self._volume += row[4]
            elif open_time >= self._origin:
                self._end = bucket_of(open_time, self._timeframe) + self._length
                self._open, self._high, self._low, self._close, self._volume = row
            if self._end is not None and open_time + self._own >= self._end:
                self._finish(closed, times)
            counts.append(len(closed))
        return closed, times, counts

    def _finish(self, closed: list[Row], times: list[int]) -> None:
        if self._end is not None:
            closed.append((self._open, self._high, self._low, self._close, self._volume))
            times.append(self._end - self._length)
            self._end = None


def _grid(timeframe: str) -> int:
    return _MONDAY_MS if timeframe.endswith("w") else 0
