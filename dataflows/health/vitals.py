"""Whether a worker is alive and whether it is ready, each with the reasons why not."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dataflows.stop import StopFlag

TURN_SECONDS = 30.0
"""The flow's thread looks at the feed every few milliseconds; a long batch may take it seconds."""
START_SECONDS = 600.0
"""Until the first look: the broker is asked, the control log read, states are restored."""
WAIT_SECONDS = 400.0
"""More than a sink waits for the broker (its flush): then the worker ends by itself."""


class Vitals:
    """Signs of life that the flow's thread leaves; read by the thread that answers probes.

    Times are seconds of a clock that never goes back.
    """

    def __init__(self, stop: StopFlag, clock: Callable[[], float] = time.monotonic) -> None:
        self._stop = stop
        self._clock = clock
        self._turned = self.started = clock()
        self._listed = False
        self._output_built = False
        self._looked: dict[str, bool] = {}
        self._waits_for: str | None = None
        self._ended: str | None = None
        self.first_look: float | None = None

    def listed(self) -> None:
        """The broker was reached: it has told the partitions of the feed."""
        self._listed = True
        self._turned = self._clock()

    def built(self, part: str) -> None:
        """A part of the feed stands where it goes on."""
        self._looked[part] = False
        self._turned = self._clock()

    def output_built(self) -> None:
        """A part of an output is there: all that a worker ever has where there are more workers than partitions."""
        self._output_built = True
        self._turned = self._clock()

    def restored(self) -> None:
        """The state of one more key is there."""
        self._turned = self._clock()

    def looked(self, part: str) -> None:
        """A part was asked for candles: once a turn of the loop."""
        self._looked[part] = True
        self._turned = now = self._clock()
        if self.first_look is None:
            self.first_look = now

    def ended(self, why: str) -> None:
        """The flow is over."""
        self._ended = why

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """While the flow's thread waits for the broker to take records: that is back-pressure, not death."""
        self._waits_for = what
        try:
            yield
        finally:
            self._waits_for = None
            self._turned = self._clock()

    def not_alive(self) -> list[str]:
        """Why a supervisor should end this process; empty where it should not."""
        if self._ended is not None:
            return [self._ended]
        if self._output_built and not self._looked:
            return []  # nothing of the feed is this worker's, so nothing turns that could be looked at
        waits_for, still = self._waits_for, self._clock() - self._turned
        if waits_for is not None:
            limit, doing = WAIT_SECONDS, f"waits for the broker to acknowledge {waits_for}"
        elif self.first_look is None:
            limit, doing = START_SECONDS, "has not had its first look at the feed"
        else:
            limit, doing = TURN_SECONDS, "has not turned its loop"
        if still <= limit:
            return []
        return [f"the flow's thread {doing} for {still:.0f} s; expected at most {limit:.0f} s"]

    def not_ready(self) -> list[str]:
        """Why nobody should count on this worker yet, or any more; empty where it works the feed."""
        if self._ended is not None:
            return [self._ended]
        why = self.not_alive()
        if self._stop.is_set:
            why.append("draining: it was asked to end")
        if not self._listed:
            why.append("the broker has not told the partitions of the feed yet")
        waiting = sorted(part for part, looked in list(self._looked.items()) if not looked)
        if waiting:
            why.append(f"restoring state: no first look yet at {', '.join(waiting)}")
        elif self._listed and not self._looked and not self._output_built:
            why.append("no part of the feed is built yet")
        return why
