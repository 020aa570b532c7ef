"""What a dashboard hears: candles, and the records that are shown beside them."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from schemas.candle_row import CandleRow
from schemas.composite import Composite, Consensus, LateSignal
from schemas.lifecycle import StrategyStatus
from schemas.portfolio import PortfolioEntry
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.signal import Signal
from schemas.watchlist import WatchlistEntry
from ui.dashboard.accounts import AccountNews


@dataclass(frozen=True)
class Deleted:
    """The status, or the metrics, of this key were deleted from their topic."""

    key: str
    of: Literal["status", "metrics"] = "status"


@dataclass(frozen=True)
class Undecodable:
    """A record could not be read: where it lies, and why."""

    topic: str
    partition: int
    offset: int
    why: str


Weighed: TypeAlias = Composite | Consensus
"""What the topic ``composites`` holds."""

OtherNews: TypeAlias = (
    Signal
    | Weighed
    | LateSignal
    | StrategyStatus
    | AccountNews
    | PortfolioMetrics
    | PortfolioEntry
    | WatchlistEntry
    | Deleted
    | Undecodable
)
News: TypeAlias = CandleRow | OtherNews
