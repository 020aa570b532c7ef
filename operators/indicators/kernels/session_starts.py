"""Which bars are the first of a trading session that starts at a time of day somewhere."""

import math

import numpy as np
import numpy.typing as npt

from operators.indicators.kernels.kernel import Floats
from operators.indicators.kernels.local_time import DAY_MS, LocalTime

MINUTE_MS = 60_000


class SessionStarts:
    """Tells, bar after bar, whether a session starts with it.

    A session starts with the first bar that opens at or after ``start`` on a day of the zone's own calendar, and goes
    on to the next one: it is a day long where bars come every day, longer over days without any. Of a time of day that
    the clocks show twice on the day they go back, the first counts. The first bar that is seen starts a session only if
    it opens at that very moment: else the session's beginning was not seen.

    Args:
        zone: the time zone, by its name in the IANA database.
        start: minutes after midnight there, 0 to 1439.

    Cost: 0.2 microseconds a bar.

    Raises:
        ValueError: there is no such zone.

    >>> starts = SessionStarts("UTC", 9 * 60)
    >>> [starts.update(hour * 3_600_000.0) for hour in (8, 9, 10, 35)]
    [False, True, False, True]
    """

    def __init__(self, zone: str, start: int) -> None:
        self._local = LocalTime(zone)
        self._start = start * MINUTE_MS
        self._session = -math.inf

    def update(self, time: float) -> bool:
        """Whether a session starts with the bar that opens at ``time``, in milliseconds since the epoch, UTC."""
        since = self._local.at(time) - self._start
        session = since // DAY_MS
        if session <= self._session:
            return False
        unseen = self._session == -math.inf
        self._session = session
        return not unseen or since % DAY_MS == 0.0

    def fill(self, times: Floats) -> npt.NDArray[np.bool_]:
        """As ``update`` for many bars."""
        since = self._local.whole(times) - self._start
        sessions = np.maximum.accumulate(np.concatenate([[self._session], since // DAY_MS]))
        starts = sessions[1:] > sessions[:-1]
        if self._session == -math.inf and len(times):
            starts[0] = since[0] % DAY_MS == 0.0
        self._session = float(sessions[-1])
        return starts
