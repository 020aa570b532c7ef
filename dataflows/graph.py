"""The graph: the one wiring that live, replay and backtest all use. Sources and sinks are put around it.

feed     -> (symbol, CandleBatch | Command | Listing)  -> [market]   key symbol
         -> (strategy|symbol|timeframe, Frames | Transition | Rolled)  -> [strategy]
         -> signals, status, alerts, dead letters, positions, metrics, equity, executions
         -> (strategy|symbol, Worked)  -> [correlate]  -> composites, late signals
         -> (symbol, Worked)  -> [consensus]  -> composites, late signals
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

import bytewax.operators as op
from bytewax.operators import KeyedStream

from operators.correlation.consensus import ConsensusStep
from operators.correlation.correlate import CorrelateStep
from operators.events import CandleBatch, Command, Listing, Worked
from operators.lift import Snapshot, StateWatch, lift
from operators.market.parameters import Parameters
from operators.market.step import MarketStep
from operators.market.step import Output as MarketOutput
from operators.strategy.catalog import Catalog
from operators.strategy.step import Event as StrategyEvent
from operators.strategy.step import StrategyStep
from operators.tally import Tally
from schemas.alert import Alert
from schemas.audit import Execution
from schemas.composite import Composite, Consensus, LateSignal
from schemas.dead_letter import DeadLetter
from schemas.lifecycle import StrategyStatus
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.position import PositionChange
from schemas.signal import Signal
from schemas.trade import Trade

__all__ = [
    "CONSENSUS_STEP",
    "CORRELATE_STEP",
    "MARKET_STEP",
    "STRATEGY_STEP",
    "Emitted",
    "FeedItem",
    "Outputs",
    "Parameters",
    "build",
]

MARKET_STEP = "market"
STRATEGY_STEP = "strategy"
CORRELATE_STEP = "correlate"
CONSENSUS_STEP = "consensus"
"""Step ids name the state in recovery stores: a stored format, never to be changed."""

FeedItem = CandleBatch | Command | Listing | DeadLetter | StrategyStatus
Emitted = (
    Signal
    | StrategyStatus
    | Alert
    | DeadLetter
    | Composite
    | Consensus
    | LateSignal
    | PositionChange
    | Trade
    | StrategyMetrics
    | EquityPoint
    | Execution
)

_BOOKED = (PositionChange, Trade, StrategyMetrics, Execution)
"""What the account of a strategy says of what it did."""


@dataclass(frozen=True)
class Outputs:
    """The streams that come out, each keyed as on its topic."""

    signals: KeyedStream[Signal]
    statuses: KeyedStream[StrategyStatus]
    alerts: KeyedStream[Alert]
    dead_letters: KeyedStream[DeadLetter]
    composites: KeyedStream[Composite | Consensus]
    late_signals: KeyedStream[LateSignal]
    positions: KeyedStream[PositionChange | Trade]
    metrics: KeyedStream[StrategyMetrics]
    equity: KeyedStream[EquityPoint]
    executions: KeyedStream[Execution]


def build(
    feed: KeyedStream[FeedItem],
    *,
    catalog: Catalog,
    tally: Tally,
    parameters: Parameters,
    watch: Callable[[str], StateWatch] | None = None,
) -> Outputs:
    """Wire the steps onto a feed. The feed's own dead letters and answers to commands pass by the steps.

    ``watch`` gives who looks on at the states of a step, by its id.
    """

    def market(resume: Snapshot | None) -> MarketStep:
        return MarketStep(catalog, tally, parameters, resume)

    def strategy(resume: Snapshot | None) -> StrategyStep:
        return StrategyStep(catalog, tally, resume)

    def correlate(resume: Snapshot | None) -> CorrelateStep:
        return CorrelateStep(tally, resume)

    def consensus(resume: Snapshot | None) -> ConsensusStep:
        return ConsensusStep(tally, resume)

    # (symbol, CandleBatch | Command | Listing) | (key, DeadLetter | StrategyStatus)
    taken = op.branch("passing", feed, lambda item: isinstance(item[1], DeadLetter | StrategyStatus))
    # (key, DeadLetter | StrategyStatus)
    passing = cast("KeyedStream[Emitted]", taken.trues)
    # (symbol, CandleBatch | Command | Listing)
    accepted = cast("KeyedStream[CandleBatch | Command | Listing]", taken.falses)
    # (symbol, (strategy key, Frames | Transition | Rolled) | DeadLetter | Alert)
    market_out = lift(MARKET_STEP, accepted, market, watch)
    # (strategy key, Frames | Transition | Rolled)
    fed = op.filter_map("fed", market_out, _fed)
    # (strategy key, Signal | Worked | EquityPoint | one of _BOOKED | StrategyStatus | Alert): what is many leaves first
    answered = lift(STRATEGY_STEP, fed, strategy, watch)
    # (strategy key, Signal) | (strategy key, anything else)
    strategy_out = op.branch("signalled", answered, lambda item: isinstance(item[1], Signal))
    # (strategy key, Signal): that is their topic's key already
    signals = cast("KeyedStream[Signal]", strategy_out.trues)
    # (strategy key, Worked) | (strategy key, anything else)
    weighed = op.branch("weighed", strategy_out.falses, lambda item: isinstance(item[1], Worked))
    # (strategy key, Worked)
    worked = cast("KeyedStream[Worked]", weighed.trues)
    # (strategy|symbol, Composite | LateSignal)
    correlated = lift(CORRELATE_STEP, op.filter_map("worked", worked, _of_strategy), correlate, watch)
    # (symbol, Consensus | LateSignal)
    agreed = lift(CONSENSUS_STEP, op.filter_map("worked_on_symbol", worked, _of_symbol), consensus, watch)
    # (strategy key, EquityPoint) | (strategy key, one of _BOOKED | StrategyStatus | Alert)
    marked = op.branch("marked", weighed.falses, lambda item: isinstance(item[1], EquityPoint))
    # (strategy key, EquityPoint): that is their topic's key too
    equity = cast("KeyedStream[EquityPoint]", marked.trues)
    # (strategy key, one of _BOOKED) | (strategy key, StrategyStatus | Alert)
    told = op.branch("booked", marked.falses, lambda item: isinstance(item[1], _BOOKED))
    # (strategy key, PositionChange | Trade | StrategyMetrics | Execution)
    booked = cast("KeyedStream[Emitted]", told.trues)
    # (strategy key, StrategyStatus | Alert)
    others = cast("KeyedStream[Emitted]", told.falses)
    # (key, StrategyStatus | Alert | DeadLetter), all of them rare
    everything = op.merge("records", passing, op.filter_map("market_records", market_out, _record), others)
    # (strategy|symbol, Composite) and (*|symbol, Consensus)
    composites = op.merge(
        "composites",
        cast("KeyedStream[Composite | Consensus]", _only("of_one_strategy", correlated, Composite)),
        cast("KeyedStream[Composite | Consensus]", _only("of_all_strategies", agreed, Consensus)),
    )
    # (strategy|symbol, LateSignal), each told of by one of the two
    late_signals = op.merge(
        "too_late",
        _only("late_on_timeframes", correlated, LateSignal),
        _only("late_among_strategies", agreed, LateSignal),
    )
    return Outputs(
        signals=signals,
        statuses=_only("statuses", everything, StrategyStatus),
        alerts=_only("alerts", everything, Alert),
        dead_letters=_only("dead_letters", everything, DeadLetter),
        composites=composites,
        late_signals=late_signals,
        positions=op.filter_map("positions", booked, _of_position),
        metrics=_only("metrics", booked, StrategyMetrics),
        equity=equity,
        executions=_only("executions", booked, Execution),
    )


def _fed(item: tuple[str, MarketOutput]) -> tuple[str, StrategyEvent] | None:
    out = item[1]
    return out if isinstance(out, tuple) else None


def _record(item: tuple[str, MarketOutput]) -> tuple[str, Emitted] | None:
    out = item[1]
    return None if isinstance(out, tuple) else (item[0], out)


def _of_strategy(item: tuple[str, Worked]) -> tuple[str, Worked] | None:
    """What is weighed with the other timeframes of its strategy on its symbol."""
    worked = item[1]
    return None if worked.roll is None else (f"{worked.strategy}|{worked.symbol}", worked)


def _of_symbol(item: tuple[str, Worked]) -> tuple[str, Worked] | None:
    """What is weighed with the other strategies on its symbol."""
    worked = item[1]
    return None if worked.symbol_roll is None else (worked.symbol, worked)


def _of_position(item: tuple[str, object]) -> tuple[str, PositionChange | Trade] | None:
    """What happened to a position, in one order: a trade comes after the change that ends it."""
    record = item[1]
    return (record.key, record) if isinstance(record, PositionChange | Trade) else None


X = TypeVar("X")
R = TypeVar("R", bound=Emitted)


def _only(step_id: str, stream: KeyedStream[X], kind: type[R]) -> KeyedStream[R]:
    """The records of one kind, under the key of their topic."""

    def pick(item: tuple[str, X]) -> tuple[str, R] | None:
        record = item[1]
        return (record.key, record) if isinstance(record, kind) else None

    return op.filter_map(step_id, stream, pick)
