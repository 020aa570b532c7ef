"""Candles to compute indicators on: generated at any price level, and real ones."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from operators.indicators.history import BASE_COLUMNS

Candles = npt.NDArray[np.float64]
"""Five rows (open, high, low, close, volume), a column for every bar."""


@pytest.fixture(scope="session")
def walk() -> Callable[[float, int], Candles]:
    """A random walk from a price, of so many bars; about 0.1 % a bar. The same one each time."""

    def generate(price: float, bars: int) -> Candles:
        random = np.random.default_rng(20_240_229)
        closes = price * np.exp(np.cumsum(random.normal(0.0, 1e-3, bars)))
        opens = np.concatenate([[price], closes[:-1]])
        highs = np.maximum(opens, closes) * (1 + random.exponential(5e-4, bars))
        lows = np.minimum(opens, closes) * (1 - random.exponential(5e-4, bars))
        return np.array([opens, highs, lows, closes, random.lognormal(3.0, 2.0, bars)])

    return generate


@pytest.fixture(scope="session")
def real(shared_data: Path) -> Callable[[str, str, int], Candles]:
    """The first so many bars of a symbol from a file of real candles."""

    @cache
    def load(file: str, symbol: str, bars: int) -> Candles:
        table = pq.read_table(shared_data / file, filters=pc.field("symbol") == symbol)
        return np.array([table[name].to_numpy() for name in BASE_COLUMNS], dtype=np.float64)[:, :bars]

    return load
