"""What a deployment says of every symbol: on it depends the answer, beside the candles and the control log."""

from dataclasses import dataclass
from typing import Final

DEFAULT_TIMEFRAMES: Final = ("5m", "15m", "30m", "1h", "4h", "1d", "1w")
"""Timeframes that are kept of every symbol, where they can be made of its base candles."""


@dataclass(frozen=True)
class Parameters:
    """What the answer depends on beside the candles and the control log.

    Attributes:
        history_bars: bars that are kept of every timeframe for strategies that come later, 1 or more, unless the
            watchlist says otherwise.
        gap_tolerance_bars: so many missing bars in a row are no gap.
        timeframes: kept of every symbol, whoever asks for them.
    """

    history_bars: int = 1024
    gap_tolerance_bars: int = 0
    timeframes: tuple[str, ...] = DEFAULT_TIMEFRAMES
