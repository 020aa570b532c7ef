"""When the sessions of an exchange open and close: its wall clock's times of day, as instants."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from operators.indicators.kernels.clock import MINUTE_MS, Hours
from operators.indicators.kernels.local_time import DAY_MS, LocalTime
from operators.indicators.kernels.zones import zone

_MINUTES_OF_DAY = 1440
_MONDAY = 4  # 1970-01-05, in days since the epoch
_WEEK = 7
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WALL_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # a wall clock's time; the zone is put to it
_MILLISECOND = timedelta(milliseconds=1)
_FIRST_DAY, _LAST_DAY, _DAYS_APART = 7_305, 24_837, 28  # 1990 to 2037: no clock is put forward for less than a month
_ZONES_KEPT = 64
_SESSIONS_KEPT = 16_384  # of all exchanges together, two megabytes; symbols of one exchange ask for the same

Span = tuple[int, int]
"""A start and the first instant after it, in milliseconds of the epoch (UTC)."""


class Sessions:
    """The sessions of an exchange, numbered by the local date on which they open, in days since 1970-01-01.

    A session opens at a time of day in the zone and lasts up to another one, of the next day if that is not later: at
    most from an opening to that of the next day. Where the clocks skip the time, it is taken as if they had not been
    changed yet; where they show it twice, the first counts.

    Args:
        hours: times of day, zone and the weekdays on which it opens; ``closes`` at ``opens`` is a whole day.

    Memory: two megabytes for all of them together.

    Raises:
        ValueError: there is no such time zone.
    """

    def __init__(self, hours: Hours) -> None:
        self.hours = hours
        self._local = LocalTime(hours.zone)
        length = (hours.closes - hours.opens) % _MINUTES_OF_DAY or _MINUTES_OF_DAY
        self._late = (hours.opens + length // 2) // _MINUTES_OF_DAY

    def at(self, time: int) -> int | None:
        """The number of the session in which an instant lies; None between sessions."""
        day = int(self._local.at(time) // DAY_MS)
        for number in (day, day - 1):
            span = self.span(number)
            if span is not None and span[0] <= time < span[1]:
                return number
        return None

    def span(self, number: int) -> Span | None:
        """When a session opens and closes; None if there is none on that day."""
        return _span(self.hours, number)

    def after(self, time: int) -> Iterator[Span]:
        """The sessions that open at an instant or later, in order, without end."""
        number = int(self._local.at(time) // DAY_MS) - 1
        while True:
            span = self.span(number)
            if span is not None and span[0] >= time:
                yield span
            number += 1

    def week_of(self, time: int) -> Span:
        """From the first opening to the last close of the week in which a session is traded; ``time`` lies in one.

        A week is from Monday to Sunday. A session is traded on the date on which its middle lies: one from Sunday
        17:00 to Monday 17:00 is Monday's.
        """
        number = self.at(time)
        if number is None:
            raise ValueError(f"expected an instant within a session, got {time} ms")
        traded = number + self._late
        monday = traded - (traded - _MONDAY) % _WEEK - self._late
        spans = [span for day in range(monday, monday + _WEEK) if (span := self.span(day)) is not None]
        return spans[0][0], spans[-1][1]

    def within(self, start: int, end: int) -> Iterator[Span]:
        """The parts of sessions between two instants, in order."""
        number = int(self._local.at(start) // DAY_MS) - 1
        opens = start
        while opens < end:
            span = self.span(number)
            number += 1
            if span is not None:
                opens = span[0]
                part = max(start, span[0]), min(end, span[1])
                if part[0] < part[1]:
                    yield part

    def in_step_with(self, length: int) -> bool:
        """Whether every session opens and closes with a candle of this length, in milliseconds, on the grid of UTC."""
        times = {self.hours.opens * MINUTE_MS, self.hours.closes * MINUTE_MS}
        return all((time - offset) % length == 0 for time in times for offset in _offsets(self.hours.zone))


@lru_cache(maxsize=_ZONES_KEPT)
def _offsets(name: str) -> frozenset[int]:
    """How far a zone's clocks were and will be ahead of UTC, in milliseconds."""
    days = range(_FIRST_DAY, _LAST_DAY, _DAYS_APART)
    return frozenset(day * DAY_MS - _instant(name, day, 0) for day in days)


@lru_cache(maxsize=_SESSIONS_KEPT)
def _span(hours: Hours, number: int) -> Span | None:
    if (number - _MONDAY) % _WEEK not in hours.days:
        return None
    closes = number if hours.closes > hours.opens else number + 1
    start = _instant(hours.zone, number, hours.opens)
    # Changed clocks may put a close after the opening that follows it on the wall.
    end = min(_instant(hours.zone, closes, hours.closes), _instant(hours.zone, number + 1, hours.opens))
    return (start, end) if start < end else None


def _instant(name: str, day: int, minutes: int) -> int:
    """When a zone's clock shows a time of day."""
    wall = _WALL_EPOCH + timedelta(days=day, minutes=minutes)
    return (wall.replace(tzinfo=zone(name)) - _EPOCH) // _MILLISECOND
