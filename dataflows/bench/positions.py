"""`bench positions`: what a bar costs with many open positions, beside the same bars flat.

CPU time of this thread, in memory, in rounds of which the median counts; flat and open are measured in turn. Each
position is a key of the strategy step: a strategy on a symbol, with a stop, a target and a trailing stop that prices do
not reach, and an exit rule that is asked at every close and does not hold. Frames come ready made: what the market step
takes is in `bench language`. Cycles are collected as seldom as in a worker.
"""

import gc
import pickle
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from dataflows.bench.positions_parts import Parts, parts
from dataflows.bench.workload import MINUTE_MS, START_MS, TIMEFRAME, GeneratedCandles
from dataflows.errors import BenchFailed
from dataflows.garbage import rare_collections
from operators.events import Frames, Transition
from operators.lift import Snapshot
from operators.strategy.catalog import Catalog
from operators.strategy.step import StrategyStep
from operators.tally import Tally
from schemas.audit import Execution
from schemas.lifecycle import DesiredState, StrategyVersion
from schemas.metrics import EquityPoint
from schemas.strategy import StrategyConfig
from schemas.strategy_file import parse_strategy

Progress = Callable[[int], None]
"""Told how many more bars of a key were worked."""

WARM_BARS = 2
"""The entry is decided at the close of the first and filled at the open of the second."""
WEIGHED = 500
"""Positions of which memory is weighed: to trace every allocation is slow, and all are alike."""

_NAMES = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class Plan:
    """How much is run: ``positions`` of strategies on ``symbols``, ``bars`` of each a round."""

    positions: int = 10_000
    symbols: int = 100
    bars: int = 32
    rounds: int = 5


@dataclass(frozen=True)
class Measured:
    """Microseconds for one bar of one key, the median of rounds.

    Attributes:
        open_live: with an open position, one bar at a time.
        open_behind: the same bars all at once, as a worker that is behind has them.
        flat_live: the same keys without a position, one bar at a time.
        flat_behind: the same, all at once.
        of_rounds: ``open_live`` of each round.
        parts: what of ``open_live`` is what.
        position_bytes: memory of a key with an open position, and of one without.
        snapshot_bytes: the same of a snapshot, as it is written to the recovery store.
        equity_points: that came of the open positions: one for each bar of each.
    """

    open_live: float
    open_behind: float
    flat_live: float
    flat_behind: float
    of_rounds: tuple[float, ...]
    parts: Parts
    position_bytes: tuple[int, int]
    snapshot_bytes: tuple[int, int]
    equity_points: int

    @property
    def rest(self) -> float:
        """Microseconds of ``open_live`` that are none of the step's parts: rules that are asked, bars walked."""
        own = self.parts
        return self.open_live - own.exits - own.mark - own.performance - own.records


def strategy(number: int, *, enters: bool) -> StrategyConfig:
    """One of many: long from its first bar on, or never, with exits that no price here reaches."""
    document = {
        "id": f"held_{number:05d}" if enters else f"flat_{number:05d}",
        "signals": [
            {"id": "in", "type": "entry", "expression": "close > 0" if enters else "close < 0"},
            {"id": "out", "type": "exit", "expression": "close < 0"},
        ],
        "execution": {"fees": {"method": "proportional", "maker": 0.0002, "taker": 0.0005}},
        "risk": {
            "sizing": {"method": "fixed_fraction", "fraction": 0.1},
            "stop_loss": {"fraction": 0.5},
            "trailing_stop": {"fraction": 0.6},
            "take_profit": {"fraction": 5.0},
        },
    }
    return parse_strategy(document, origin="bench")


def measure(plan: Plan, progress: Progress = lambda _bars: None) -> Measured:
    """Run it.

    Raises:
        BenchFailed: a position was not opened, or did not stay open, so that something else was measured.
    """
    series = frames(plan)
    held, idle = (Keys(plan, series, enters=enters) for enters in (True, False))
    taken: dict[str, list[float]] = {"open": [], "open_behind": [], "flat": [], "flat_behind": []}
    points = 0
    with rare_collections():
        for number in range(plan.rounds):
            bars = [WARM_BARS + 2 * number * plan.bars + bar for bar in range(plan.bars)]
            behind = range(bars[-1] + 1, bars[-1] + 1 + plan.bars)
            for name, keys in (("open", held), ("flat", idle)):
                taken[name].append(keys.live(bars, progress))
                taken[f"{name}_behind"].append(keys.behind(behind, progress))
            points += held.points
    expected = plan.positions * plan.bars * 2 * plan.rounds
    if points != expected or idle.points:
        raise BenchFailed(f"expected {expected:,} equity points of open positions, got {points:,} and {idle.points:,}")
    weighed = replace(plan, positions=min(plan.positions, WEIGHED))
    return Measured(
        open_live=median(taken["open"]),
        open_behind=median(taken["open_behind"]),
        flat_live=median(taken["flat"]),
        flat_behind=median(taken["flat_behind"]),
        of_rounds=tuple(taken["open"]),
        parts=parts(strategy(0, enters=True), next(iter(series.values())), WARM_BARS, plan.rounds),
        position_bytes=(_weigh(weighed, series, enters=True), _weigh(weighed, series, enters=False)),
        snapshot_bytes=(_written(held.steps[0].snapshot()), _written(idle.steps[0].snapshot())),
        equity_points=points,
    )


def frames(plan: Plan) -> dict[str, Frames]:
    """All bars of every symbol, with nothing but prices."""
    count = WARM_BARS + 2 * plan.rounds * plan.bars
    rows: dict[str, list[Sequence[float]]] = {}
    for batch in GeneratedCandles(plan.symbols, count).batches():
        for row in batch:
            rows.setdefault(row[0], []).append(row[3:8])
    times = [START_MS + bar * MINUTE_MS for bar in range(count)]
    return {
        symbol: Frames(
            symbol,
            TIMEFRAME,
            times,
            {name: [float("nan"), *(one[place] for one in found)] for place, name in enumerate(_NAMES)},
        )
        for symbol, found in rows.items()
    }


def cut(whole: Frames, first: int, stop: int) -> Frames:
    """Some rows of frames, which look back on the row before them."""
    columns = {name: values[first : stop + 1] for name, values in whole.columns.items()}
    return Frames(whole.symbol, whole.timeframe, whole.open_times[first:stop], columns)


class Keys:
    """The steps of many keys: strategies that are all alike on some symbols, each begun and warm.

    Attributes:
        steps: one for each key.
        points: equity points that came of the last two calls.
    """

    def __init__(self, plan: Plan, series: dict[str, Frames], *, enters: bool) -> None:
        self.steps: list[StrategyStep] = []
        self.points = 0
        self._series = series
        self._symbols: list[str] = []
        catalog, tally, symbols = Catalog(), Tally(), list(series)
        for number in range(plan.positions):
            config = strategy(number // len(symbols), enters=enters)
            symbol = symbols[number % len(symbols)]
            version = StrategyVersion(strategy=config.id, version=1, config=config)
            desired = DesiredState(strategy=config.id, version=1, state="running", command="bench")
            step = StrategyStep(catalog, tally)
            step.on_batch([Transition(symbol, TIMEFRAME, START_MS, START_MS, 100.0, desired, version)])
            for bar in range(WARM_BARS):
                step.on_batch([cut(series[symbol], bar, bar + 1)])
            self.steps.append(step)
            self._symbols.append(symbol)

    def live(self, bars: Sequence[int], progress: Progress) -> float:
        """One bar of all keys after the other; microseconds for one of each."""
        self.points, taken = 0, 0.0
        for bar in bars:
            ready = {symbol: cut(whole, bar, bar + 1) for symbol, whole in self._series.items()}
            taken += self._work(ready)
            progress(len(self.steps))
        return taken / len(bars) / len(self.steps) * 1e6

    def behind(self, bars: Sequence[int], progress: Progress) -> float:
        """All these bars of one key after the other; microseconds for one of each."""
        ready = {symbol: cut(whole, bars[0], bars[-1] + 1) for symbol, whole in self._series.items()}
        taken = self._work(ready)
        progress(len(self.steps) * len(bars))
        return taken / len(bars) / len(self.steps) * 1e6

    def _work(self, ready: dict[str, Frames]) -> float:
        work = [(step.on_batch, ready[symbol]) for step, symbol in zip(self.steps, self._symbols, strict=True)]
        out: list[object] = []
        started = time.thread_time()
        for on_batch, one in work:
            out += on_batch([one])
        taken = time.thread_time() - started
        self.points += sum(isinstance(one, EquityPoint) for one in out)
        broken = next((one for one in out if isinstance(one, Execution)), None)
        if broken is not None:
            raise BenchFailed(f"expected bars at which nothing is decided, got {broken.outcome}: {broken.reason}")
        return taken


def _weigh(plan: Plan, series: dict[str, Frames], *, enters: bool) -> int:
    """Bytes that one key more takes, traced."""
    Keys(replace(plan, positions=1), series, enters=enters)  # what all share is made before
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        keys = Keys(plan, series, enters=enters)
        gc.collect()
        return round((tracemalloc.get_traced_memory()[0] - before) / len(keys.steps))
    finally:
        tracemalloc.stop()


def _written(snapshot: Snapshot) -> int:
    """Bytes of a snapshot in the form in which Bytewax writes it."""
    return len(pickle.dumps(snapshot))
