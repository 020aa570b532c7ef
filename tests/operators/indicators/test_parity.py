"""Every indicator against TA-Lib's batch function over the whole history, at every bar."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.indicators.catalog import CATALOG
from operators.indicators.history import BASE_COLUMNS
from operators.indicators.identity import Indicator, resolve
from operators.indicators.series import ANCHOR_BARS, IndicatorSeries

Floats = npt.NDArray[np.float64]

TOLERANCE = 1e-9
IN_PRICE_UNITS = {"sma", "ema", "wma", "dema", "tema", "macd", "atr", "bbands", "mom", "stddev"}
BEYOND_DEFAULTS: Mapping[str, list[dict[str, object]]] = {
    "macd": [{"fast": 2, "slow": 3, "signal": 1}, {"fast": 50, "slow": 100, "signal": 20}],
    "bbands": [{"period": 2}, {"period": 100, "deviations_up": 1.5, "deviations_down": 3}, {"price": "hlc3"}],
    "stoch": [{"k": 1, "smooth_k": 1, "d": 1}, {"k": 50, "smooth_k": 10, "d": 5}],
    "sma": [{"period": 2}, {"period": 200}, {"price": "volume"}, {"price": "ohlc4"}],
    "ema": [{"period": 2}, {"period": 200}, {"price": "hl2"}],
}
REAL = [
    ("m1/binance_usdm_2025-05_shared8_1m.parquet", "BTCUSDT"),
    ("m1/binance_usdm_2025-05_shared8_1m.parquet", "XRPUSDT"),
    ("m1/bitfinex_ETHUSD_1m_2019H1.parquet", "ETHUSD"),
    ("m5/binance_spot_LTCUSDT_5m_2020-12_2021-07.parquet", "LTCUSDT"),
]


def every_case() -> Iterator[Indicator]:
    """Every definition with its defaults, with its shortest periods and with long ones."""
    for name, definition in CATALOG.items():
        yield resolve(name, {}, where=name)
        others = BEYOND_DEFAULTS.get(name, [{"period": definition.parameters[0].minimum}, {"period": 50}])
        yield from (resolve(name, parameters, where=name) for parameters in others)


CASES = list(every_case())
each_case = pytest.mark.parametrize("indicator", CASES, ids=lambda indicator: indicator.key)


def inputs(indicator: Indicator, candles: Floats) -> list[Floats]:
    """What the indicator reads, derived prices by TA-Lib's own functions."""
    columns: dict[str, Floats] = dict(zip(BASE_COLUMNS, candles, strict=True))
    columns["hl2"] = talib.MEDPRICE(columns["high"], columns["low"])
    columns["hlc3"] = talib.TYPPRICE(columns["high"], columns["low"], columns["close"])
    columns["ohlc4"] = talib.AVGPRICE(columns["open"], columns["high"], columns["low"], columns["close"])
    return [columns[name] for name in indicator.inputs]


def batch(indicator: Indicator, candles: Floats) -> dict[str, Floats]:
    """TA-Lib's batch function, by output."""
    definition = indicator.definition
    names = {parameter.name: parameter.talib for parameter in definition.parameters}
    arguments = {names[name]: value for name, value in indicator.parameters}
    result = getattr(talib, definition.talib)(*inputs(indicator, candles), **arguments)
    return dict(zip(definition.produced, result if isinstance(result, tuple) else (result,), strict=True))


def streamed(indicator: Indicator, candles: Floats) -> dict[str, Floats]:
    """What the series gives, by output, fed in batches of uneven sizes."""
    series = IndicatorSeries(1)
    series.want([indicator])
    rows = list(zip(*candles.tolist(), strict=True))
    parts: dict[str, list[float]] = {output: [] for output in indicator.outputs}
    done = 0
    for size in [1, 7, 1, 90, 500, 3] * len(rows):
        values = series.extend(rows[done : done + size])
        for output in parts:
            parts[output] += values[indicator.column(output)][1:]
        done += size
        if done >= len(rows):
            break
    return {output: np.array(part) for output, part in parts.items()}


def assert_parity(indicator: Indicator, candles: Floats) -> None:
    found, expected = streamed(indicator, candles), batch(indicator, candles)
    price = inputs(indicator, candles)[0]
    scale = price if indicator.kind in IN_PRICE_UNITS else np.full_like(price, 100.0)
    for output, values in expected.items():
        np.testing.assert_array_equal(np.isnan(found[output]), np.isnan(values), f"{output}: ready at other bars")
        ready = ~np.isnan(values)
        error = np.abs(found[output] - values)[ready] / np.maximum(np.abs(values), scale)[ready]
        assert error.max() <= TOLERANCE, f"{output}: off by {error.max()} at {error.argmax()} bars after the first"


def test_no_definition_goes_untried() -> None:
    assert {indicator.kind for indicator in CASES} == set(CATALOG)
    assert {"sma", "ema", "rsi", "macd", "atr", "bbands", "adx", "stoch"} <= set(CATALOG)
    assert len(CATALOG) >= 20
    assert len(CASES) >= 60


@each_case
@pytest.mark.parametrize("price", [60_000.0, 0.0001])
def test_equals_full_history_on_generated_candles(
    indicator: Indicator, price: float, walk: Callable[[float, int], Floats]
) -> None:
    assert_parity(indicator, walk(price, 6_000))


@each_case
def test_equals_full_history_on_real_candles(indicator: Indicator, real: Callable[[str, str, int], Floats]) -> None:
    for file, symbol in REAL:
        assert_parity(indicator, real(file, symbol, 6_000))


@each_case
def test_equals_full_history_to_the_bit_before_a_bar_is_left_out(
    indicator: Indicator, walk: Callable[[float, int], Floats]
) -> None:
    whole = (indicator.memory // ANCHOR_BARS + 1) * ANCHOR_BARS
    candles = walk(300.0, whole)
    found, expected = streamed(indicator, candles), batch(indicator, candles)
    for output, values in expected.items():
        assert list(map(repr, found[output].tolist())) == list(map(repr, values.tolist()))


@each_case
def test_the_first_value_comes_at_the_lookback(indicator: Indicator, walk: Callable[[float, int], Floats]) -> None:
    for values in streamed(indicator, walk(300.0, indicator.lookback + 20)).values():
        assert np.isnan(values[: indicator.lookback]).all()
        assert not np.isnan(values[indicator.lookback :]).any()


@settings(deadline=None)  # a busy machine is no failure
@given(bar=st.integers(0, 3_999), case=st.sampled_from(CASES))
def test_a_value_is_the_batch_function_over_its_window(
    bar: int, case: Indicator, walk: Callable[[float, int], Floats]
) -> None:
    candles = walk(60_000.0, 4_000)[:, : bar + 1]
    anchor = bar - bar % ANCHOR_BARS
    window = candles[:, max(0, anchor - case.memory) :]
    expected = {output: repr(float(values[-1])) for output, values in batch(case, window).items()}
    series = IndicatorSeries(1)
    series.want([case])
    values = series.extend(list(zip(*candles.tolist(), strict=True)))
    assert {output: repr(values[case.column(output)][-1]) for output in case.outputs} == expected
