"""Which records each topic carries."""

from collections.abc import Mapping

from schemas import topics
from schemas.alert import Alert
from schemas.audit import Execution
from schemas.candle import Candle
from schemas.composite import Composite, Consensus, LateSignal
from schemas.dead_letter import DeadLetter
from schemas.lifecycle import DesiredState, StrategyStatus, StrategyVersion
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.placement import Placement
from schemas.portfolio import PortfolioEntry, PortfolioReset
from schemas.portfolio_event import PortfolioEvent
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.position import PositionChange
from schemas.record import Record
from schemas.signal import Signal
from schemas.trade import Trade
from schemas.watchlist import WatchlistEntry

RECORDS_OF: Mapping[str, tuple[type[Record], ...]] = {
    topics.CANDLES.name: (Candle,),
    topics.CONTROL.name: (StrategyVersion, DesiredState, WatchlistEntry, PortfolioEntry, PortfolioReset),
    topics.PLACEMENTS.name: (Placement,),
    topics.STATUS.name: (StrategyStatus,),
    topics.SIGNALS.name: (Signal,),
    topics.COMPOSITES.name: (Composite, Consensus),
    topics.LATE_SIGNALS.name: (LateSignal,),
    topics.POSITIONS.name: (PositionChange, Trade),
    topics.METRICS.name: (StrategyMetrics, PortfolioMetrics),
    topics.EQUITY.name: (EquityPoint,),
    topics.EXECUTIONS.name: (Execution, PortfolioEvent),
    topics.ALERTS.name: (Alert,),
    topics.DEAD_LETTER.name: (DeadLetter,),
}
"""By topic name without prefix. A topic that nothing is written to yet is not among them."""
