"""A storm of signals: what a strategy costs others downstream that can only be known while it runs.

What it costs to ask it is known before it is deployed (see ``budget``), and by its form it changes its position at most
twice at a candle. So what is left is how long it goes on doing that.
"""

from collections.abc import Sequence
from typing import Final

from schemas.timeframe import timeframe_ms

STORM_BARS: Final = 1_024
"""Candles of a span, which begins where the time since the epoch is a multiple of so many timeframes."""

MOST_SIGNALS: Final = 1_536
"""Signals of one strategy on one series within a span. One that enters at a candle and leaves at the next has 1,024;
more than this have only those that turn from long to short, or back, at more than half of all candles."""


class SignalCount:
    """How many signals there were in the span of event time that is running."""

    __slots__ = ("_count", "_since", "_until")

    def __init__(self, state: Sequence[int] | None = None) -> None:
        self._since, self._count = state or (0, 0)
        self._until: int | None = None

    def snapshot(self) -> list[int]:
        """As primitives."""
        return [self._since, self._count]

    def one_more(self, open_time: int, timeframe: str) -> str:
        """Count a signal at a candle that opened then (milliseconds): why it is one too many, empty where it is not.

        >>> count = SignalCount()
        >>> reasons = [count.one_more(bar * 30_000, "1m") for bar in range(1_537)]
        >>> set(reasons[:-1]), reasons[-1]
        ({''}, 'a storm of signals: more than 1,536 within 1,024 candles of 1m')
        >>> count.one_more(1_024 * 60_000, "1m")
        ''
        """
        if self._until is None or open_time >= self._until:
            self._begin(open_time, timeframe)
        self._count += 1
        if self._count <= MOST_SIGNALS:
            return ""
        return f"a storm of signals: more than {MOST_SIGNALS:,} within {STORM_BARS:,} candles of {timeframe}"

    def _begin(self, open_time: int, timeframe: str) -> None:
        """The span of a candle, unless it is the one that runs; candles come in order."""
        length = STORM_BARS * timeframe_ms(timeframe)
        since = open_time - open_time % length
        self._until = since + length
        if since != self._since:
            self._since, self._count = since, 0
