"""The instant that somebody asks about, and which bar it means."""

from datetime import UTC, datetime
from typing import Literal, NamedTuple

from dataflows.errors import CandelabraError
from schemas.record import to_milliseconds

Match = Literal["closes", "holds"]
"""The bar closes at the instant, or the instant lies within it."""


class Instant(NamedTuple):
    """A moment of event time, in milliseconds. ``is_day``: a date without a time of day was meant."""

    at: int
    is_day: bool = False

    def reached(self, close_time: int) -> bool:
        """Whether a bar that closes then is the one that is meant, or a later one.

        What happens at a bar happens at its close, so an instant at which one bar closes and the next opens means the
        one that closes. A date means the bar that opens with it.

        >>> Instant(60_000).reached(60_000), Instant(60_000, is_day=True).reached(60_000)
        (True, False)
        """
        return close_time > self.at if self.is_day else close_time >= self.at

    def match(self, close_time: int) -> Match:
        """How the bar that is meant lies to the instant."""
        return "closes" if close_time == self.at else "holds"


def instant_of(text: str) -> Instant:
    """A time as people type it: a date, or a date and a time of day, in UTC where no zone is said.

    >>> instant_of("1970-01-01T00:01"), instant_of("1970-01-01 01:01+01:00"), instant_of("1970-01-02")
    (Instant(at=60000, is_day=False), Instant(at=60000, is_day=False), Instant(at=86400000, is_day=True))

    Raises:
        CandelabraError: it is no time.
    """
    try:
        time = datetime.fromisoformat(text.strip())
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: a zone that leads out of the calendar
        raise CandelabraError(
            f"expected a time such as 2025-06-01T14:05 (UTC), 2025-06-01T16:05+02:00 or 2025-06-01, got {text!r}"
        ) from None
    return Instant(to_milliseconds(time), is_day=len(text.strip()) <= len("2025-06-01"))
