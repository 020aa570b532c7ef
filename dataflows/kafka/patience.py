"""How long a topic that is read whole may stay silent: a broker that has gone away never tells its end."""

import time
from collections.abc import Callable
from typing import Final

from dataflows.errors import BrokerUnreachable

SILENT_SECONDS: Final = 60.0
"""A broker that restarts is back sooner."""
ASKED_SECONDS: Final = 2.0
"""Where somebody wants the end meanwhile: a broker that is there answers sooner."""


class Patience:
    """Ends a loop that gets nowhere; to be asked at each turn.

    ``what`` is read, as a person names it. Reading goes on while something comes, also where the end was asked for:
    what is known by half must not be gone on from.
    """

    def __init__(
        self,
        what: str,
        asked_to_end: Callable[[], bool] = lambda: False,
        *,
        seconds: float = SILENT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what = what
        self._asked_to_end = asked_to_end
        self._seconds = seconds
        self._clock = clock
        self._place: int | None = None
        self._since = clock()

    def at(self, place: int) -> None:
        """Reading has come to this offset.

        Raises:
            BrokerUnreachable: it has come no further for as long as was waited.
        """
        now = self._clock()
        if place != self._place:
            self._place, self._since = place, now
            return
        silent = now - self._since
        if silent > self._seconds:
            raise BrokerUnreachable(
                f"{self._what}: expected to read it to its end, and the broker has said nothing for {self._seconds:g} "
                f"s, at offset {place}. Is it still there? Nothing was worked yet, so nothing is lost"
            )
        if silent > ASKED_SECONDS and self._asked_to_end():
            raise BrokerUnreachable(
                f"{self._what}: asked to end while it is read, and the broker says nothing (at offset {place}). "
                "Nothing was worked yet, so nothing is lost"
            )
