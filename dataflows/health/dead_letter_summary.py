"""Dead letters in the log: the first at once, then at most a line every ten seconds, whatever comes."""

import logging
import threading
import time
from collections.abc import Callable

from dataflows.health.logs import tell

EVERY_SECONDS = 10.0


class DeadLetterSummary:
    """Counts letters by reason until the next line is due. One thread notes; any may look whether a line is due."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due = 0.0
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()

    def note(self, reason: str) -> None:
        """One more letter."""
        with self._lock:
            self._counts[reason] = self._counts.get(reason, 0) + 1
        self.tell()

    def tell(self, *, last: bool = False) -> None:
        """Say what has come since the last line, if a line is due, or if it is the last one."""
        now = self._clock()
        with self._lock:
            if not self._counts or (now < self._due and not last):
                return
            counts, self._counts = self._counts, {}
            self._due = now + EVERY_SECONDS
        tell(logging.WARNING, "dead letters", count=sum(counts.values()), reasons=dict(sorted(counts.items())))
