"""What a deployment says of every symbol: on it depends the answer, beside the candles and the control log."""

import json
from dataclasses import dataclass
from typing import Final

from schemas.timeframe import length_of

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

    @property
    def written(self) -> dict[str, object]:
        """As primitives, in one order: what snapshots keep, and refuse to be gone on from with others.

        >>> Parameters(512, 0, ("1h", "5m")).written
        {'history_bars': 512, 'gap_tolerance_bars': 0, 'timeframes': ['5m', '1h']}
        """
        return {
            "history_bars": self.history_bars,
            "gap_tolerance_bars": self.gap_tolerance_bars,
            "timeframes": sorted(set(self.timeframes), key=length_of),
        }

    def canonical_json(self) -> str:
        """The same text for the same parameters: what the journal of placements keeps.

        >>> Parameters(512, 0, ("1h", "5m")).canonical_json()
        '{"gap_tolerance_bars":0,"history_bars":512,"timeframes":["5m","1h"]}'
        """
        return json.dumps(self.written, sort_keys=True, separators=(",", ":"))
