"""Lengths of time as people write them: a count and a unit."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

_UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_FORM = re.compile(r"([1-9][0-9]{0,5})([smhdw])")


def duration_ms(duration: str) -> int:
    """Milliseconds of a duration; ValueError where it is none.

    >>> duration_ms("90s"), duration_ms("2h")
    (90000, 7200000)
    """
    match = _FORM.fullmatch(duration)
    if match is None:
        raise ValueError(f"expected a duration such as 90s, 15m, 1h or 2d, got {duration[:40]!r}")
    return int(match.group(1)) * _UNIT_MS[match.group(2)]


def _checked(duration: str) -> str:
    duration_ms(duration)
    return duration


Duration = Annotated[
    str, AfterValidator(_checked), Field(json_schema_extra={"pattern": f"^{_FORM.pattern}$", "unit": "duration"})
]
"""A count and a unit (s m h d w), for example 90s or 2d."""
