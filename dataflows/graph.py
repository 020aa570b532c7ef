"""The graph: the one wiring that live, replay and backtest all use. Sources and sinks are put around it.

feed     -> (symbol, CandleBatch | Command | Enrolment | Listing)  -> [market]   key symbol
         -> (strategy|symbol|timeframe, Frames | Transition | Rolled)  -> [strategy]
         -> (strategy, Shared | Reached)  -> [together], for those whose positions are counted together
         -> signals, status, alerts, dead letters, positions, metrics, equity, executions
         -> (strategy|symbol, Worked)  -> [correlate]  -> composites, late signals
         -> (symbol, Worked)  -> [consensus]  -> composites, late signals
         -> (symbol, Worked | Beat)  -> [gather]  -> (portfolio:id, Gathered)  -> [portfolio]
         -> portfolio metrics, portfolio events, equity, alerts
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

import bytewax.operators as op
from bytewax.operators import KeyedStream

from operators.correlation.consensus import ConsensusStep
from operators.correlation.correlate import CorrelateStep
from operators.events import Beat, CandleBatch, Command, Enrolment, Listing, Reached, Shared, Worked
from operators.lift import Snapshot, StateWatch, lift
from operators.market.parameters import Parameters
from operators.market.step import MarketStep
from operators.risk.gathering import GatherStep
from operators.risk.portfolio_step import PortfolioStep
from operators.strategy.catalog import Catalog
from operators.strategy.step import Event as StrategyEvent
from operators.strategy.step import StrategyStep
from operators.tally import Tally
from operators.together.step import TogetherStep
from schemas.alert import Alert
from schemas.audit import Execution
from schemas.composite import Composite, Consensus, LateSignal
from schemas.dead_letter import DeadLetter
from schemas.lifecycle import StrategyStatus
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.portfolio_event import PortfolioEvent
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.position import PositionChange
from schemas.signal import Signal
from schemas.trade import Trade

__all__ = [
    "CONSENSUS_STEP",
    "CORRELATE_STEP",
    "GATHER_STEP",
    "MARKET_STEP",
    "PORTFOLIO_STEP",
    "STRATEGY_STEP",
    "TOGETHER_STEP",
    "Emitted",
    "FeedItem",
    "Outputs",
    "Parameters",
    "build",
]

MARKET_STEP = "market"
STRATEGY_STEP = "strategy"
TOGETHER_STEP = "together"
CORRELATE_STEP = "correlate"
CONSENSUS_STEP = "consensus"
GATHER_STEP = "gather"
PORTFOLIO_STEP = "portfolio"
"""Step ids name the state in recovery stores: a stored format, never to be changed."""

FeedItem = CandleBatch | Command | Enrolment | Listing | DeadLetter | StrategyStatus
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
    | PortfolioMetrics
    | PortfolioEvent
)

_BOOKED = (PositionChange, Trade, StrategyMetrics, Execution)
"""What the account of a strategy says of what it did."""


Noticed = DeadLetter | Alert | Beat | Shared | Reached
"""What the market says beside what goes straight to the series of strategies."""

X = TypeVar("X")
R = TypeVar("R", bound=Emitted)


@dataclass(frozen=True)
class Outputs:
    """The streams that come out, each keyed as on its topic.

    What portfolios say goes to the topics of strategies: ``portfolio_metrics`` to ``metrics``, ``portfolio_events`` to
    ``executions``, under keys of their own.
    """

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
    portfolio_metrics: KeyedStream[PortfolioMetrics]
    portfolio_events: KeyedStream[PortfolioEvent]


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

    def together(resume: Snapshot | None) -> TogetherStep:
        return TogetherStep(catalog, tally, resume)

    def correlate(resume: Snapshot | None) -> CorrelateStep:
        return CorrelateStep(tally, resume)

    def consensus(resume: Snapshot | None) -> ConsensusStep:
        return ConsensusStep(tally, resume)

    def gather(resume: Snapshot | None) -> GatherStep:
        return GatherStep(resume)

    def portfolio(resume: Snapshot | None) -> PortfolioStep:
        return PortfolioStep(resume)

    # (symbol, CandleBatch | Command | Enrolment | Listing) | (key, DeadLetter | StrategyStatus)
    taken = op.branch("passing", feed, lambda item: isinstance(item[1], DeadLetter | StrategyStatus))
    # (key, DeadLetter | StrategyStatus)
    passing = cast("KeyedStream[Emitted]", taken.trues)
    # (symbol, CandleBatch | Command | Enrolment | Listing)
    accepted = cast("KeyedStream[CandleBatch | Command | Enrolment | Listing]", taken.falses)
    # (symbol, (strategy key, Frames | Transition | Rolled) | Noticed)
    market_out = lift(MARKET_STEP, accepted, market, watch)
    # (symbol, (strategy key, Frames | Transition | Rolled)) | (symbol, Noticed)
    split = op.branch("for_strategies", market_out, lambda item: type(item[1]) is tuple)
    # (strategy key, Frames | Transition | Rolled)
    fed = op.map("fed", cast("KeyedStream[tuple[str, StrategyEvent]]", split.trues), _handed_on)
    # (symbol, Noticed)
    noticed = cast("KeyedStream[Noticed]", split.falses)
    # (strategy, Shared | Reached)
    shared = op.filter_map("shared", noticed, _shared)
    # (strategy key, Signal | Worked | EquityPoint | one of _BOOKED | StrategyStatus | Alert): what is many leaves first
    answered = op.merge(
        "answered",
        lift(STRATEGY_STEP, fed, strategy, watch),
        op.map("answered_together", lift(TOGETHER_STEP, shared, together, watch), _handed_on),
    )
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
    # (symbol, Worked | Beat)
    on_symbol = op.merge(
        "on_symbol",
        op.filter_map("worked_for_portfolios", worked, _for_portfolios),
        op.filter_map("beats", noticed, _beat),
    )
    # (portfolio:id, Gathered)
    gathered = op.map("gathered", lift(GATHER_STEP, on_symbol, gather, watch), _handed_on)
    # (portfolio:id, PortfolioEvent | EquityPoint | PortfolioMetrics | Alert)
    followed = lift(PORTFOLIO_STEP, gathered, portfolio, watch)
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
    everything = op.merge("records", passing, op.filter_map("market_records", noticed, _record), others, followed)
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
        equity=op.merge("all_equity", equity, _only("equity_of_portfolios", followed, EquityPoint)),
        executions=_only("executions", booked, Execution),
        portfolio_metrics=_only("portfolio_metrics", followed, PortfolioMetrics),
        portfolio_events=_only("portfolio_events", followed, PortfolioEvent),
    )


def _record(item: tuple[str, Noticed]) -> tuple[str, Emitted] | None:
    out = item[1]
    return (item[0], out) if isinstance(out, DeadLetter | Alert) else None


def _shared(item: tuple[str, Noticed]) -> tuple[str, Shared | Reached] | None:
    """What is for a strategy whose positions are counted together."""
    out = item[1]
    return (out.strategy, out) if isinstance(out, Shared | Reached) else None


def _of_strategy(item: tuple[str, Worked]) -> tuple[str, Worked] | None:
    """What is weighed with the other timeframes of its strategy on its symbol."""
    worked = item[1]
    return None if worked.roll is None else (f"{worked.strategy}|{worked.symbol}", worked)


def _of_symbol(item: tuple[str, Worked]) -> tuple[str, Worked] | None:
    """What is weighed with the other strategies on its symbol."""
    worked = item[1]
    return None if worked.symbol_roll is None else (worked.symbol, worked)


def _for_portfolios(item: tuple[str, Worked]) -> tuple[str, Worked | Beat] | None:
    """What portfolios follow."""
    worked = item[1]
    return None if worked.portfolio_roll is None else (worked.symbol, worked)


def _beat(item: tuple[str, Noticed]) -> tuple[str, Worked | Beat] | None:
    out = item[1]
    return (item[0], out) if isinstance(out, Beat) else None


def _handed_on(item: tuple[str, tuple[str, X]]) -> tuple[str, X]:
    """To whom it is for."""
    return item[1]


def _of_position(item: tuple[str, object]) -> tuple[str, PositionChange | Trade] | None:
    """What happened to a position, in one order: a trade comes after the change that ends it."""
    record = item[1]
    return (record.key, record) if isinstance(record, PositionChange | Trade) else None


def _only(step_id: str, stream: KeyedStream[X], kind: type[R]) -> KeyedStream[R]:
    """The records of one kind, under the key of their topic."""

    def pick(item: tuple[str, X]) -> tuple[str, R] | None:
        record = item[1]
        return (record.key, record) if isinstance(record, kind) else None

    return op.filter_map(step_id, stream, pick)
