"""What a dashboard hears: candles, and the records that are shown beside them."""

from dataclasses import dataclass
from typing import TypeAlias

from schemas.candle_row import CandleRow
from schemas.composite import Composite, Consensus, LateSignal
from schemas.lifecycle import StrategyStatus
from schemas.signal import Signal
from schemas.watchlist import WatchlistEntry


@dataclass(frozen=True)
class Deleted:
    """The status of this key was deleted from its topic."""

    key: str


@dataclass(frozen=True)
class Undecodable:
    """A record could not be read: where it lies, and why."""

    topic: str
    partition: int
    offset: int
    why: str


Weighed: TypeAlias = Composite | Consensus
"""What the topic ``composites`` holds."""

OtherNews: TypeAlias = Signal | Weighed | LateSignal | StrategyStatus | WatchlistEntry | Deleted | Undecodable
News: TypeAlias = CandleRow | OtherNews
