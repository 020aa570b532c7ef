"""Candles with their open times, generated and real."""

from collections.abc import Callable
from pathlib import Path

import pytest

from operators.indicators.kernels.kernel import Floats
from tests.operators.indicators.extras.dated import REAL, Dated, real_candles, with_a_flat_hour

PRICES = (60_000.0, 1e-4, 1e8)


@pytest.fixture(params=[*PRICES, *REAL], ids=lambda one: one[1] if isinstance(one, tuple) else f"walk from {one:g}")
def candles(request: pytest.FixtureRequest, walk: Callable[[float, int], Floats]) -> Dated:
    """Three thousand generated minutes at a price, or a real series."""
    if isinstance(request.param, float):
        return with_a_flat_hour(walk(request.param, 3_000))
    shared_data: Path = request.getfixturevalue("shared_data")
    return real_candles(shared_data, *request.param)


@pytest.fixture(params=REAL, ids=lambda series: series[1])
def real_dated(request: pytest.FixtureRequest, shared_data: Path) -> Dated:
    """A real series."""
    return real_candles(shared_data, *request.param)
