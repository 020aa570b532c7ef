"""Sessions: when a market that closes is open, in its own time zone."""

import re
from typing import Annotated, Final, Self

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from schemas.names import did_you_mean
from schemas.record import Record

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_CLOCK_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
ZONE_PATTERN: Final = r"^[A-Za-z][A-Za-z0-9_+/-]{0,63}$"


def minute_of_day(clock_time: str) -> int:
    """Minutes since midnight; ValueError where it is no time of day.

    >>> minute_of_day("09:30")
    570
    """
    match = _CLOCK_TIME.fullmatch(clock_time)
    if match is None:
        raise ValueError(f"expected a time of day from 00:00 to 23:59, such as 09:30, got {clock_time[:20]!r}")
    return 60 * int(match[1]) + int(match[2])


def weekdays(days: str) -> tuple[int, ...]:
    """The days of a text such as ``mon-fri`` or ``sun-thu`` or ``mon,wed,fri``, Monday is 0; ValueError for any other.

    >>> weekdays("mon-wed,sat"), weekdays("sun-tue")
    ((0, 1, 2, 5), (0, 1, 6))
    """
    found: set[int] = set()
    for part in days.split(","):
        first, dash, last = part.partition("-")
        start = _weekday(first, days)
        end = _weekday(last, days) if dash else start
        span = {(start + step) % len(WEEKDAYS) for step in range((end - start) % len(WEEKDAYS) + 1)}
        if found & span:
            raise ValueError(f"expected each day once, got {days!r}")
        found |= span
    return tuple(sorted(found))


def _weekday(name: str, days: str) -> int:
    if name not in WEEKDAYS:
        wrong = f" with {name!r}" if name != days else ""
        raise ValueError(
            f"expected days such as mon-fri or mon,wed,fri, got {days!r}{wrong}{did_you_mean(name, WEEKDAYS)}"
        )
    return WEEKDAYS.index(name)


def _clock_time(text: str) -> str:
    minute_of_day(text)
    return text


def _days(text: str) -> str:
    weekdays(text)
    return text


ClockTime = Annotated[
    str, AfterValidator(_clock_time), Field(json_schema_extra={"pattern": f"^{_CLOCK_TIME.pattern}$"})
]
"""A local time of day, ``HH:MM``."""


class SessionConfig(Record):
    """When a market is open. Bars of a day and longer are made of sessions, shorter ones count from the opening.

    A session that closes at or before the time of its opening lasts into the next day. Whether the zone exists is
    checked where time zones are known: see the control topic's registry.
    """

    model_config = ConfigDict(title="Session")

    zone: Annotated[str, StringConstraints(pattern=ZONE_PATTERN)] = Field(
        description="The market's time zone, by its IANA name.", examples=["America/New_York"]
    )
    opens: ClockTime = Field(default="00:00", description="Local time at which it opens.", examples=["09:30"])
    closes: ClockTime | None = Field(
        default=None,
        description="Local time at which it closes, on the next day if that is not after the opening. Without one a "
        "session lasts to the next opening.",
        examples=["16:00"],
    )
    days: Annotated[str, StringConstraints(max_length=40), AfterValidator(_days)] = Field(
        default="mon-sun",
        description="Local days on which it opens: days and spans of them.",
        examples=["mon-fri", "mon,wed,fri"],
    )

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.closes == self.opens:
            raise ValueError(
                f"expected closes to differ from opens ({self.opens}), got the same; leave it out for a session that "
                "lasts to the next opening"
            )
        return self

    @property
    def opens_minute(self) -> int:
        """The opening in minutes since local midnight."""
        return minute_of_day(self.opens)

    @property
    def closes_minute(self) -> int | None:
        """The close in minutes since local midnight; None for a session that lasts to the next opening."""
        return None if self.closes is None else minute_of_day(self.closes)

    @property
    def weekdays(self) -> tuple[int, ...]:
        """The days on which it opens, Monday is 0."""
        return weekdays(self.days)
