"""The graph: the one wiring that live, replay and backtest all use. Sources and sinks are put around it.

feed     -> (symbol, CandleBatch | Command)  -> [market]   key symbol
         -> (strategy|symbol|timeframe, Frames | Transition)  -> [strategy]
         -> signals, status, alerts, dead letters
"""

from dataclasses import dataclass
from typing import TypeVar, cast

import bytewax.operators as op
from bytewax.operators import KeyedStream

from operators.events import CandleBatch, Command, Frames, Transition
from operators.lift import Snapshot, lift
from operators.market.step import MarketStep
from operators.market.step import Output as MarketOutput
from operators.strategy.catalog import Catalog
from operators.strategy.step import StrategyStep
from operators.tally import Tally
from schemas.alert import Alert
from schemas.dead_letter import DeadLetter
from schemas.lifecycle import StrategyStatus
from schemas.signal import Signal

MARKET_STEP = "market"
STRATEGY_STEP = "strategy"
"""Step ids name the state in recovery stores: a stored format, never to be changed."""

FeedItem = CandleBatch | Command | DeadLetter | StrategyStatus
Emitted = Signal | StrategyStatus | Alert | DeadLetter


@dataclass(frozen=True)
class Parameters:
    """What the answer depends on beside the candles and the commands."""

    history_bars: int = 1024
    gap_tolerance_bars: int = 0


@dataclass(frozen=True)
class Outputs:
    """The streams that come out, each keyed as on its topic."""

    signals: KeyedStream[Signal]
    statuses: KeyedStream[StrategyStatus]
    alerts: KeyedStream[Alert]
    dead_letters: KeyedStream[DeadLetter]


def build(feed: KeyedStream[FeedItem], *, catalog: Catalog, tally: Tally, parameters: Parameters) -> Outputs:
    """Wire the steps onto a feed. The feed's own dead letters and answers to commands pass by the steps."""

    def market(resume: Snapshot | None) -> MarketStep:
        return MarketStep(catalog, tally, parameters.history_bars, parameters.gap_tolerance_bars, resume)

    def strategy(resume: Snapshot | None) -> StrategyStep:
        return StrategyStep(catalog, tally, resume)

    # (symbol, CandleBatch | Command) | (key, DeadLetter | StrategyStatus)
    taken = op.branch("passing", feed, lambda item: isinstance(item[1], DeadLetter | StrategyStatus))
    # (key, DeadLetter | StrategyStatus)
    passing = cast("KeyedStream[Emitted]", taken.trues)
    # (symbol, CandleBatch | Command)
    accepted = cast("KeyedStream[CandleBatch | Command]", taken.falses)
    # (symbol, (strategy key, Frames | Transition) | DeadLetter | Alert)
    market_out = lift(MARKET_STEP, accepted, market)
    # (strategy key, Frames | Transition)
    fed = op.filter_map("fed", market_out, _fed)
    # (strategy key, Signal | StrategyStatus | Alert)
    strategy_out = op.branch("signalled", lift(STRATEGY_STEP, fed, strategy), lambda item: isinstance(item[1], Signal))
    # (strategy key, Signal): that is their topic's key already
    signals = cast("KeyedStream[Signal]", strategy_out.trues)
    # (key, StrategyStatus | Alert | DeadLetter), all of them rare
    others = cast("KeyedStream[Emitted]", strategy_out.falses)
    everything = op.merge("records", passing, op.filter_map("market_records", market_out, _record), others)
    return Outputs(
        signals=signals,
        statuses=_only("statuses", everything, StrategyStatus),
        alerts=_only("alerts", everything, Alert),
        dead_letters=_only("dead_letters", everything, DeadLetter),
    )


def _fed(item: tuple[str, MarketOutput]) -> tuple[str, Frames | Transition] | None:
    out = item[1]
    return out if isinstance(out, tuple) else None


def _record(item: tuple[str, MarketOutput]) -> tuple[str, Emitted] | None:
    out = item[1]
    return None if isinstance(out, tuple) else (item[0], out)


R = TypeVar("R", bound=StrategyStatus | Alert | DeadLetter)


def _only(step_id: str, stream: KeyedStream[Emitted], kind: type[R]) -> KeyedStream[R]:
    """The records of one kind, under the key of their topic."""

    def pick(item: tuple[str, Emitted]) -> tuple[str, R] | None:
        record = item[1]
        return (record.key, record) if isinstance(record, kind) else None

    return op.filter_map(step_id, stream, pick)
