"""What lies inside the bars of a derived timeframe: which shorter bars are kept for that, and how they are found."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Protocol

from operators.finer import Finer
from operators.indicators.history import Row
from operators.market.bars import Bar
from operators.market.grid import Grid
from schemas.timeframe import timeframe_ms

MOST_INSIDE: Final = 1_500
"""Finer bars that are kept of one bar: a day of 1m candles fits. What is longer is looked into by longer ones."""


class Kept(Protocol):
    """What is asked of the series of the finer bars. It has not taken the run yet that is being worked."""

    @property
    def count(self) -> int:
        """How many bars there were."""
        ...

    def bars(self, most: int) -> tuple[list[Row], list[int]]:
        """The newest bars, at most so many of those that are kept, with their open times."""
        ...

    def close_of(self, open_time: int) -> int:
        """When the bar closed that opened then, in milliseconds."""
        ...


class Run(NamedTuple):
    """The finer bars of the run that is being worked; ``close_times`` None where each is as long as the timeframe."""

    rows: Sequence[Row]
    open_times: Sequence[int]
    close_times: Sequence[int] | None = None


def finer_timeframe(timeframe: str, base: str, kept: Iterable[str], grid: Grid) -> str | None:
    """The timeframe whose bars are shown inside those of a longer one: the finest of which few enough fit in.

    Args:
        timeframe: of the longer bars.
        base: of the candles that all is made of.
        kept: those that are made of it whoever asks for them, shortest first.
        grid: where bars begin and end.

    Returns:
        the base for bars of up to ``MOST_INSIDE`` candles, else one of ``kept``; None where there is none, and for the
        base itself.

    >>> from operators.market.grid import UtcGrid
    >>> kept = ["5m", "15m", "1h", "1d", "1w"]
    >>> [finer_timeframe(one, "1m", kept, UtcGrid()) for one in ("1m", "5m", "1d", "1w")]
    [None, '1m', '1m', '15m']
    """
    if timeframe == base:
        return None
    length = timeframe_ms(timeframe)
    fitting = (one for one in (base, *kept) if timeframe_ms(one) < length and grid.nests(one, timeframe))
    return next((one for one in fitting if most_inside(timeframe, one) <= MOST_INSIDE), None)


def most_inside(timeframe: str, finer: str) -> int:
    """How many bars of a shorter timeframe there are in one of a longer, at most.

    >>> most_inside("1d", "1m")
    1440
    """
    return timeframe_ms(timeframe) // timeframe_ms(finer)


def finer_inside(bars: Sequence[Bar], finer: str, series: Kept, run: Run, grid: Grid) -> Finer:
    """What lies inside these bars, which close now; the same for every way of cutting candles into runs.

    A bar of which the beginning was not kept, because nobody asked for it then, has none.

    Args:
        bars: one or more, in order.
        finer: the timeframe that is shown inside of them.
        series: of that, without ``run``.
        run: what has closed of it since.
        grid: where sessions begin and end: what comes between them is in no bar.
    """
    length, since = timeframe_ms(finer), None
    opens = bars[0].open_time
    rows, times, closes = run
    until = times[0] if times else bars[-1].close_time
    if opens < until:
        before, opened = series.bars(-((opens - until) // length))
        if opened and len(opened) < series.count:
            since = opened[0]
        first = bisect_left(opened, opens)
        rows, times = [*before[first:], *rows], [*opened[first:], *times]
        if closes is not None:
            closes = [*map(series.close_of, opened[first:]), *closes]
    if closes is None:
        rows, times = grid.inside(rows, times)
    return Finer(rows, times, closes, length, since)
