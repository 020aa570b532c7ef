"""Generated markets for the dashboard: seeded random walks, signals and statuses, and a store that holds them."""

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from schemas.candle_row import CandleRow
from schemas.lifecycle import State, StrategyStatus
from schemas.record import to_milliseconds
from schemas.signal import Signal, signal_id

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
