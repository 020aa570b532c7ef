"""Where things are in the picture: one scale of time from top to bottom."""

from typing import Final

from ui.pictures.story import FIRST_MS, INSTANT_MS, LAST_MS, MINUTE_MS

WIDTH: Final = 1000
HEIGHT: Final = 1030
MARGIN: Final = 28
LEFT: Final = 96
RIGHT: Final = 968
TOP: Final = 112
LANES: Final = {"1m": 126, "5m": 92, "15m": 92, "1h": 92}
"""Height of each timeframe's lane, from the top."""
GAP: Final = 36
"""Between two lanes."""

_SCALE: Final = (RIGHT - LEFT) / (LAST_MS - FIRST_MS)


def x_of(time_ms: int) -> float:
    """Pixels from the left to an instant."""
    return LEFT + (time_ms - FIRST_MS) * _SCALE


def clock(time_ms: int) -> str:
    """The time of day of an instant.

    >>> clock(INSTANT_MS - 15 * MINUTE_MS)
    '11:45'
    """
    hour, minute = divmod(12 * 60 + (time_ms - INSTANT_MS) // MINUTE_MS, 60)
    return f"{hour:02d}:{minute:02d}"
