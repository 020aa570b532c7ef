"""The extra indicators against talipp, which computes them value by value and shares no code with us or TA-Lib."""

import math
from collections.abc import Iterable

import numpy as np
import pytest
import talib
from talipp.indicators import TTM, VWAP, DonchianChannels, Ichimoku, KeltnerChannels, SuperTrend
from talipp.indicators.SuperTrend import Trend
from talipp.ohlcv import OHLCV

from operators.indicators.kernels.ichimoku import ICHIMOKU
from operators.indicators.kernels.keltner import KELTNER
from operators.indicators.kernels.kernel import Floats
from operators.indicators.kernels.session_vwap import SESSION_VWAP
from operators.indicators.kernels.squeeze import SQUEEZE
from operators.indicators.kernels.zones import zone_names
from tests.operators.indicators.extras.dated import COLUMNS, Dated, range_of

BARS = 2_000
SETTLED = 300  # the library's true range begins with the first bar's high - low: a tenth of what is left fades a bar
UTC = zone_names().index("UTC")


@pytest.fixture
def some(candles: Dated) -> Dated:
    """The first of the candles: the library takes its time."""
    return {name: column[:BARS] for name, column in candles.items()}


def fed(some: Dated) -> list[OHLCV]:
    return [OHLCV(*row) for row in zip(*[some[name].tolist() for name in COLUMNS], strict=True)]


def column(values: Iterable[object], field: str) -> Floats:
    """One field of the library's values, NaN where there is no value."""
    found = [math.nan if value is None else getattr(value, field) for value in values]
    return np.array([math.nan if value is None else value for value in found], dtype=np.float64)


def assert_parity(found: Floats, library: Floats, scale: Floats) -> None:
    """Equal wherever both are ready, which is at nearly all bars."""
    both = ~np.isnan(found) & ~np.isnan(library)
    assert both.sum() >= BARS - 110
    assert (np.abs(found - library)[both] / scale[both]).max() <= 1e-9


def test_supertrend(some: Dated) -> None:
    line, trend = talib.SUPERTREND(*range_of(some), 10, 3.0)
    library = list(SuperTrend(10, 3, fed(some)))
    ups = np.array([value is not None and value.trend is Trend.UP for value in library])
    turns = np.flatnonzero(np.diff(trend)) + 1
    first = int(turns[turns > SETTLED][1])  # the library begins with another trend: two turns make them one
    np.testing.assert_array_equal(trend[first:] > 0, ups[first:])
    error = np.abs(line - column(library, "value"))[first:] / some["close"][first:]
    assert error.max() <= 1e-9
    assert first < BARS / 2


def test_keltner(some: Dated) -> None:
    parameters = {"period": 20, "atr_period": 10, "multiplier": 2.0}
    _, found = KELTNER.open_and_fill(*range_of(some), **parameters)
    library = list(KeltnerChannels(20, 10, 2.0, 2.0, fed(some)))
    for line, field in zip(found, ("cb", "ub", "lb"), strict=True):
        error = np.abs(line - column(library, field))[SETTLED:] / some["close"][SETTLED:]
        assert error.max() <= 1e-9


def test_donchian(some: Dated) -> None:
    found = talib.DONCHIAN(some["high"], some["low"], 20)
    library = list(DonchianChannels(20, fed(some)))
    for line, field in zip(found, ("ub", "cb", "lb"), strict=True):
        assert_parity(line, column(library, field), some["close"])


def test_ichimoku(some: Dated) -> None:
    parameters = {"tenkan_period": 9, "kijun_period": 26, "senkou_period": 52, "displacement": 26}
    _, (tenkan, kijun, senkou_a, senkou_b, _) = ICHIMOKU.open_and_fill(*range_of(some), **parameters)
    library = list(Ichimoku(26, 9, 26, 52, 26, fed(some)))
    assert_parity(tenkan, column(library, "conversion_line"), some["close"])
    assert_parity(kijun, column(library, "base_line"), some["close"])
    assert_parity(senkou_a, column(library, "cloud_leading_fast_line"), some["close"])
    # The library draws its second line a bar further ahead than its first.
    shorter = list(Ichimoku(26, 9, 26, 52, 25, fed(some)))
    assert_parity(senkou_b, column(shorter, "cloud_leading_slow_line"), some["close"])


def test_squeeze_momentum(some: Dated) -> None:
    parameters = {"period": 20, "deviations": 2.0, "multiplier": 1.5}
    _, (_, momentum) = SQUEEZE.open_and_fill(*range_of(some), **parameters)
    assert_parity(momentum, column(TTM(20, 2, 1.5, fed(some)), "histogram"), some["close"])


def test_session_vwap(some: Dated) -> None:
    inputs = (some["time"], *range_of(some), some["volume"])
    _, (found,) = SESSION_VWAP.open_and_fill(*inputs, zone=UTC, start=0, session_bars=1_440)
    days = some["time"] // 86_400_000
    (second,) = np.flatnonzero(np.diff(days))[:1] + 1  # the first day was not seen from its beginning, or was it
    end = int(np.flatnonzero(days == days[second])[-1]) + 1
    library = np.array(list(VWAP(fed(some)[second:end])), dtype=np.float64)
    error = np.abs(found[second:end] - library) / some["close"][second:end]
    assert len(library) > 200
    assert error.max() <= 1e-9
