"""Running totals: of all bars from an origin on, through any stop, and never a guess."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import talib

from operators.indicators.history import Row
from operators.indicators.identity import Indicator, Output, resolve
from operators.indicators.series import IndicatorSeries, SeriesState

Floats = npt.NDArray[np.float64]
Walk = Callable[[float, int], Floats]
BARS = 1_000

OBV = resolve("obv", {}, where="obv")
VWAP = resolve("vwap", {}, where="vwap")


@pytest.fixture
def candles(walk: Walk) -> Floats:
    return walk(300.0, BARS)


def rows_of(candles: Floats) -> list[Row]:
    return list(zip(*candles.tolist(), strict=True))


def fed(series: IndicatorSeries, rows: list[Row], column: str, sizes: tuple[int, ...] = (1, 200, 3)) -> list[float]:
    found: list[float] = []
    while len(found) < len(rows):
        for size in sizes:
            found += series.extend(rows[len(found) : len(found) + size])[column][1:]
    return found


def bits(values: list[float]) -> list[str]:
    return [*map(repr, values)]


def test_it_counts_from_the_first_bar_though_bars_are_dropped(candles: Floats) -> None:
    series = IndicatorSeries(1)
    series.want([OBV])
    assert fed(series, rows_of(candles), OBV.columns[0]) == talib.OBV(candles[3], candles[4]).tolist()
    assert series.bars_held < 300


def test_from_an_origin_it_counts_what_came_since(candles: Floats) -> None:
    since = replace(OBV, key=f"{OBV.key}#400", origin=400)
    series = IndicatorSeries(200)
    series.extend(rows_of(candles)[:450])
    series.want([since])
    found = fed(series, rows_of(candles)[450:], since.columns[0])
    assert found == talib.OBV(candles[3][400:], candles[4][400:]).tolist()[50:]


def test_an_origin_yet_to_come_is_waited_for(candles: Floats) -> None:
    since = replace(VWAP, key=f"{VWAP.key}#300", origin=300)
    series = IndicatorSeries(1)
    series.want([since])
    expected = [math.nan] * 300 + talib.VWAP(*[candles[row][300:] for row in (1, 2, 3, 4)]).tolist()
    assert bits(fed(series, rows_of(candles), since.columns[0])) == bits(expected)


def test_what_was_dropped_is_never_guessed(candles: Floats) -> None:
    series = IndicatorSeries(100)
    series.extend(rows_of(candles)[:500])
    series.want([OBV])
    assert all(map(math.isnan, fed(series, rows_of(candles)[500:], OBV.columns[0])))
    restored = IndicatorSeries(100, series.snapshot())
    restored.want([OBV])
    assert math.isnan(restored.extend(rows_of(candles)[:1])[OBV.columns[0]][1])


@pytest.mark.parametrize("stop", [1, 127, 128, 700])
@pytest.mark.parametrize(
    "indicator", [OBV, VWAP, resolve("sma", {"period": 9}, where="s", sources=[Output(OBV, "obv")])]
)
def test_restored_it_goes_on_to_the_bit(stop: int, indicator: Indicator, candles: Floats) -> None:
    rows, column = rows_of(candles), indicator.columns[0]
    straight, series = IndicatorSeries(1), IndicatorSeries(1)
    straight.want([indicator])
    series.want([indicator])
    expected = fed(straight, rows, column)
    found = fed(series, rows[:stop], column)
    restored = IndicatorSeries(1, series.snapshot())
    assert restored.snapshot() == series.snapshot()  # before anybody has said what is wanted, too
    restored.want([indicator])
    assert restored.snapshot() == series.snapshot()
    assert bits(found + fed(restored, rows[stop:], column)) == bits(expected)


def test_one_that_nobody_wants_after_a_restore_is_forgotten(candles: Floats) -> None:
    series = IndicatorSeries(1)
    series.want([OBV, VWAP])
    series.extend(rows_of(candles)[:10])
    restored = IndicatorSeries(1, series.snapshot())
    restored.want([VWAP])
    assert set(restored.snapshot()["totals"]) == {VWAP.key}


@pytest.mark.parametrize("dumped", [b"", b"\x00" * 41, b"\x00" * 72])
def test_a_damaged_state_is_refused(dumped: bytes, candles: Floats) -> None:
    series = IndicatorSeries(10)
    series.want([OBV])
    series.extend(rows_of(candles)[:10])
    state: SeriesState = {**series.snapshot(), "totals": {OBV.key: dumped}}
    restored = IndicatorSeries(10, state)
    expected = rf"^obv\(close\)\.obv: expected its values at 10 bars and its sums, found {len(dumped)} bytes; the snap"
    with pytest.raises(ValueError, match=expected):
        restored.want([OBV])
