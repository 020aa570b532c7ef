"""The graph as plain loops, and strategies whose rules read their outcome from the candle itself.

A scripted rule's condition is ``bit N``: it holds where bit N of the candle's volume is set, raises where bit N + 8 is,
and is not ready where bit N + 16 is. So the outcome of every rule at every candle is data, for the engine and for an
oracle.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from operators.correlation.consensus import ConsensusStep
from operators.correlation.correlate import CorrelateStep
from operators.events import (
    Beat,
    CandleBatch,
    Command,
    Enrolment,
    Item,
    Listing,
    Reached,
    Shared,
    Worked,
)
from operators.market.parameters import DEFAULT_TIMEFRAMES, Parameters
from operators.market.step import MarketStep
from operators.risk.gathering import GatherStep
from operators.risk.portfolio_step import PortfolioStep
from operators.strategy.catalog import Catalog
from operators.strategy.compile import CompiledRule, CompiledStrategy, compile_strategy
from operators.strategy.confidence import fixed_confidence
from operators.strategy.step import StrategyStep
from operators.tally import Tally
from operators.together.step import TogetherStep
from schemas.candle_row import CandleRow
from schemas.correlation import CorrelationConfig
from schemas.lifecycle import DesiredState, StrategyVersion
from schemas.meta import MetaConfig
from schemas.record import Record, from_milliseconds
from schemas.signal import EvaluatedCondition
from schemas.signal_config import FixedConfidence, SignalConfig
from schemas.strategy import PartialBars, StrategyConfig
from schemas.timeframe import timeframe_ms
from schemas.watchlist import AssetConfig, WatchlistEntry

START = 1_746_057_600_000  # 2025-05-01T00:00:00Z
MINUTE = 60_000
SYMBOL = "BTCUSDT"

RAISES = 8
BLIND = 16

Feed = CandleRow | Command | Enrolment | Listing
"""What one key is fed, before it is cut into batches."""
Event = CandleBatch | Command | Enrolment | Listing
Compiler = Callable[[StrategyConfig], CompiledStrategy]


def row(
    number: int,
    *,
    close: float = 100.0,
    volume: float = 0.0,
    symbol: str = SYMBOL,
    timeframe: str = "1m",
) -> CandleRow:
    """The candle with this number on the grid of its timeframe."""
    opened = START + number * timeframe_ms(timeframe)
    return symbol, timeframe, opened, close, close + 1, close - 1, close, volume, True


def batch(*rows: CandleRow, first_offset: int = 0) -> CandleBatch:
    """Rows of one symbol as they come from the feed; the payload names the offset."""
    offsets = range(first_offset, first_offset + len(rows))
    return CandleBatch(rows[0][0], "candles", 3, rows, offsets, [f"payload {offset}".encode() for offset in offsets])


def outcome(volume: float, bit: int) -> bool | None:
    """What a scripted rule says of a candle."""
    mask = int(volume)
    if mask >> bit + RAISES & 1:
        raise ArithmeticError(f"bit {bit} of {mask}")
    if mask >> bit + BLIND & 1:
        return None
    return bool(mask >> bit & 1)


def explained(text: str, volume: float) -> tuple[EvaluatedCondition, ...]:
    """How a scripted rule explains that it holds: the whole of it, and the volume beside its bit."""
    return (EvaluatedCondition(0, text, holds=True, left=volume, right=float(1 << int(text.removeprefix("bit ")))),)


def scripted(config: StrategyConfig) -> CompiledStrategy:
    """Rules on bits where a condition says so, the real compiler else."""
    if not config.signals[0].expression.startswith("bit "):
        return compile_strategy(config)
    volume = ("volume", 0)
    rules = [
        CompiledRule(
            id=rule.id,
            type=rule.type,
            side=rule.side,
            condition=rule.expression,
            operands=(volume,),
            names={"volume": volume},
            evaluate=partial(outcome, bit=int(rule.expression.removeprefix("bit "))),
            whole=None,
            mask=None,
            explain=partial(explained, rule.expression),
            reads_position=False,
            confidence=fixed_confidence(rule.confidence.value if isinstance(rule.confidence, FixedConfidence) else 1.0),
        )
        for rule in config.signals
    ]
    return CompiledStrategy(
        config,
        (),
        tuple(rule for rule in rules if rule.type == "entry"),
        {
            "long": tuple(rule for rule in rules if rule.type == "exit" and rule.side == "long"),
            "short": tuple(rule for rule in rules if rule.type == "exit" and rule.side == "short"),
        },
    )


BOTH_WAYS = (
    SignalConfig(id="buy", type="entry", side="long", expression="bit 0"),
    SignalConfig(id="sell", type="entry", side="short", expression="bit 1"),
    SignalConfig(id="leave", type="exit", side="long", expression="bit 2"),
    SignalConfig(id="leave_too", type="exit", side="long", expression="bit 3"),
    SignalConfig(id="cover", type="exit", side="short", expression="bit 4"),
)
BUY, SELL, LEAVE, LEAVE_TOO, COVER = 1, 2, 4, 8, 16
"""Volumes at which exactly one of these rules holds; add them for several."""


def version(  # noqa: PLR0913  # the parts of a strategy that tests choose
    strategy: str = "both",
    number: int = 1,
    *,
    rules: Sequence[SignalConfig] = BOTH_WAYS,
    symbols: Sequence[str] = ("*",),
    timeframes: Sequence[str] = ("*",),
    correlation: CorrelationConfig | None = None,
    partial_bars: PartialBars = "skip",
) -> StrategyVersion:
    config = StrategyConfig(
        id=strategy,
        meta=MetaConfig(name=strategy),
        symbols=tuple(symbols),
        timeframes=tuple(timeframes),
        signals=tuple(rules),
        correlation=correlation,
        partial_bars=partial_bars,
    )
    return StrategyVersion(strategy=strategy, version=number, config=config)


def expression(strategy: str, entry: str, leave: str, number: int = 1) -> StrategyVersion:
    """A long-only strategy with real expressions."""
    rules = (
        SignalConfig(id="entry", type="entry", expression=entry),
        SignalConfig(id="exit", type="exit", expression=leave),
    )
    return version(strategy, number, rules=rules)


def desired(
    strategy: StrategyVersion,
    state: str = "running",
    *,
    generation: int = 0,
    after: int | None = None,
    name: str = "c1",
) -> DesiredState:
    """What is wanted, from the first candle that closes after minute ``after``."""
    return DesiredState.model_validate(
        {
            "strategy": strategy.strategy,
            "version": strategy.version,
            "state": state,
            "generation": generation,
            "effective_from": None if after is None else from_milliseconds(START + after * MINUTE),
            "command": name,
        }
    )


def command(strategy: StrategyVersion, wanted: DesiredState, symbol: str = SYMBOL) -> Command:
    return Command(symbol, wanted, strategy)


def listing(asset: AssetConfig | None, symbol: str = SYMBOL, *, after: int | None = None, name: str = "w1") -> Listing:
    """What the watchlist says of a symbol from minute ``after`` on; without an asset, that it is taken off."""
    effective_from = None if after is None else from_milliseconds(START + after * MINUTE)
    entry = WatchlistEntry(symbol=symbol, asset=asset, effective_from=effective_from, command=name)
    return Listing(symbol, entry, exists=True)


class PlainEngine:
    """The steps by key, joined as the dataflow joins them. ``out`` is what each key emitted.

    The keys are those of the topics: ``SYMBOL`` for what the market says, ``strategy|SYMBOL|timeframe`` for a strategy,
    ``strategy|SYMBOL`` for its composites and late signals, ``*|SYMBOL`` for what the strategies agree on,
    ``portfolio:ID`` for what a portfolio tells.
    """

    def __init__(
        self,
        compiler: Compiler = scripted,
        *,
        history_bars: int = 64,
        gap_tolerance_bars: int = 0,
        timeframes: Sequence[str] = DEFAULT_TIMEFRAMES,
    ) -> None:
        self.tally = Tally()
        self.out: dict[str, list[Record]] = defaultdict(list)
        self._compiler = compiler
        self._parameters = Parameters(history_bars, gap_tolerance_bars, tuple(timeframes))
        self._catalog = Catalog(compiler)
        self._versions: list[StrategyVersion] = []
        self._markets: dict[str, MarketStep] = {}
        self._strategies: dict[str, StrategyStep] = {}
        self._together: dict[str, TogetherStep] = {}
        self._correlations: dict[str, CorrelateStep] = {}
        self._consensus: dict[str, ConsensusStep] = {}
        self._gathering: dict[str, GatherStep] = {}
        self._portfolios: dict[str, PortfolioStep] = {}

    def feed(self, *events: Event) -> None:
        """One batch of one symbol."""
        symbol = events[0].symbol
        self._versions += [event.version for event in events if isinstance(event, Command)]
        market = self._markets.setdefault(symbol, MarketStep(self._catalog, self.tally, self._parameters))
        fed: dict[str, list[Item]] = defaultdict(list)
        shared: dict[str, list[Shared | Reached]] = defaultdict(list)
        for item in market.on_batch(events):
            if isinstance(item, tuple):
                fed[item[0]].append(item[1])
            elif isinstance(item, Beat):
                self._gather(item)
            elif isinstance(item, Shared | Reached):
                shared[item.strategy].append(item)
            else:
                self.out[symbol].append(item)
        worked: list[Worked] = []
        for key, one in self._traded(fed, shared):
            if isinstance(one, Worked):
                worked.append(one)
            else:
                self.out[key].append(one)
        self._weigh(worked)
        for one in worked:
            if one.portfolio_roll is not None:
                self._gather(one)

    def _traded(
        self, fed: Mapping[str, Sequence[Item]], shared: Mapping[str, Sequence[Shared | Reached]]
    ) -> Iterator[tuple[str, Worked | Record]]:
        """What strategies make of it, by series."""
        for key, items in fed.items():
            step = self._strategies.setdefault(key, StrategyStep(self._catalog, self.tally))
            yield from ((key, one) for one in step.on_batch(items))
            if step.finished:
                del self._strategies[key]
        for strategy, told in shared.items():
            yield from self._together.setdefault(strategy, TogetherStep(self._catalog, self.tally)).on_batch(told)

    def _gather(self, item: Worked | Beat) -> None:
        """What portfolios hear of it."""
        gathering = self._gathering.setdefault(item.symbol, GatherStep())
        for key, gathered in gathering.on_batch([item]):
            self.out[key] += self._portfolios.setdefault(key, PortfolioStep()).on_batch([gathered])

    def _weigh(self, worked: Iterable[Worked]) -> None:
        """What the strategies made of one batch, among their timeframes and among each other."""
        of_strategy: dict[str, list[Worked]] = defaultdict(list)
        of_symbol: dict[str, list[Worked]] = defaultdict(list)
        for one in worked:
            if one.roll is not None:
                of_strategy[f"{one.strategy}|{one.symbol}"].append(one)
            if one.symbol_roll is not None:
                of_symbol[one.symbol].append(one)
        for key, some in of_strategy.items():
            correlate = self._correlations.setdefault(key, CorrelateStep(self.tally))
            self.out[key] += correlate.on_batch(some)
        for symbol, some in of_symbol.items():
            consensus = self._consensus.setdefault(symbol, ConsensusStep(self.tally))
            for said in consensus.on_batch(some):
                self.out[said.key].append(said)

    def restart(self) -> None:
        """Everything is lost but the snapshots and the control log's versions."""
        self._catalog = Catalog(self._compiler)
        for one in self._versions:
            self._catalog.add(one)
        self._markets = {
            symbol: MarketStep(self._catalog, self.tally, self._parameters, stored(step.snapshot()))
            for symbol, step in self._markets.items()
        }
        self._strategies = {
            key: StrategyStep(self._catalog, self.tally, stored(step.snapshot()))
            for key, step in self._strategies.items()
        }
        self._together = {
            strategy: TogetherStep(self._catalog, self.tally, json.loads(json.dumps(stored(step.snapshot()))))
            for strategy, step in self._together.items()
        }
        self._correlations = {
            key: CorrelateStep(self.tally, stored(step.snapshot())) for key, step in self._correlations.items()
        }
        self._consensus = {
            symbol: ConsensusStep(self.tally, stored(step.snapshot())) for symbol, step in self._consensus.items()
        }
        self._gathering = {symbol: GatherStep(stored(step.snapshot())) for symbol, step in self._gathering.items()}
        self._portfolios = {key: PortfolioStep(stored(step.snapshot())) for key, step in self._portfolios.items()}

    @property
    def instances(self) -> set[str]:
        """The keys of the strategy step that have a state."""
        return set(self._strategies)

    def records(self) -> dict[str, list[str]]:
        """What each key emitted, as text, in order."""
        return {key: [record.model_dump_json() for record in records] for key, records in self.out.items() if records}


def stored(snapshot: dict[str, object]) -> dict[str, object]:
    """The snapshot as a store gives it back: a deep copy. Fails for anything that is not a primitive."""
    return {key: _primitive(value) for key, value in snapshot.items()}


def _primitive(value: object) -> object:
    if isinstance(value, dict):
        assert all(type(key) is str for key in value)
        return {key: _primitive(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_primitive(one) for one in value]
    assert value is None or type(value) in {str, int, float, bool, bytes}, f"{value!r} is no primitive"
    return value


def batched(events: Iterable[Feed], sizes: Iterable[int]) -> list[list[Event]]:
    """The same events in batches of these sizes, the last size again and again; each batch as the feed gives it."""
    waiting = list(events)
    cuts = iter(sizes)
    size, offset, batches = 1, 0, []
    while waiting:
        size = next(cuts, size)
        taken, waiting = waiting[:size], waiting[size:]
        one: list[Event] = []
        rows: list[CandleRow] = []
        for event in taken:
            if isinstance(event, Command | Enrolment | Listing):
                if rows:
                    one.append(batch(*rows, first_offset=offset))
                    offset += len(rows)
                    rows = []
                one.append(event)
            else:
                rows.append(event)
        if rows:
            one.append(batch(*rows, first_offset=offset))
            offset += len(rows)
        batches.append(one)
    return batches
