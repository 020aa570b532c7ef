"""How many bars a year has: by what returns of bars are made returns of years."""

from typing import Final

from schemas.session import SessionConfig
from schemas.timeframe import timeframe_ms

DAYS_A_YEAR: Final = 365
"""Of a market that never closes. Its bars count these, weeks included: 52.14 of them."""

SESSIONS_A_YEAR: Final = 252
"""Of a market with five sessions a week, holidays taken off; another number of days counts in proportion."""

_DAY_MINUTES: Final = 24 * 60
_DAY_MS: Final = 86_400_000
_DAYS_A_WEEK: Final = 7
_WORKDAYS: Final = 5


def bars_a_year(timeframe: str, session: SessionConfig | None = None) -> float:
    """The number of bars of a timeframe in a year.

    Without a session the market never closes: 365 days over the length of a bar. With one, a year has 252 sessions
    where it opens on five days a week (365 on seven, in proportion else): bars shorter than a day count as often as
    they begin in a session, the last one cut short counts whole; bars of n days take n sessions each. Bars of a week
    and longer are weeks of the calendar either way.

    Raises:
        ValueError: no timeframe.

    >>> bars_a_year("1d"), bars_a_year("1h"), bars_a_year("1m")
    (365.0, 8760.0, 525600.0)
    >>> shares = SessionConfig(zone="America/New_York", opens="09:30", closes="16:00", days="mon-fri")
    >>> bars_a_year("1d", shares), bars_a_year("1h", shares), bars_a_year("30m", shares)
    (252.0, 1764.0, 3276.0)
    """
    length = timeframe_ms(timeframe)
    if session is None or length >= _DAYS_A_WEEK * _DAY_MS:
        return DAYS_A_YEAR * _DAY_MS / length
    days = len(session.weekdays)
    sessions = float(DAYS_A_YEAR) if days == _DAYS_A_WEEK else SESSIONS_A_YEAR * days / _WORKDAYS
    if length >= _DAY_MS:
        return sessions * _DAY_MS / length
    return sessions * -(-_open_ms(session) // length)


def _open_ms(session: SessionConfig) -> int:
    """How long a session is open. One without a close lasts to the next opening, and is taken for a day."""
    if session.closes_minute is None:
        return _DAY_MS
    minutes = (session.closes_minute - session.opens_minute) % _DAY_MINUTES
    return minutes * (_DAY_MS // _DAY_MINUTES)
