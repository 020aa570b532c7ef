"""The graph of indicators that strategies ask for: who reads what, what is shared, and the warm-up that follows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from operators.indicators.node import Indicator, Output
from operators.strategy.compile import CompiledRule, CompiledStrategy
from schemas.strategy import ANY, StrategyConfig
from schemas.timeframe import length_of, timeframe_ms
from schemas.trading_style import TRADING_STYLES


@dataclass(frozen=True)
class ExplainedRule:
    """A rule, and the bars of the strategy's timeframe up to and with the one at which it can first hold.

    ``reads`` has the indicators of its condition and of its confidence; the rule does not wait for the latter.

    After the rules come ``risk`` and ``execution``, where those sections ask for indicators: stops in average true
    ranges, a size by volatility. No entry is filled before these have a value.
    """

    strategy: str
    rule: str
    reads: tuple[str, ...]
    warm_up_bars: int


@dataclass(frozen=True)
class ExplainedIndicator:
    """One computation.

    Attributes:
        key: its canonical text, by which it is shared.
        timeframe: the candles that it is computed on.
        reads: the prices and the keys of the indicators that it reads.
        warm_up_bars: bars of the strategy's timeframe up to and with the one at which it first has a value, at most.
        lookback_bars: bars of its own timeframe before its first value.
        memory_bars: bars of its inputs that must precede a bar for its value to be that of full history, to 1e-9.
        reach_bars: the same with what its sources reach back.
        used_by: the rules that read it, themselves or through another indicator, as ``strategy.rule``; and the sections
            ``risk`` and ``execution`` in the same way.
    """

    key: str
    timeframe: str
    reads: tuple[str, ...]
    warm_up_bars: int
    lookback_bars: int
    memory_bars: int
    reach_bars: int
    used_by: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """What some strategies on one series ask for.

    Attributes:
        timeframe: the timeframe of the series.
        strategies: their ids, in the order given.
        rules: every rule of theirs, and the sections that read indicators.
        indicators: every distinct computation, sources before what reads them.
        wanted: indicators asked for, each counted once for each rule that reads it, directly or not.
    """

    timeframe: str
    strategies: tuple[str, ...]
    rules: tuple[ExplainedRule, ...]
    indicators: tuple[ExplainedIndicator, ...]
    wanted: int

    @property
    def computed(self) -> int:
        """How many computations there are: each distinct indicator once."""
        return len(self.indicators)

    def warm_up_bars(self, strategy: str) -> int:
        """Bars up to and with the first one at which every rule of a strategy can hold, and an entry can be sized."""
        return max(rule.warm_up_bars for rule in self.rules if rule.strategy == strategy)

    def warm_up_ms(self, strategy: str) -> int:
        """The same in milliseconds of event time, from the open of the first candle."""
        return self.warm_up_bars(strategy) * timeframe_ms(self.timeframe)


def named_timeframes(configs: Iterable[StrategyConfig]) -> tuple[str, ...]:
    """The timeframes that strategies name, shortest first: those to explain them on. Empty where none names any.

    Wildcards and trading styles are left out: what they mean is the watchlist's to say, symbol by symbol.

    >>> from schemas.strategy_file import parse_strategy
    >>> rules = {"entry": {"condition": "rsi_14 < 30"}}
    >>> one = parse_strategy({"id": "a", "timeframes": ["1h", "day"], "rules": rules}, origin="a.json")
    >>> other = parse_strategy({"id": "b", "timeframes": ["5m", "*", "1h"], "rules": rules}, origin="b.json")
    >>> named_timeframes([one, other])
    ('5m', '1h')
    """
    named = {timeframe for config in configs for timeframe in config.timeframes}
    return tuple(sorted(named - {ANY, *TRADING_STYLES}, key=length_of))


def explain(strategies: Sequence[CompiledStrategy], timeframe: str) -> Explanation:
    """The graph of the indicators of strategies that run on candles of one timeframe, of ids that differ.

    Raises:
        ValueError: it is no timeframe.
    """
    base = timeframe_ms(timeframe)
    graph: dict[str, Indicator] = {}
    for strategy in strategies:
        for indicator in strategy.indicators:
            _collect(indicator, graph)
    by_column = {column: indicator for indicator in graph.values() for column in indicator.columns}
    first_close: dict[str, int] = {}
    for key, indicator in graph.items():  # sources first
        first_close[key] = _first_close(indicator, base, first_close)
    rules: list[ExplainedRule] = []
    used: dict[str, list[str]] = {key: [] for key in graph}
    wanted = 0
    for strategy in strategies:
        for rule in _rules(strategy):
            operands = (*rule.operands, *rule.confidence.operands)
            read = tuple(dict.fromkeys(by_column[column].key for column, _ in operands if column in by_column))
            closes = [base, *(_operand_close(operand, by_column, first_close, base) for operand in rule.operands)]
            rules.append(ExplainedRule(strategy.config.id, rule.id, read, -(-max(closes) // base)))
        for section, indicators in strategy.counted_in.items():
            keys = tuple(indicator.key for indicator in indicators)
            last = max(first_close[key] for key in keys)
            rules.append(ExplainedRule(strategy.config.id, section, keys, -(-last // base)))
    for reader in rules:
        whole: dict[str, Indicator] = {}
        for key in reader.reads:
            _collect(graph[key], whole)
        wanted += len(whole)
        for key in whole:
            used[key].append(f"{reader.strategy}.{reader.rule}")
    explained = tuple(
        ExplainedIndicator(
            key=key,
            timeframe=indicator.timeframe or timeframe,
            reads=tuple(_named(reading) for reading in indicator.readings),
            warm_up_bars=-(-first_close[key] // base),
            lookback_bars=indicator.lookback,
            memory_bars=indicator.memory,
            reach_bars=indicator.reach,
            used_by=tuple(used[key]),
        )
        for key, indicator in graph.items()
    )
    return Explanation(timeframe, tuple(one.config.id for one in strategies), tuple(rules), explained, wanted)


def _rules(strategy: CompiledStrategy) -> Iterable[CompiledRule]:
    return (*strategy.entries, *strategy.exits["long"], *strategy.exits["short"])


def _collect(indicator: Indicator, graph: dict[str, Indicator]) -> None:
    """The indicator and all that it reads, sources first."""
    if indicator.key not in graph:
        for source in indicator.sources:
            _collect(source, graph)
        graph[indicator.key] = indicator


def _named(reading: str | Output) -> str:
    return reading if isinstance(reading, str) else reading.indicator.key


def _operand_close(
    operand: tuple[str, int], by_column: Mapping[str, Indicator], first_close: Mapping[str, int], base: int
) -> int:
    """From the first candle's open to the close at which an operand first has a value, in milliseconds."""
    column, lag = operand
    indicator = by_column.get(column)
    return (base if indicator is None else first_close[indicator.key]) + lag * base


def _first_close(indicator: Indicator, base: int, known: Mapping[str, int]) -> int:
    """From the first candle's open to the close at which an indicator first has a value, in milliseconds, at most.

    On another timeframe the first bar counts, if only its end was seen: so much earlier it is where the feed begins
    within one.
    """
    if indicator.timeframe is not None:
        return (indicator.lookback + 1) * timeframe_ms(indicator.timeframe)
    return indicator.own_lookback * base + max((known[source.key] for source in indicator.sources), default=base)
