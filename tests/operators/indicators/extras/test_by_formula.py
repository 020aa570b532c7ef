"""Every extra indicator against its written formula, at every bar, on generated and on real candles."""

import math
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import talib

from operators.indicators.kernels.ichimoku import ICHIMOKU
from operators.indicators.kernels.keltner import KELTNER
from operators.indicators.kernels.kernel import Floats, Kernel
from operators.indicators.kernels.pivot_points import PIVOT_POINTS
from operators.indicators.kernels.range_position import RANGE_POSITION
from operators.indicators.kernels.realised_volatility import REALISED_VOLATILITY
from operators.indicators.kernels.session_vwap import SESSION_VWAP
from operators.indicators.kernels.slope import SLOPE
from operators.indicators.kernels.squeeze import SQUEEZE
from operators.indicators.kernels.swing import SWING
from operators.indicators.kernels.z_score import Z_SCORE
from operators.indicators.kernels.zones import zone_names
from tests.operators.indicators.extras import written
from tests.operators.indicators.extras.dated import Dated, range_of

NEW_YORK = zone_names().index("America/New_York")
RANGE = ("high", "low", "close")


def filled(kernel: Kernel, candles: Dated, inputs: tuple[str, ...], **parameters: float) -> tuple[Floats, ...]:
    return kernel.open_and_fill(*[candles[name] for name in inputs], **parameters)[1]


def assert_equal(found: Floats, expected: Floats, scale: float | Floats, *, within: float = 1e-9) -> None:
    """The same bars are ready, and no value is further off than a part of ``scale``."""
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    assert np.nanmax(np.abs(found - expected) / scale) <= within


def step(closes: Floats) -> float:
    """The typical move of a bar, which is what errors count against where a price's height must not."""
    return float(np.abs(np.diff(closes)).mean())


@pytest.mark.parametrize("period", [2, 20, 500])
def test_z_score(candles: Dated, period: int) -> None:
    closes = candles["close"]
    (found,) = filled(Z_SCORE, candles, ("close",), period=period)
    assert_equal(
        found, written.z_score(closes, period), 1.0, within=1e-8
    )  # a deviation is carried from window to window


@pytest.mark.parametrize("period", [2, 20, 500])
def test_range_position(candles: Dated, period: int) -> None:
    (found,) = filled(RANGE_POSITION, candles, ("close",), period=period)
    assert_equal(found, written.range_position(candles["close"], period), 1.0)
    assert 0.0 <= np.nanmin(found) <= np.nanmax(found) <= 1.0


@pytest.mark.parametrize("period", [2, 14, 500])
def test_slope(candles: Dated, period: int) -> None:
    (found,) = filled(SLOPE, candles, ("close",), period=period)
    assert_equal(found, written.slope(candles["close"], period), step(candles["close"]))


@pytest.mark.parametrize("per_year", [1.0, 365.0])
@pytest.mark.parametrize("period", [2, 20, 500])
def test_realised_volatility(candles: Dated, period: int, per_year: float) -> None:
    (found,) = filled(REALISED_VOLATILITY, candles, ("close",), period=period, periods_per_year=per_year)
    assert_equal(found, written.realised_volatility(candles["close"], period, per_year), np.nanmax(found))


@pytest.mark.parametrize(("period", "atr", "multiple"), [(20, 10, 2.0), (2, 1, 1.0), (5, 50, 3.5)])
def test_keltner(candles: Dated, period: int, atr: int, multiple: float) -> None:
    found = filled(KELTNER, candles, RANGE, period=period, atr_period=atr, multiplier=multiple)
    expected = written.keltner(range_of(candles), period, atr, multiple)
    for line, formula in zip(found, expected, strict=True):
        assert_equal(line, formula, candles["close"])


@pytest.mark.parametrize("spans", [(9, 26, 52, 26), (2, 3, 4, 1), (60, 20, 30, 5)])
def test_ichimoku(candles: Dated, spans: tuple[int, int, int, int]) -> None:
    tenkan, kijun, senkou, ahead = spans
    found = filled(
        ICHIMOKU, candles, RANGE, tenkan_period=tenkan, kijun_period=kijun, senkou_period=senkou, displacement=ahead
    )
    lines = [written.middle_of_range(candles["high"], candles["low"], period) for period in (tenkan, kijun, senkou)]
    expected = (
        *lines[:2],
        written.ago((lines[0] + lines[1]) / 2, ahead),
        written.ago(lines[2], ahead),
        candles["close"] - written.ago(candles["close"], ahead),
    )
    ready = max(tenkan, kijun, senkou) - 1 + ahead
    for line, formula in zip(found, expected, strict=True):
        assert np.isnan(line[:ready]).all()
        assert_equal(line[ready:], formula[ready:], candles["close"][ready:])


@pytest.mark.parametrize(("period", "bb", "kc"), [(20, 2.0, 1.5), (2, 2.0, 1.5), (50, 1.0, 1.0)])
def test_squeeze(candles: Dated, period: int, bb: float, kc: float) -> None:
    on, momentum = filled(SQUEEZE, candles, RANGE, period=period, deviations=bb, multiplier=kc)
    expected_on, expected_momentum = written.squeeze(range_of(candles), period, bb, kc)
    assert_equal(momentum, expected_momentum, candles["close"])
    ready = ~np.isnan(on)
    np.testing.assert_array_equal(ready, ~np.isnan(expected_on))
    # Where the two widths are the same but for rounding, either answer is right.
    widths = np.array(
        [
            bb * written.windows(candles["close"] - candles["close"][0], period).std(axis=1),
            kc * written.windows(written.true_range(range_of(candles)), period).mean(axis=1),
        ]
    )
    apart = np.abs(widths[0] - widths[1]) > 1e-9 * candles["close"]
    np.testing.assert_array_equal(on[ready & apart], expected_on[ready & apart])
    assert set(on[ready]) == {0.0, 1.0}


@pytest.mark.parametrize(("strength", "longest"), [(1, 2), (2, 40), (5, 200), (10, 11)])
def test_swing(candles: Dated, strength: int, longest: int) -> None:
    some = {name: column[:1_500] for name, column in candles.items()}
    resistance, support = filled(SWING, some, ("high", "low"), strength=strength, longest=longest)
    np.testing.assert_array_equal(resistance, written.swing_levels(some["high"], strength, longest))
    np.testing.assert_array_equal(support, -written.swing_levels(-some["low"], strength, longest))


@pytest.mark.parametrize("start", [0, 9 * 60 + 30])
def test_session_vwap(candles: Dated, start: int) -> None:
    zone, longest = ZoneInfo("America/New_York"), 1_440
    inputs = ("time", "high", "low", "close", "volume")
    (found,) = filled(SESSION_VWAP, candles, inputs, zone=NEW_YORK, start=start, session_bars=longest)
    typical = (candles["high"] + candles["low"] + candles["close"]) / 3
    expected = np.full(len(found), math.nan)
    for session in written.sessions(candles["time"], zone, start):
        for bar in session[:longest:37]:
            bars = slice(session.start, bar + 1)
            expected[bar] = np.average(typical[bars], weights=candles["volume"][bars])
    compared = ~np.isnan(expected)
    assert compared.sum() > 20
    assert_equal(found[compared], expected[compared], candles["close"][compared])


@pytest.mark.parametrize("start", [0, 9 * 60 + 30])
def test_pivot_points(candles: Dated, start: int) -> None:
    inputs, longest = ("time", *RANGE), 1_440
    found = filled(PIVOT_POINTS, candles, inputs, zone=NEW_YORK, start=start, session_bars=longest)
    before, *after = written.sessions(candles["time"], ZoneInfo("America/New_York"), start)
    for session in after:
        bars = slice(before.start, before.stop)
        high, low, close = candles["high"][bars].max(), candles["low"][bars].min(), candles["close"][bars][-1]
        pivot = (high + low + close) / 3
        resistances = (2 * pivot - low, pivot + (high - low), high + 2 * (pivot - low))
        supports = (2 * pivot - high, pivot - (high - low), low - 2 * (high - pivot))
        for line, level in zip(found, (pivot, *resistances, *supports), strict=True):
            np.testing.assert_allclose(line[session.start : session.stop], level, rtol=1e-12)
        before = session


@pytest.mark.parametrize(("period", "multiple"), [(10, 3.0), (7, 2.0), (50, 1.0)])
def test_talibs_supertrend_is_the_published_recursion(candles: Dated, period: int, multiple: float) -> None:
    line, trend = talib.SUPERTREND(*range_of(candles), period, multiple)
    expected, expected_trend = written.supertrend(range_of(candles), period, multiple)
    assert_equal(line, expected, candles["close"])
    np.testing.assert_array_equal(trend[period:], expected_trend[period:])
    assert set(trend[period:]) == {-1, 1}


def test_talibs_donchian_is_the_range_with_this_bar(candles: Dated) -> None:
    upper, middle, lower = talib.DONCHIAN(candles["high"], candles["low"], 20)
    np.testing.assert_array_equal(upper, written.windows(candles["high"], 20).max(axis=1))
    np.testing.assert_array_equal(lower, written.windows(candles["low"], 20).min(axis=1))
    assert_equal(middle, written.middle_of_range(candles["high"], candles["low"], 20), candles["close"])


def test_talibs_heikin_ashi_is_the_published_recursion(candles: Dated) -> None:
    opens, (highs, lows, closes) = candles["open"], range_of(candles)
    expected = written.heikin_ashi(opens, highs, lows, closes)
    for line, formula in zip(talib.HA(opens, highs, lows, closes), expected, strict=True):
        assert_equal(line, formula, candles["close"])


@pytest.mark.parametrize("period", [2, 100])
def test_talibs_percent_rank_counts_what_is_less(candles: Dated, period: int) -> None:
    assert_equal(talib.PERCENTRANK(candles["close"], period), written.percent_rank(candles["close"], period), 1.0)


def test_talibs_slope_is_right_where_a_price_is_not_high_above_its_moves(candles: Dated) -> None:
    moves = candles["close"] - candles["close"][0]
    assert_equal(talib.LINEARREG_SLOPE(moves, 14), written.slope(candles["close"], 14), step(candles["close"]))


def test_talibs_keltner_channel_is_another(real_dated: Dated) -> None:
    prices = range_of(real_dated)
    upper, middle, _ = talib.KC(*prices, 20, 10, 2.0)
    typical = (prices[0] + prices[1] + prices[2]) / 3
    assert_equal(middle, written.exponential_mean(typical, 20), prices[2])
    standard = written.keltner(prices, 20, 10, 2.0)
    assert np.nanmax(np.abs(upper - standard[1]) / prices[2]) > 1e-4


@pytest.mark.parametrize("price", [60_000.0, 1e6, 1e8])
def test_tiny_moves_at_a_high_price_keep_their_digits(price: float) -> None:
    values = price + np.round(np.cumsum(np.random.default_rng(5).normal(0.0, 1.0, 3_000))) / 1024
    window = {"close": values}
    for kernel, formula in ((Z_SCORE, written.z_score), (SLOPE, written.slope)):
        (found,) = filled(kernel, window, ("close",), period=100)
        assert_equal(found, formula(values, 100), np.nanmax(np.abs(found)), within=1e-7 if price > 1e7 else 1e-9)
