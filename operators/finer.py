"""The finer bars inside longer ones, for whoever has to know in which order prices came."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias, overload

from operators.positions.bar import Bar

_Row: TypeAlias = tuple[float, float, float, float, float]


class Finer:
    """Bars of a shorter timeframe, in order, over the time of some longer ones; one for all who read those.

    Args:
        rows: open, high, low, close and volume of each.
        open_times: one for each, in milliseconds.
        close_times: the same; without it as long after they opened as ``length`` says.
        length: of one, in milliseconds.
        since: bars before this instant (milliseconds) are not known, however many there were.

    >>> finer = Finer([(1.0, 2.0, 1.0, 2.0, 5.0), (2.0, 2.0, 0.5, 1.0, 5.0)], [0, 60_000], None, 60_000)
    >>> [bar.low for bar in finer.inside(0, 120_000)], [bar.low for bar in finer.inside(60_000, 120_000)]
    ([1.0, 0.5], [0.5])
    """

    __slots__ = ("_close_times", "_length", "_made", "_open_times", "_rows", "_since")

    def __init__(
        self,
        rows: Sequence[_Row],
        open_times: Sequence[int],
        close_times: Sequence[int] | None,
        length: int,
        since: int | None = None,
    ) -> None:
        self._rows = rows
        self._open_times = open_times
        self._close_times = close_times
        self._length = length
        self._since = since
        self._made: dict[int, tuple[Bar, ...]] = {}

    def inside(self, open_time: int, close_time: int) -> "Inside":
        """What lies in the bar between these instants, in milliseconds; none where they are not all known."""
        return Inside(self, open_time, close_time)

    def bars(self, open_time: int, close_time: int) -> tuple[Bar, ...]:
        """The same, made; once for all who ask."""
        found = self._made.get(open_time)
        if found is None:
            found = self._made[open_time] = self._bars(open_time, close_time)
        return found

    def _bars(self, open_time: int, close_time: int) -> tuple[Bar, ...]:
        if self._since is not None and open_time < self._since:
            return ()
        first, stop = bisect_left(self._open_times, open_time), bisect_left(self._open_times, close_time)
        opens = self._open_times[first:stop]
        closes = [time + self._length for time in opens] if self._close_times is None else self._close_times[first:stop]
        return tuple(
            Bar(*row, opened, closed) for row, opened, closed in zip(self._rows[first:stop], opens, closes, strict=True)
        )

    def within(self, open_time: int, close_time: int) -> "Finer":
        """Those between these instants alone: what another process needs of them."""
        first, stop = bisect_left(self._open_times, open_time), bisect_left(self._open_times, close_time)
        closes = None if self._close_times is None else self._close_times[first:stop]
        return Finer(self._rows[first:stop], self._open_times[first:stop], closes, self._length, self._since)

    def primitives(self) -> list[Any]:
        """Written out, for snapshots."""
        closes = None if self._close_times is None else list(self._close_times)
        return [[list(row) for row in self._rows], list(self._open_times), closes, self._length, self._since]

    @classmethod
    def restored(cls, written: list[Any]) -> "Finer":
        """What ``primitives`` wrote.

        >>> finer = Finer([(1.0, 2.0, 1.0, 2.0, 5.0)], [0], None, 60_000)
        >>> Finer.restored(finer.primitives()).bars(0, 60_000) == finer.bars(0, 60_000)
        True
        """
        rows, opens, closes, length, since = written
        return cls([tuple(row) for row in rows], opens, closes, length, since)

    def __getstate__(self) -> tuple[Sequence[_Row], Sequence[int], Sequence[int] | None, int, int | None]:
        """Leave behind what was made: another process makes its own."""
        return self._rows, self._open_times, self._close_times, self._length, self._since

    def __setstate__(self, state: tuple[Sequence[_Row], Sequence[int], Sequence[int] | None, int, int | None]) -> None:
        self._rows, self._open_times, self._close_times, self._length, self._since = state
        self._made = {}


class Inside(Sequence[Bar]):
    """The finer bars inside one bar. Nothing is made of them before somebody looks: most bars are never looked into."""

    __slots__ = ("_close_time", "_finer", "_open_time")

    def __init__(self, finer: Finer, open_time: int, close_time: int) -> None:
        self._finer = finer
        self._open_time = open_time
        self._close_time = close_time

    def __len__(self) -> int:
        return len(self._finer.bars(self._open_time, self._close_time))

    @overload
    def __getitem__(self, index: int) -> Bar: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Bar]: ...
    def __getitem__(self, index: int | slice) -> Bar | Sequence[Bar]:
        return self._finer.bars(self._open_time, self._close_time)[index]

    def __iter__(self) -> Iterator[Bar]:
        return iter(self._finer.bars(self._open_time, self._close_time))
