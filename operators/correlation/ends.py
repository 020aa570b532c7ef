"""The ends of windows that are still to be worked."""

from bisect import insort
from collections.abc import Iterable, Iterator
from math import inf


def end_after(close_ms: int, every_ms: int) -> int:
    """The end of the first window that has an instant in it: the next multiple of ``every_ms``, or the instant itself.

    >>> end_after(61, 60), end_after(120, 60)
    (120, 120)
    """
    return -(-close_ms // every_ms) * every_ms


class Ends:
    """Window ends in milliseconds, each once. A window in which nothing is new is never looked at.

    State: at most one end for each trading style is ahead of the watermark, since ends stand on a grid per style.
    """

    def __init__(self, ends: Iterable[int] = ()) -> None:
        self._ends = sorted(ends)

    @property
    def first(self) -> float:
        """The next one, in milliseconds; infinity where there is none."""
        return self._ends[0] if self._ends else inf

    def add(self, end_ms: int) -> None:
        """A window that has to be worked."""
        if end_ms not in self._ends:
            insort(self._ends, end_ms)

    def before(self, instant_ms: int) -> Iterator[int]:
        """The ends before an instant, in order; they are forgotten."""
        while self._ends and self._ends[0] < instant_ms:
            yield self._ends.pop(0)

    def clear(self) -> None:
        """Forget all of them."""
        self._ends.clear()

    def snapshot(self) -> list[int]:
        """As primitives."""
        return self._ends.copy()
