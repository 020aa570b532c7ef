"""Counts of what a process has done, for people to look at. Never an input to any step."""

from collections.abc import Callable
from dataclasses import dataclass, field


def _not_measured() -> int:
    return 0


@dataclass(slots=True)
class Tally:
    """Monotonic counts since the process started. Written by one thread, read by any.

    ``signals`` and ``composites`` are by strategy; ``*`` stands for all strategies of a symbol together.
    """

    candles: int = 0
    duplicates: int = 0
    gaps: int = 0
    evaluations: int = 0
    dead_letters: int = 0
    late_signals: int = 0
    signals: dict[str, int] = field(default_factory=dict)
    composites: dict[str, int] = field(default_factory=dict)
    evaluated: dict[str, int] = field(default_factory=dict)
    lag: dict[int, int] = field(default_factory=dict)
    """Records of the feed not read yet, by partition."""
    stopwatch: Callable[[], int] = _not_measured
    """Microseconds since some moment, for whoever tells how long something took; 0 where nobody measures."""

    def signalled(self, strategy: str) -> None:
        """One more signal of a strategy."""
        self.signals[strategy] = self.signals.get(strategy, 0) + 1

    def composed(self, strategy: str) -> None:
        """One more composite of a strategy, or consensus of all (``*``)."""
        self.composites[strategy] = self.composites.get(strategy, 0) + 1
