"""`bench language`: what a rule costs to compile and to ask, and what a candle costs with more and more strategies.

CPU time of this thread, in memory, in rounds of which the median counts; what is compared is measured in turn in the
same rounds.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from dataflows.bench.workload import GeneratedCandles, strategies
from dataflows.check.verdicts import verdicts
from dataflows.graph import Parameters
from operators.events import CandleBatch, Command, Frames, Rolled, Transition
from operators.market.step import MarketStep
from operators.strategy.catalog import Catalog
from operators.strategy.compile import CompiledRule, compile_strategy
from operators.strategy.step import StrategyStep
from operators.tally import Tally
from schemas.candle_row import CandleRow
from schemas.lifecycle import DesiredState, StrategyVersion
from schemas.strategy import StrategyConfig
from schemas.strategy_file import parse_strategy

Say = Callable[[str], None]

FIVE_TERMS = "rsi < 45 AND close < bbands.middle AND macd.histogram < 0 AND close > sma * 0.98 AND volume > 10"
COUNTS = (1, 10, 100, 1_000)
WARM_CANDLES = 256
"""Until every indicator is ready, before anything is measured."""


@dataclass(frozen=True)
class Plan:
    """How much is run."""

    compiled: int = 50
    evaluated_rows: int = 20_000
    candles: int = 2_048
    live_candles: int = 256
    batch_rows: int = 1_024
    rounds: int = 5


@dataclass(frozen=True)
class Compiling:
    """Milliseconds from a checked configuration to functions, the median of some strategies, each new."""

    strategies: int
    rules: int
    compile_ms: float
    compile_ms_per_rule: float


@dataclass(frozen=True)
class Evaluating:
    """Nanoseconds for one verdict of the five-term rule, over the same rows of ready values in the same rounds.

    Attributes:
        rows: how many rows.
        held: at which share of them the rule holds.
        ns_per_evaluation: the compiled rule, asked row by row. It tests every value to be ready; the two do not.
        ns_lambda: the same five terms written in Python by hand.
        ns_per_row_of_array: the compiled rule asked once for whole arrays.
    """

    rows: int
    held: float
    ns_per_evaluation: float
    ns_lambda: float
    ns_per_row_of_array: float


@dataclass(frozen=True)
class Sharing:
    """One symbol with so many strategies. ``market`` is what all share, ``strategy`` is the rules' part.

    ``us_per_candle`` is in batches, as a worker that is behind; ``live`` one candle at a time.
    """

    strategies: int
    rules: int
    indicators: int
    us_per_candle: float
    market_us: float
    strategy_us: float
    candles_per_s: float
    evaluations_per_s: float
    live_us_per_candle: float
    live_market_us: float
    live_strategy_us: float


def compiling(plan: Plan) -> Compiling:
    """Compile strategies of about five terms a rule, each for the first time; one beforehand to warm up."""
    configs = strategies(plan.compiled + 1)
    compile_strategy(configs.pop())
    taken, rules = [], 0
    for config in configs:
        started = time.thread_time()
        compiled = compile_strategy(config)
        taken.append((time.thread_time() - started) * 1e3)
        rules += len(_rules_of(compiled.entries, compiled.exits["long"]))
    return Compiling(len(configs), rules, median(taken), median(taken) * len(configs) / rules)


def evaluating(plan: Plan) -> Evaluating:
    """Ask the five-term rule of generated candles, beside the same rule by hand."""
    config = five_terms()
    compiled = compile_strategy(config)
    rule = compiled.entries[0]
    frames = _frames(config, plan.evaluated_rows)
    operands = [frames.array(column, lag)[WARM_CANDLES:] for column, lag in rule.operands]
    columns = [values.tolist() for values in operands]
    named = {name: frames.array(*rule.names[name])[WARM_CANDLES:].tolist() for name in rule.names}
    hand = [named[name] for name in ("rsi", "close", "bbands.middle", "macd.histogram", "sma", "volume")]
    rows = len(columns[0])

    def compiled_rows() -> None:
        deque(map(rule.evaluate, *columns), maxlen=0)

    def hand_rows() -> None:
        deque(map(by_hand, *hand), maxlen=0)

    def arrays() -> None:
        verdicts(rule, operands, rows)

    own, other, whole = _in_turn([compiled_rows, hand_rows, arrays], max(9, plan.rounds))
    held = sum(verdict is True for verdict in map(rule.evaluate, *columns)) / rows
    return Evaluating(rows, held, own / rows * 1e9, other / rows * 1e9, whole / rows * 1e9)


def five_terms() -> StrategyConfig:
    """A strategy whose entry is the typical rule."""
    indicators = {"rsi": {"period": 14}, "macd": {}, "bbands": {"period": 20}, "sma": {"period": 50}}
    rules = {"entry": {"condition": FIVE_TERMS}, "exit": {"condition": "rsi > 55"}}
    return parse_strategy({"id": "five_terms", "indicators": indicators, "rules": rules}, origin="bench")


def by_hand(  # noqa: PLR0913, PLR0917  # as many as the rule reads
    rsi: float, close: float, middle: float, histogram: float, sma: float, volume: float
) -> bool:
    """``FIVE_TERMS`` as a Python programmer would write it."""
    return rsi < 45 and close < middle and histogram < 0 and close > sma * 0.98 and volume > 10  # noqa: PLR2004  # the rule's own


def sharing(plan: Plan, count: int) -> Sharing:
    """Run so many strategies on one symbol; the median of some rounds, each begun anew and warmed up."""
    configs = strategies(count)
    catalog = Catalog()
    versions = [StrategyVersion(strategy=config.id, version=1, config=config) for config in configs]
    compiled = [catalog.add(version) for version in versions]
    rounds = [_round(plan, catalog, versions) for _ in range(plan.rounds)]
    market, rules, live_market, live_rules = (median(one) for one in zip(*rounds, strict=True))
    behind = (market + rules) / plan.candles
    return Sharing(
        strategies=count,
        rules=sum(len(_rules_of(one.entries, one.exits["long"])) for one in compiled),
        indicators=len({indicator.key for one in compiled for indicator in one.indicators}),
        us_per_candle=behind * 1e6,
        market_us=market / plan.candles * 1e6,
        strategy_us=rules / plan.candles * 1e6,
        candles_per_s=1 / behind,
        evaluations_per_s=count / behind,
        live_us_per_candle=(live_market + live_rules) / plan.live_candles * 1e6,
        live_market_us=live_market / plan.live_candles * 1e6,
        live_strategy_us=live_rules / plan.live_candles * 1e6,
    )


def _round(plan: Plan, catalog: Catalog, versions: Sequence[StrategyVersion]) -> tuple[float, float, float, float]:
    """Seconds of market and strategies, in batches; then of both, candle by candle."""
    rows = _rows(WARM_CANDLES + plan.candles + plan.live_candles)
    tally, parameters = Tally(), Parameters()
    symbol = rows[0][0]
    market = MarketStep(catalog, tally, parameters)
    steps: dict[str, StrategyStep] = {}
    market.on_batch([Command(symbol, _running(version), version) for version in versions])

    def work(some: Sequence[CandleRow], size: int) -> tuple[float, float]:
        market_s = rules_s = 0.0
        for start in range(0, len(some), size):
            batch = some[start : start + size]
            event = CandleBatch(symbol, "bench", 0, batch, range(len(batch)), [None] * len(batch))
            begun = time.thread_time()
            fed = market.on_batch([event])
            between = time.thread_time()
            for item in fed:
                if isinstance(item, tuple):
                    step = steps.get(item[0])
                    if step is None:
                        step = steps[item[0]] = StrategyStep(catalog, tally)
                    step.on_batch([item[1]])
            market_s += between - begun
            rules_s += time.thread_time() - between
        return market_s, rules_s

    work(rows[:WARM_CANDLES], plan.batch_rows)
    stop = WARM_CANDLES + plan.candles
    return *work(rows[WARM_CANDLES:stop], plan.batch_rows), *work(rows[stop:], 1)


def _frames(config: StrategyConfig, count: int) -> Frames:
    """What a strategy's rules read over so many generated candles, all of them at once."""
    rows = _rows(count + WARM_CANDLES)
    version = StrategyVersion(strategy=config.id, version=1, config=config)
    market = MarketStep(Catalog(), Tally(), Parameters())
    batch = CandleBatch(rows[0][0], "bench", 0, rows, range(len(rows)), [None] * len(rows))
    fed: list[Frames | Transition | Rolled] = [
        item[1]
        for item in market.on_batch([Command(rows[0][0], _running(version), version), batch])
        if isinstance(item, tuple)
    ]
    return next(one for one in fed if isinstance(one, Frames))


def _rows(count: int) -> list[CandleRow]:
    return [row for batch in GeneratedCandles(1, count).batches() for row in batch]


def _running(version: StrategyVersion) -> DesiredState:
    return DesiredState(strategy=version.strategy, version=version.version, state="running", command="bench")


def _rules_of(*groups: Sequence[CompiledRule]) -> list[CompiledRule]:
    return [rule for group in groups for rule in group]


def _in_turn(works: Sequence[Callable[[], None]], rounds: int) -> list[float]:
    """The median seconds of each of some works, done in turn; one round beforehand to warm up."""
    taken: list[list[float]] = [[] for _ in works]
    for number in range(rounds + 1):
        for work, times in zip(works, taken, strict=True):
            started = time.thread_time()
            work()
            if number:
                times.append(time.thread_time() - started)
    return [median(times) for times in taken]
