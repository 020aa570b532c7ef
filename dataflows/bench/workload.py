"""What the benchmarks run: generated candles of many symbols, and strategies that share their indicators."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from schemas.candle_row import CandleRow
from schemas.strategy import StrategyConfig
from schemas.strategy_file import parse_strategy

TIMEFRAME = "1m"
START_MS = 1_735_689_600_000  # 2025-01-01T00:00:00Z
MINUTE_MS = 60_000
WEEK_MS = 7 * 24 * 60 * MINUTE_MS
BATCH_ROWS = 8_192

_INDICATORS: dict[str, dict[str, int]] = {
    "rsi": {"period": 14},
    "macd": {},
    "ema": {"period": 20},
    "bbands": {"period": 20},
    "sma": {"period": 50},
}


@dataclass(frozen=True)
class GeneratedCandles:
    """Random walks, minute by minute over all symbols, the same for the same seed. Prices have four decimals.

    ``every_ms`` is how far apart the candles open; they are those of a minute all the same.
    """

    symbols: int
    candles_per_symbol: int
    seed: int = 7
    first: int = 0
    start_ms: int = START_MS
    every_ms: int = MINUTE_MS

    @property
    def name(self) -> str:
        """What it is."""
        return "generated"

    def names(self) -> list[str]:
        """SYM000, SYM001, ..."""
        return [f"SYM{number:03d}" for number in range(self.symbols)]

    def batches(self) -> Iterator[list[CandleRow]]:
        """From minute ``first`` on, minute by minute over all symbols, in batches of about the size that a feed has."""
        generator = np.random.default_rng(self.seed)
        shape = (self.first + self.candles_per_symbol, self.symbols)
        closes = 100 * np.exp(np.cumsum(generator.normal(0, 0.002, shape), axis=0))
        opens = np.vstack([np.full(self.symbols, 100.0), closes[:-1]])
        spread = 1 + np.abs(generator.normal(0, 0.0005, shape))
        highs, lows = np.maximum(opens, closes) * spread, np.minimum(opens, closes) / spread
        volumes = generator.uniform(1, 100, shape)
        table = np.round(np.stack([opens, highs, lows, closes, volumes], axis=2), 4)
        names = self.names()
        step = max(1, BATCH_ROWS // self.symbols)
        for start in range(self.first, len(table), step):
            yield [
                (name, TIMEFRAME, self.start_ms + minute * self.every_ms, *numbers, True)
                for minute, rows in enumerate(table[start : start + step].tolist(), start)
                for name, numbers in zip(names, rows, strict=True)
            ]


def strategies(count: int) -> list[StrategyConfig]:
    """Strategies with rules of about five terms over the same five indicators; every one has thresholds of its own."""
    found = []
    for number in range(count):
        low, high = 25 + number % 10, 75 - number % 10
        entry, leave = (
            (f"rsi < {low} AND close < bbands.lower AND macd.histogram < 0", f"rsi > {high} OR close > bbands.upper"),
            (
                f"crossover(macd.macd, macd.signal) AND rsi < {high} AND close > sma",
                "crossunder(macd.macd, macd.signal)",
            ),
            (f"crossover(ema, sma) AND rsi > {low} AND rsi < {high}", f"crossunder(ema, sma) OR rsi > {high + 5}"),
            (f"crossover(close, bbands.upper) AND macd.histogram > 0 AND rsi < {high + 10}", "close < bbands.middle"),
            (
                f"close < sma * 0.99 AND rsi < {low + 10} AND close > bbands.lower",
                f"close > ema * 1.005 OR rsi > {high}",
            ),
        )[number % 5]
        document = {
            "id": f"bench_{number:03d}",
            "indicators": _INDICATORS,
            "rules": {"entry": {"condition": entry}, "exit": {"condition": leave}},
        }
        found.append(parse_strategy(document, origin="bench"))
    return found


def pulse() -> StrategyConfig:
    """A strategy that signals at every candle once warm: enters at one, leaves at the next."""
    ready = "rsi > 0 AND macd.histogram > -1000 AND ema > 0 AND sma > 0 AND bbands.upper > 0"
    document = {
        "id": "bench_pulse",
        "indicators": _INDICATORS,
        "rules": {"entry": {"condition": ready}, "exit": {"condition": ready}},
    }
    return parse_strategy(document, origin="bench")
