"""What the picture shows: generated minutes, run through the engine by a strategy on four timeframes."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dataflows.replay import replay
from schemas.candle_row import CandleRow
from schemas.composite import Composite
from schemas.record import from_milliseconds, to_milliseconds
from schemas.signal import Signal
from schemas.strategy_file import load_strategy
from ui.dashboard.bars import Bar
from ui.dashboard.symbol_bars import SymbolBars

MINUTE_MS: Final = 60_000
MINUTES: Final = {"1m": 1, "5m": 5, "15m": 15, "1h": 60}
TIMEFRAMES: Final = tuple(MINUTES)

MIDNIGHT_MS: Final = 1_746_403_200_000  # 2025-05-05T00:00:00Z, a Monday
INSTANT_MS: Final = MIDNIGHT_MS + 12 * 60 * MINUTE_MS
"""Noon: all four timeframes close."""
FIRST_MS: Final = INSTANT_MS - 124 * MINUTE_MS
LAST_MS: Final = INSTANT_MS + 9 * MINUTE_MS
EVERY_MS: Final = 15 * MINUTE_MS

SYMBOL: Final = "BTCUSDT"
_SEED: Final = 5358  # of the first ten thousand one whose noon has a voice on every timeframe, and one that opposes
_STRATEGY: Final = b"""{
    "id": "cross",
    "timeframes": ["1m", "5m", "15m", "1h"],
    "signals": [
        { "id": "up", "type": "entry", "side": "long", "expression": "crossover(close, sma_6)",
          "confidence": { "method": "scaled", "value": "rsi_6", "threshold": 40, "full": 90,
                          "least": 0.4, "most": 0.95 } },
        { "id": "down", "type": "entry", "side": "short", "expression": "crossunder(close, sma_6)",
          "confidence": { "method": "scaled", "value": "rsi_6", "threshold": 60, "full": 10,
                          "least": 0.4, "most": 0.95 } },
        { "id": "long_over", "type": "exit", "side": "long", "expression": "crossunder(close, sma_6)" },
        { "id": "short_over", "type": "exit", "side": "short", "expression": "crossover(close, sma_6)" }
    ],
    "correlation": { "windows": { "swing": { "length": "1h", "every": "15m" } } }
}"""


@dataclass(frozen=True)
class Story:
    """What happened from ``FIRST_MS`` to ``LAST_MS``.

    Attributes:
        bars: of each timeframe, those of which a part lies in it; the last ones may be forming.
        signals: entries, in the order of event time.
        composite: the one of noon.
    """

    bars: dict[str, list[Bar]]
    signals: list[Signal]
    composite: Composite


def close_of(bar: Bar, timeframe: str) -> int:
    """The first instant after a bar, in milliseconds."""
    return bar.open_time_ms + MINUTES[timeframe] * MINUTE_MS


def story() -> Story:
    """Generate, fold and replay: the same each time."""
    rows = walk(_SEED, (LAST_MS - MIDNIGHT_MS) // MINUTE_MS)
    symbol = SymbolBars(candles=len(rows), derived=len(rows), ladder=TIMEFRAMES[1:])
    for sequence, row in enumerate(rows, 1):
        symbol.put(row, sequence)
    symbol.form(len(rows))
    bars = {}
    for timeframe in TIMEFRAMES:
        series = symbol.series(timeframe)
        bars[timeframe] = [bar for bar in series.bars if close_of(bar, timeframe) > FIRST_MS] if series else []
    came = replay(Generated(rows), [load_strategy(_STRATEGY, origin="cross.json")])
    entries = [
        signal
        for signal in came.topics()["signals"]
        if isinstance(signal, Signal) and signal.type == "entry" and to_milliseconds(signal.close_time) > FIRST_MS
    ]
    noon = from_milliseconds(INSTANT_MS)
    (composite,) = (
        one
        for one in came.composites
        if isinstance(one, Composite) and (one.trading_style, one.window_end) == ("swing", noon)
    )
    return Story(bars, entries, composite)


@dataclass(frozen=True)
class Generated:
    """Candles as a source for ``replay``."""

    rows: list[CandleRow]
    name: str = "generated"

    def batches(self) -> Iterator[list[CandleRow]]:
        """All at once."""
        yield self.rows


def walk(seed: int, count: int, gap: float = 0.0) -> list[CandleRow]:
    """One-minute candles from midnight on whose price drifts and wavers.

    Between two of them the price jumps by about ``gap``, a fraction of it. It draws nothing but ``random()``, and adds:
    so they are the same on every machine.
    """
    source = random.Random(seed)  # noqa: S311  # a picture, no key
    price, drift, rows = 100.0, 0.0, []

    def noise() -> float:
        return sum(source.random() for _ in range(4)) - 2

    for minute in range(count):
        drift = 0.94 * drift + 0.0003 * noise()
        opened = round(price * (1 + gap * noise()), 2) if gap else price
        price = round(opened * (1 + drift + 0.0022 * noise()), 2)
        high = round(max(opened, price) * (1 + 0.0012 * source.random()), 2)
        low = round(min(opened, price) * (1 - 0.0012 * source.random()), 2)
        volume = round(5 + 40 * source.random(), 1)
        rows.append((SYMBOL, "1m", MIDNIGHT_MS + minute * MINUTE_MS, opened, high, low, price, volume, True))
    return rows
