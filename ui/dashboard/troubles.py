"""What a dashboard has heard of that went wrong: signals that came too late, and records that nobody can read."""

from collections import Counter

from schemas.composite import LateSignal
from ui.dashboard.news import Undecodable

_MOST_PLACES = 10_000
"""So many undecodable records are told apart from repeats; any more count each time that they are read."""


class Troubles:
    """Late signals of at most ``most`` keys, and undecodable records by topic; what is read twice counts once.

    Not safe from several threads: the store that holds it is.

    Attributes:
        undecodable: how many records of each topic could not be read.
        last_undecodable: the newest of them, for a reader who wonders.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._late: dict[tuple[str, str], LateSignal] = {}
        self._places: set[tuple[str, int, int]] = set()
        self.undecodable: Counter[str] = Counter()
        self.last_undecodable: str | None = None

    def put(self, one: LateSignal | Undecodable) -> None:
        """Take a record."""
        if isinstance(one, LateSignal):
            self._put_late(one)
        else:
            self._put_undecodable(one)

    @property
    def late_signals(self) -> int:
        """How many came too late."""
        return sum(one.count for one in self._late.values())

    @property
    def last_late(self) -> str | None:
        """The newest of them, for a reader who wonders."""
        late = max(self._late.values(), key=lambda one: one.close_time, default=None)
        if late is None:
            return None
        return (
            f"{late.strategy} on {late.symbol} {late.timeframe}: closed {late.close_time:%Y-%m-%d %H:%M} UTC, when "
            f"windows up to {late.watermark:%Y-%m-%d %H:%M} had been worked"
        )

    def _put_late(self, late: LateSignal) -> None:
        """The count of a strategy runs, so the highest of each key says all; read again, it says the same."""
        place = late.key, late.strategy
        known = self._late.get(place)
        if known is not None and known.count >= late.count:
            return
        if known is not None or len(self._late) < self._most:
            self._late[place] = late

    def _put_undecodable(self, one: Undecodable) -> None:
        place = (one.topic, one.partition, one.offset)
        if place in self._places:
            return
        if len(self._places) < _MOST_PLACES:
            self._places.add(place)
        self.undecodable[one.topic] += 1
        self.last_undecodable = f"{one.topic}: {one.why} (partition {one.partition}, offset {one.offset})"
