"""The time of a candle's opening as indicators: hour, minute, weekday, day, month, and the hours of a session.

The first five are kinds like any other, which a strategy may declare; a session is made by an expression only.
"""

import re
from collections.abc import Mapping
from functools import partial
from typing import Final

from operators.indicators.definition import IndicatorDefinition, Parameter
from operators.indicators.kernels.clock import DAYS, HANDS, Hand, Hours, Session
from operators.indicators.kernels.kernel import Kernel, Stepwise
from operators.indicators.kernels.zones import zone as rules_of
from operators.indicators.kernels.zones import zone_names
from operators.indicators.memory import forgets_nothing_before
from operators.indicators.node import TIME, Output, node
from operators.indicators.parameters import ZONE
from schemas.names import did_you_mean

CLOCKS: Final = tuple(HANDS)
"""What a clock shows: ``hour`` 0 to 23, ``minute``, ``weekday`` from 0 for Monday, ``day`` of the month, ``month``."""

_SHOWN_AS: Final[Mapping[str, str]] = {
    "hour": "The hour, 0 to 23,",
    "minute": "The minute, 0 to 59,",
    "weekday": "The day of the week, 0 for Monday to 6 for Sunday,",
    "day": "The day of the month, 1 to 31,",
    "month": "The month, 1 to 12,",
}

WEEKDAYS: Final[Mapping[str, int]] = dict(zip(DAYS, range(len(DAYS)), strict=True))
"""``mon`` is 0."""

_TIME_OF_DAY = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])", re.ASCII)
_MINUTES_OF_DAY = 24 * 60
_SHOWN = 60  # characters of a wrong text that an error repeats


def clock(shown: str, zone: str = "UTC") -> Output:
    """What a clock shows at the candle's **open** time.

    Args:
        shown: one of ``CLOCKS``.
        zone: an IANA time zone; clocks there go forward and back as the law has it.

    Raises:
        ValueError: there is no such time zone.

    >>> clock("hour", "America/New_York").column
    'hour(zone=America/New_York).hour'
    """
    rules_of(zone)
    kind = _KINDS[shown]
    return Output(node(kind, (TIME,), {ZONE.name: ZONE.choices[zone]}, where=shown, fixed=1), shown)


def session(opens: str, closes: str, zone: str = "UTC", days: str = "mon-sun") -> Output:
    """1.0 where the candle's **open** time is from ``opens`` to before ``closes``, else 0.0.

    Args:
        opens: time of day such as ``09:30``.
        closes: time of day such as ``16:00``, ``24:00`` for midnight; if it is before ``opens``, of the next day.
        zone: an IANA time zone.
        days: the weekdays on which the session opens: ``mon-fri``, ``sat,sun``, ``sun-thu``. What is open past
            midnight belongs to the day before.

    Raises:
        ValueError: one of the texts means nothing; the message says which, and what is expected.

    >>> session("09:30", "16:00", "America/New_York", "mon-fri").column
    'session(09:30-16:00,days=mon+tue+wed+thu+fri,zone=America/New_York).session'
    """
    hours = Hours(_time_of_day(opens), _time_of_day(closes), zone, _days(days))
    rules_of(zone)
    if hours.opens in {hours.closes, _MINUTES_OF_DAY}:
        raise ValueError(
            f'expected a session that opens before midnight and lasts, found "{opens}" to "{closes}"; '
            'a whole day is "00:00" to "24:00"'
        )
    listed = "+".join(DAYS[day] for day in sorted(hours.days))
    text = f"session({_plain(hours.opens)}-{_plain(hours.closes)},days={listed},zone={zone})"
    definition = _timed("session", text, Stepwise(partial(Session, hours), Session.lookback))
    return Output(node(definition, (TIME,), {}, where=definition.name, text=text), definition.name)


def _timed(
    name: str, title: str, kernel: Kernel, parameters: tuple[Parameter, ...] = (), doc: str = ""
) -> IndicatorDefinition:
    return IndicatorDefinition(
        name=name,
        title=title,
        parameters=parameters,
        inputs=(TIME,),
        outputs=(name,),
        memory=forgets_nothing_before,
        kernel=kernel,
        group="Time",
        doc=doc,
        formula="of the open time",
        source="the IANA time zone database",
    )


def _hand(shown: str, zone: float) -> Hand:
    return Hand(shown, zone_names()[int(zone)])


CLOCK_KINDS: Final = tuple(
    _timed(shown, shown.title(), Stepwise(partial(_hand, shown), Hand.lookback), (ZONE,), f"{doc} at the open time.")
    for shown, doc in _SHOWN_AS.items()
)
"""The definition of each of ``CLOCKS``."""

_KINDS: Final = {kind.name: kind for kind in CLOCK_KINDS}


def _time_of_day(text: str) -> int:
    """Minutes after midnight."""
    match = _TIME_OF_DAY.fullmatch(text)
    minutes = int(match.group(1)) * 60 + int(match.group(2)) if match else _MINUTES_OF_DAY + 1
    if minutes > _MINUTES_OF_DAY:
        raise ValueError(f'expected a time of day from 00:00 to 24:00, such as 09:30, found "{text[:_SHOWN]}"')
    return minutes


def _plain(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _days(text: str) -> frozenset[int]:
    """``mon-fri``, ``sat,sun``: a range may pass the end of the week."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        start, end = _day(first), _day(last or first)
        found.update((start + step) % len(DAYS) for step in range((end - start) % len(DAYS) + 1))
    return frozenset(found)


def _day(text: str) -> int:
    name = text.strip().casefold()[:_SHOWN]
    if name not in WEEKDAYS:
        expected = "expected days such as mon-fri or sat,sun"
        raise ValueError(f'{expected}, found "{name}"{did_you_mean(name, DAYS)}')
    return WEEKDAYS[name]
