"""How many arrive in a second, over the last few seconds."""

from collections import deque

_BUCKETS = 40


class Pace:
    """Counts arrivals and gives their rate over the last ``window_s`` seconds, or since the first, if sooner.

    Times are seconds of any clock that does not run backwards.

    >>> pace = Pace()
    >>> pace.add(30, now=100.0)
    >>> pace.add(30, now=101.0)
    >>> pace.per_second(now=102.0)
    30.0
    """

    def __init__(self, window_s: float = 10.0) -> None:
        self._window = window_s
        self._bucket = window_s / _BUCKETS
        self._counts: deque[tuple[float, int]] = deque()
        self._first: float | None = None

    def add(self, count: int, *, now: float) -> None:
        """Note that ``count`` arrived."""
        if self._first is None:
            self._first = now
        if self._counts and now - self._counts[-1][0] < self._bucket:
            start, before = self._counts.pop()
            self._counts.append((start, before + count))
        else:
            self._counts.append((now, count))
        self._drop(now)

    def per_second(self, *, now: float) -> float:
        """Arrivals in a second; 0 before the first."""
        self._drop(now)
        if self._first is None:
            return 0.0
        # The first second counts whole: a rate over a millisecond would be absurd.
        span = min(self._window, max(now - self._first, 1.0))
        return sum(count for _, count in self._counts) / span

    def _drop(self, now: float) -> None:
        while self._counts and now - self._counts[0][0] > self._window:
            self._counts.popleft()
