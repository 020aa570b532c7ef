"""Time zones by name, from the pinned ``tzdata`` package: the same rules on every machine.

What the operating system knows of time zones is never asked, and ``zoneinfo``'s own search path and cache are left
alone: two machines with other system updates must not see another session open.
"""

from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from schemas.names import did_you_mean

_PACKAGE = "tzdata"
_KEPT = 64  # zones in memory, a few kilobytes each; a feed has a handful of exchanges
_SHOWN = 60  # characters of a wrong name that an error repeats


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Every name of the IANA database, links such as ``US/Eastern`` among them."""
    return tuple(files(_PACKAGE).joinpath("zones").read_text("utf-8").split())


@lru_cache(maxsize=_KEPT)
def zone(name: str) -> ZoneInfo:
    """The rules of a time zone.

    Args:
        name: as in the IANA database, case counts.

    Raises:
        ValueError: there is no such zone; the text has the nearest that there is.

    >>> from datetime import datetime
    >>> datetime(2025, 7, 1, 12, tzinfo=zone("America/New_York")).isoformat()
    '2025-07-01T12:00:00-04:00'
    >>> zone("Europe/Lodnon")
    Traceback (most recent call last):
    ValueError: expected an IANA time zone such as Europe/London, found "Europe/Lodnon" (did you mean "Europe/London"?)
    """
    known = zone_names()
    if name not in known:
        shown = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}..."
        expected = "expected an IANA time zone such as Europe/London"
        raise ValueError(f'{expected}, found "{shown}"{did_you_mean(name, known)}')
    with files(_PACKAGE).joinpath("zoneinfo", *name.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)
