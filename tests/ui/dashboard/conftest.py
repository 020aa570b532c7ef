"""Generated markets for the dashboard: seeded random walks, signals, composites and statuses."""

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from schemas.candle_row import CandleRow
from schemas.composite import Composite, Consensus, LateSignal, Voice, composite_id, consensus_id
from schemas.lifecycle import State, StrategyStatus
from schemas.record import to_milliseconds
from schemas.signal import Signal, signal_id
from schemas.signal_config import Side

START = datetime(2025, 5, 9, tzinfo=UTC)


@pytest.fixture(scope="session")
def walk() -> Callable[..., list[CandleRow]]:
    """A maker of one-minute candles by a random walk: the same for the same seed, long ones begin like short ones."""

    def make(count: int, symbol: str = "BTCUSDT", *, seed: int = 1, price: float = 64_000.0) -> list[CandleRow]:
        rng = random.Random(seed)
        rows: list[CandleRow] = []
        for minute in range(count):
            opened, price = price, round(price * math.exp(rng.gauss(0, 0.001)), 2)
            high = round(max(opened, price) * (1 + rng.random() / 1_000), 2)
            low = round(min(opened, price) * (1 - rng.random() / 1_000), 2)
            time = to_milliseconds(START + timedelta(minutes=minute))
            rows.append((symbol, "1m", time, opened, high, low, price, round(rng.uniform(1, 30), 3), True))
        return rows

    return make


@pytest.fixture(scope="session")
def make_signal() -> Callable[..., Signal]:
    """A maker of signals on the candle of a given minute."""

    def make(minute: int, *, strategy: str = "dip", kind: str = "entry", side: str = "long", **other: object) -> Signal:
        close_time = START + timedelta(minutes=minute + 1)
        fields: dict[str, object] = {
            "id": signal_id(strategy, 1, "BTCUSDT", "1m", close_time, kind),
            "strategy": strategy,
            "version": 1,
            "symbol": "BTCUSDT",
            "timeframe": "1m",
            "open_time": START + timedelta(minutes=minute),
            "close_time": close_time,
            "rule": kind,
            "type": kind,
            "side": side,
            "confidence": 0.75,
            "price": 64_000.0,
            "position_before": "flat" if kind == "entry" else side,
            "position_after": side if kind == "entry" else "flat",
            "condition": "rsi_14 >= 30 AND close < sma_20",
            "values": {"rsi_14": 31.5, "close": 64_000.0, "sma_20": 64_100.0},
        }
        return Signal.model_validate(fields | other)

    return make


@pytest.fixture(scope="session")
def make_status() -> Callable[..., StrategyStatus]:
    """A maker of statuses of one strategy on BTCUSDT 1m."""

    def make(strategy: str = "dip", state: State = State.RUNNING, reason: str | None = None) -> StrategyStatus:
        return StrategyStatus(
            strategy=strategy,
            symbol="BTCUSDT",
            timeframe="1m",
            state=state,
            version=1,
            effective_bar=START,
            reason=reason,
        )

    return make


def voice(timeframe: str = "1h", side: Side = "long", *, strategy: str = "dip", age_ms: int = 0) -> Voice:
    """What a signal of this timeframe says."""
    return Voice("0" * 32, strategy, timeframe, "entry", side, 0.6, 2.0, age_ms, 64_000.0)


@pytest.fixture(scope="session")
def make_composite() -> Callable[..., Composite]:
    """A maker of swing composites on BTCUSDT whose window of an hour ends at the close of a minute's candle."""

    def make(minute: int, *, strategy: str = "dip", **other: object) -> Composite:
        end = START + timedelta(minutes=minute + 1)
        fields: dict[str, object] = {
            "id": composite_id(strategy, 1, "BTCUSDT", "1h", "swing", end),
            "strategy": strategy,
            "version": 1,
            "symbol": "BTCUSDT",
            "timeframe": "1h",
            "trading_style": "swing",
            "window_start": end - timedelta(hours=1),
            "window_end": end,
            "side": "long",
            "price": 64_000.0,
            "base": voice(strategy=strategy),
            "supporting": (voice("15m", strategy=strategy, age_ms=900_000),),
            "opposing": (voice("5m", "short", strategy=strategy, age_ms=60_000),),
            "timeframes": {"5m": 1.0, "15m": 1.5, "1h": 2.0},
            "half_life_ms": 1_800_000,
            "conflict_penalty": 0.5,
            "correlation_strength": 0.6,
            "composite_confidence": 0.71,
        }
        return Composite.model_validate(fields | other)

    return make


@pytest.fixture(scope="session")
def make_consensus() -> Callable[..., Consensus]:
    """A maker of what two of three strategies on BTCUSDT agree on."""

    def make(minute: int) -> Consensus:
        end = START + timedelta(minutes=minute + 1)
        return Consensus(
            id=consensus_id("BTCUSDT", "swing", end),
            symbol="BTCUSDT",
            trading_style="swing",
            window_start=end - timedelta(hours=1),
            window_end=end,
            side="long",
            agreeing=(voice(), voice(strategy="trend")),
            opposing=(voice("4h", "short", strategy="fade"),),
            strategies=4,
            half_life_ms=1_800_000,
            agreement=0.66,
        )

    return make


@pytest.fixture(scope="session")
def make_late() -> Callable[..., LateSignal]:
    """A maker of late signals of a strategy on BTCUSDT, the ``count``-th of its own."""

    def make(count: int, strategy: str = "dip") -> LateSignal:
        close_time = START + timedelta(minutes=count)
        return LateSignal(
            id=signal_id(strategy, 1, "BTCUSDT", "1m", close_time, "entry"),
            strategy=strategy,
            symbol="BTCUSDT",
            timeframe="1m",
            close_time=close_time,
            watermark=START + timedelta(hours=2),
            count=count,
        )

    return make


class Weighing(NamedTuple):
    """The makers of all that is weighed, for tests that need several."""

    composite: Callable[..., Composite]
    consensus: Callable[..., Consensus]
    late: Callable[..., LateSignal]


@pytest.fixture(scope="session")
def weighing(
    make_composite: Callable[..., Composite],
    make_consensus: Callable[..., Consensus],
    make_late: Callable[..., LateSignal],
) -> Weighing:
    """Composites, consensus and late signals."""
    return Weighing(make_composite, make_consensus, make_late)
