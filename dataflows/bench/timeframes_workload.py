"""What `bench timeframes` runs: a watchlist, and the strategies of the multi-timeframe document on all of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from dataflows.bench.workload import START_MS, WEEK_MS, GeneratedCandles
from dataflows.template_files import template_bytes
from operators.strategy.compile import compile_strategy
from schemas.strategy import ANY, StrategyConfig
from schemas.strategy_file import load_strategy, parse_strategy
from schemas.timeframe import timeframe_ms
from schemas.trading_style import TradingStyle
from schemas.watchlist import AssetConfig, ConsensusConfig, TimeframeConfig

STYLES: Final[Mapping[str, TradingStyle]] = {
    "1m": "day",
    "5m": "day",
    "15m": "swing",
    "1h": "swing",
    "4h": "position",
}
"""The timeframes, shortest first, each with its trading style, so that every style has one."""

BASE: Final = "1m"

FIVE: Final = ("macd_rsi", "ma_crossover", "rsi_trend", "bollinger_breakout", "support_resistance_breakout")
"""The strategies of the multi-timeframe document, as templates."""

PULSE: Final = "bench_pulse"


def watchlist(symbols: Iterable[str], *, consensus: bool, quiet: bool = False) -> tuple[AssetConfig, ...]:
    """Every symbol with all timeframes; with ``quiet``, a candle that does not come is none that is missing."""
    timeframes = tuple(TimeframeConfig(name=name, trading_style=style) for name, style in STYLES.items())
    weighed = ConsensusConfig() if consensus else None
    return tuple(
        AssetConfig(symbol=one, base_timeframe=BASE, timeframes=timeframes, quiet_market=quiet, consensus=weighed)
        for one in symbols
    )


def five() -> list[StrategyConfig]:
    """The five templates on every symbol and timeframe of the watchlist, each with its timeframes correlated.

    In the form in which a version travels over the control topic.
    """
    found = []
    for name in FIVE:
        document = load_strategy(template_bytes(name), origin=name).model_dump(mode="json")
        bound = {**document, "symbols": [ANY], "timeframes": [ANY], "correlation": {}}
        found.append(StrategyConfig.model_validate_json(parse_strategy(bound, origin=name).canonical_json()))
    return found


def pulse() -> StrategyConfig:
    """Signals at every bar of every timeframe: enters at one, leaves at the next."""
    document = {
        "id": PULSE,
        "symbols": [ANY],
        "timeframes": [ANY],
        "correlation": {},
        "rules": {"entry": {"condition": "close > 0"}, "exit": {"condition": "close > 0"}},
    }
    return parse_strategy(document, origin="bench")


def weekly(symbols: int, count: int) -> GeneratedCandles:
    """Candles of a minute, a week apart, before any others: each makes a bar of every timeframe.

    So a history of so many bars is full in all timeframes after so few candles, and every indicator is ready.
    """
    return GeneratedCandles(symbols, count, start_ms=START_MS - count * WEEK_MS, every_ms=WEEK_MS)


def bars_of(timeframe: str, candles: int) -> int:
    """How many bars of a timeframe so many minutes come to that begin with one.

    >>> bars_of("1m", 239), bars_of("1h", 239), bars_of("4h", 239)
    (239, 3, 0)
    """
    return candles * timeframe_ms(BASE) // timeframe_ms(timeframe)


def calculations(candles: int, strategies: int) -> int:
    """Evaluations that so many minutes of one symbol make due: of each strategy on each closed bar of each timeframe.

    >>> calculations(240, 5)
    1545
    """
    return strategies * sum(bars_of(timeframe, candles) for timeframe in STYLES)


def not_ready(candles: int, configs: Sequence[StrategyConfig]) -> int:
    """How many of ``calculations`` come before all indicators of the strategy have a value."""
    found = 0
    for config in configs:
        first = max((one.lookback for one in compile_strategy(config).indicators), default=0)
        found += sum(min(first, bars_of(timeframe, candles)) for timeframe in STYLES)
    return found


def per_candle(strategies: int) -> float:
    """Calculations that a minute of one symbol makes due on average.

    >>> round(per_candle(5), 4)
    6.4375
    """
    return strategies * sum(timeframe_ms(BASE) / timeframe_ms(timeframe) for timeframe in STYLES)
