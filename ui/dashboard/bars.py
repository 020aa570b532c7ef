"""The candles of one series as a chart wants them: in order of time, bounded, with a note of what changed when."""

from bisect import bisect_left
from collections import deque
from typing import NamedTuple

from schemas.candle_row import CandleRow


class Bar(NamedTuple):
    """One candle: open time (ms since the epoch), prices, volume, and whether it is closed or still forming."""

    open_time_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    closed: bool


class BarSeries:
    """At most ``capacity`` newest candles of one symbol and timeframe, without repeats.

    ``put`` takes a candle with a sequence number that never falls; ``since(n)`` gives, in order of time, the bars that
    were put with a number above ``n``, or None where that can no longer be told and the reader must begin anew. Of what
    was before the number ``forgotten`` it knows nothing.

    >>> series = BarSeries(capacity=2)
    >>> series.put(("BTCUSDT", "1m", 60_000, 1.0, 2.0, 1.0, 2.0, 5.0, False), sequence=7)
    True
    >>> [bar.close for bar in series.since(6)], series.since(7)
    ([2.0], [])
    """

    def __init__(self, capacity: int, *, forgotten: int = 0) -> None:
        self._capacity = capacity
        self._times: list[int] = []
        self._bars: list[Bar] = []
        self._changes: deque[tuple[int, int]] = deque()
        self._forgotten = forgotten

    def __len__(self) -> int:
        return len(self._bars)

    @property
    def bars(self) -> list[Bar]:
        """A copy, oldest first."""
        return list(self._bars)

    @property
    def last(self) -> Bar | None:
        """The newest bar."""
        return self._bars[-1] if self._bars else None

    def put(self, row: CandleRow, sequence: int) -> bool:
        """Add or replace a bar; False where it changes nothing: a repeat, too old to be kept, or forming again.

        A closed candle is final: the same one still forming, read late, does not undo it.
        """
        bar = Bar(*row[2:])
        place = bisect_left(self._times, bar.open_time_ms)
        if place < len(self._times) and self._times[place] == bar.open_time_ms:
            known = self._bars[place]
            if known == bar or (known.closed and not bar.closed):
                return False
            self._bars[place] = bar
        elif place == 0 and len(self._bars) == self._capacity:
            return False
        else:
            self._times.insert(place, bar.open_time_ms)
            self._bars.insert(place, bar)
        self._changes.append((sequence, bar.open_time_ms))
        self._stay_bounded()
        return True

    def since(self, sequence: int) -> list[Bar] | None:
        """The bars that changed after ``sequence``, oldest first; None: too long ago to say."""
        if sequence < self._forgotten:
            return None
        changed = set()
        for changed_at, open_time_ms in reversed(self._changes):
            if changed_at <= sequence:
                break
            changed.add(open_time_ms)
        first = bisect_left(self._times, min(changed)) if changed else len(self._bars)
        return [bar for bar in self._bars[first:] if bar.open_time_ms in changed]

    def _stay_bounded(self) -> None:
        if len(self._changes) > self._capacity:
            self._forgotten = self._changes.popleft()[0]
        if len(self._bars) > self._capacity:
            del self._times[0], self._bars[0]
