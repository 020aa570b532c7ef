"""Timeframes: the length of a candle and the grid that its open times stand on."""

import re
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator

from schemas.names import did_you_mean

_UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_FORM = re.compile(r"([1-9][0-9]{0,3})([smhdw])")
_MONDAY_MS = 4 * 86_400_000  # 1970-01-05, the first Monday: weeks open on Mondays
_USUAL = ("1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "1w")


@lru_cache(maxsize=1024)
def timeframe_ms(timeframe: str) -> int:
    """The length of a timeframe in milliseconds; ValueError where it is none.

    >>> timeframe_ms("5m")
    300000
    """
    match = _FORM.fullmatch(timeframe)
    if match is None:
        hint = did_you_mean(timeframe, _USUAL)
        message = f"expected a timeframe such as 1m, 5m, 1h, 4h, 1d or 1w, got {timeframe[:40]!r}{hint}"
        raise ValueError(message)
    return int(match.group(1)) * _UNIT_MS[match.group(2)]


def is_aligned(open_time_ms: int, timeframe: str) -> bool:
    """Whether a candle of this timeframe may open at this time (epoch grid; weeks open on Mondays, UTC).

    >>> is_aligned(300_000, "5m"), is_aligned(60_000, "5m")
    (True, False)
    """
    length = timeframe_ms(timeframe)
    start = _MONDAY_MS if timeframe.endswith("w") else 0
    return (open_time_ms - start) % length == 0


def _known(timeframe: str) -> str:
    timeframe_ms(timeframe)
    return timeframe


Timeframe = Annotated[str, AfterValidator(_known)]
"""A candle's length: a count and a unit (s m h d w), for example 1m, 4h, 1d."""
