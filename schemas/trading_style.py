"""Trading styles: how long somebody who acts on a timeframe holds on."""

from typing import Final, Literal

from schemas.timeframe import timeframe_ms

TradingStyle = Literal["day", "swing", "position"]

TRADING_STYLES: Final[tuple[TradingStyle, ...]] = ("day", "swing", "position")
"""From the one that holds shortest."""

_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 86_400_000


def default_style(timeframe: str) -> TradingStyle:
    """The style of a timeframe whose style nobody set: ``day`` below 1h, ``swing`` below 1d, ``position`` from there.

    >>> default_style("15m"), default_style("1h"), default_style("1d")
    ('day', 'swing', 'position')
    """
    length = timeframe_ms(timeframe)
    if length < _HOUR_MS:
        return "day"
    return "swing" if length < _DAY_MS else "position"
