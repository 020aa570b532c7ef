"""Timeframes: the length of a candle and the grid that its open times stand on."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, Field

from schemas.json_value import in_json
from schemas.names import did_you_mean

_UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_FORM = re.compile(r"([1-9][0-9]{0,3})([smhdw])")
TIMEFRAME_PATTERN = f"^{_FORM.pattern}$"
_MONTHS = re.compile(r"[0-9]+ ?(M|[Mm][Oo]|[Mm]onths?)")
_MONDAY_MS = 4 * 86_400_000  # 1970-01-05, the first Monday: weeks open on Mondays
_WORDS = re.compile(r"([1-9][0-9]{0,3})? ?(sec|s|min|m|hour|hr|h|day|dai|d|week|wk|w)(ond|ute)?(s|ly)?", re.IGNORECASE)
_LETTER_FIRST = re.compile(r"([smhdw])([1-9][0-9]{0,3})", re.IGNORECASE)
_USUAL = ("1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "1w")


@lru_cache(maxsize=1024)
def timeframe_ms(timeframe: str) -> int:
    """The length of a timeframe in milliseconds; ValueError where it is none.

    >>> timeframe_ms("5m")
    300000
    """
    match = _FORM.fullmatch(timeframe)
    if match is None:
        raise ValueError(_refusal(timeframe))
    return int(match.group(1)) * _UNIT_MS[match.group(2)]


def is_aligned(open_time_ms: int, timeframe: str) -> bool:
    """Whether a candle of this timeframe may open at this time (epoch grid; weeks open on Mondays, UTC).

    >>> is_aligned(300_000, "5m"), is_aligned(60_000, "5m")
    (True, False)
    """
    length = timeframe_ms(timeframe)
    start = _MONDAY_MS if timeframe.endswith("w") else 0
    return (open_time_ms - start) % length == 0


def is_multiple(timeframe: str, base: str) -> bool:
    """Whether every candle of a timeframe consists of whole candles of another, on the grid of ``is_aligned``.

    >>> is_multiple("1h", "15m"), is_multiple("1h", "7m"), is_multiple("1w", "1d"), is_multiple("1w", "7d")
    (True, False, True, False)
    """
    if timeframe_ms(timeframe) % timeframe_ms(base):
        return False
    weeks = timeframe.endswith("w"), base.endswith("w")
    return weeks[0] == weeks[1] or (weeks[0] and _MONDAY_MS % timeframe_ms(base) == 0)


def length_of(timeframe: str) -> tuple[int, str]:
    """By what timeframes are ordered: their length, then their name.

    >>> sorted(["1h", "1w", "90s", "7d"], key=length_of)
    ['90s', '1h', '1w', '7d']
    """
    return timeframe_ms(timeframe), timeframe


def check_timeframe(timeframe: str, *, also: Sequence[str] = ()) -> str:
    """The timeframe; ValueError where it is none. ``also`` names what would be right there too."""
    if _FORM.fullmatch(timeframe) is None:
        raise ValueError(_refusal(timeframe, also))
    return timeframe


def _refusal(timeframe: str, also: Sequence[str] = ()) -> str:
    others = f", or one of {', '.join(map(in_json, also))}" if also else ""
    if _MONTHS.fullmatch(timeframe):
        hint = " (months have no fixed length)"
    else:
        meant = _meant(timeframe)
        hint = did_you_mean(timeframe, (*_USUAL, *also)) if meant is None else f' (did you mean "{meant}"?)'
    return f"expected a timeframe such as 1m, 5m, 1h, 4h, 1d or 1w{others}, got {in_json(timeframe, 40)}{hint}"


def _meant(text: str) -> str | None:
    """The timeframe that is spelt out, or written as other programs do.

    >>> [_meant(text) for text in ("1day", "15 min", "daily", "H4", "1D", "day")]
    ['1d', '15m', '1d', '4h', '1d', None]
    """
    words, turned = _WORDS.fullmatch(text), _LETTER_FIRST.fullmatch(text)
    if turned is not None:
        return f"{turned[2]}{turned[1].lower()}"
    if words is None or (words[1] is None and words[4] != "ly"):
        return None
    return f"{words[1] or 1}{words[2][0].lower()}"


Timeframe = Annotated[str, AfterValidator(check_timeframe), Field(json_schema_extra={"pattern": TIMEFRAME_PATTERN})]
"""A candle's length: a count and a unit (s m h d w), for example 1m, 4h, 1d."""
