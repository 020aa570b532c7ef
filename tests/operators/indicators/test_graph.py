"""Indicators of indicators: their names, how far they reach, and that they are what TA-Lib makes of TA-Lib's."""

import math
import operator
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pytest
import talib

from operators.indicators.anchors import ANCHOR_BARS
from operators.indicators.graph import ordered
from operators.indicators.history import Row
from operators.indicators.identity import Indicator, IndicatorError, Output, on_timeframe, price_on, resolve
from operators.indicators.lane import Lane
from operators.indicators.node import DEEPEST, LONGEST_KEY
from operators.indicators.pointwise import computed
from operators.indicators.series import IndicatorSeries

Floats = npt.NDArray[np.float64]
Walk = Callable[[float, int], Floats]


def of(kind: str, *sources: Output | str, timeframe: str | None = None, **parameters: object) -> Output:
    """The first output of an indicator, of others where some are given."""
    indicator = resolve(kind, parameters, where=kind, sources=sources, timeframe=timeframe)
    return Output(indicator, indicator.outputs[0])


def values(output: Output, candles: Floats) -> Floats:
    """An output over candles that come in batches of uneven sizes."""
    series = IndicatorSeries(1)
    series.want([output.indicator])
    rows = rows_of(candles)
    found: list[float] = []
    while len(found) < len(rows):
        for size in (1, 7, 300, 40):
            found += series.extend(rows[len(found) : len(found) + size])[output.column][1:]
    return np.array(found)


def rows_of(candles: Floats) -> list[Row]:
    return list(zip(*candles.tolist(), strict=True))


RSI = of("rsi")
CASES: Sequence[tuple[Output, Callable[[Floats], Floats]]] = (
    (of("sma", RSI, period=5), lambda c: talib.SMA(talib.RSI(c[3], 14), 5)),
    (of("ema", of("ema", of("ema", period=10), period=10), period=10), lambda c: ema(ema(ema(c[3])))),
    (of("rsi", of("obv"), period=14), lambda c: talib.RSI(talib.OBV(c[3], c[4]), 14)),
    (of("correl", RSI, "volume", period=20), lambda c: talib.CORREL(talib.RSI(c[3], 14), c[4], 20)),
    (of("bbands", of("roc", period=9)), lambda c: talib.BBANDS(talib.ROC(c[3], 9), 20, 2, 2)[1]),
    (of("lag", RSI, bars=3), lambda c: np.concatenate([np.full(3, np.nan), talib.RSI(c[3], 14)[:-3]])),
)


def ema(series: Floats) -> Floats:
    return talib.EMA(series, 10)


@pytest.mark.parametrize(("output", "expected"), CASES, ids=[output.column for output, _ in CASES])
def test_an_indicator_of_an_indicator_is_talibs_of_talibs(
    output: Output, expected: Callable[[Floats], Floats], walk: Walk
) -> None:
    candles = walk(60_000.0, 4_000)
    found, full = values(output, candles), expected(candles)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(full))
    np.testing.assert_allclose(found, full, rtol=1e-9, atol=1e-9)
    assert np.isnan(found[: output.indicator.lookback]).all()
    assert not np.isnan(found[output.indicator.lookback])
    before_any_bar_is_left_out = ANCHOR_BARS
    assert [*map(repr, found[:before_any_bar_is_left_out].tolist())] == [
        *map(repr, full[:before_any_bar_is_left_out].tolist())
    ]


def test_a_key_writes_out_all_that_is_read() -> None:
    signal = Output(resolve("macd", {}, where="macd"), "signal")
    assert of("sma", signal, period=5).column == (
        "sma(macd(close,fast_period=12,slow_period=26,signal_period=9).signal,period=5).sma"
    )
    assert of("correl", RSI, "HL2", period=9).indicator.key == "correl(rsi(close,period=14).rsi,hl2,period=9)"


def test_what_means_the_same_is_the_same_indicator_and_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = of("sma", of("RSI", timePeriod=14.0), length=5), of("simple_moving_average", RSI, period=5)
    assert one.indicator == other.indicator
    made: list[str] = []
    original = Lane.__init__

    def spy(self: Lane, indicator: Indicator) -> None:
        made.append(indicator.kind)
        original(self, indicator)

    monkeypatch.setattr(Lane, "__init__", spy)
    series = IndicatorSeries(1)
    series.want([one.indicator, other.indicator, RSI.indicator, of("ema", RSI, period=3).indicator])
    assert sorted(made) == ["ema", "rsi", "sma"]


def test_reach_is_the_memory_and_what_the_sources_reach_back_from_an_anchor_of_their_own() -> None:
    top = of("sma", of("rsi", period=14), period=200).indicator
    (rsi,) = top.sources
    assert rsi.reach == rsi.memory
    assert top.reach == 2 * ANCHOR_BARS + rsi.reach
    assert 128 < top.memory <= 2 * ANCHOR_BARS
    assert top.lookback == 14 + 199


def test_sources_come_before_readers_each_once() -> None:
    rsi = of("rsi", period=9)
    top = of("correl", of("ema", rsi, period=3), of("sma", rsi, period=3), period=5)
    kinds = [indicator.kind for indicator in ordered([top.indicator, rsi.indicator])]
    assert sorted(kinds) == ["correl", "ema", "rsi", "sma"]
    assert kinds[0] == "rsi"
    assert kinds[-1] == "correl"


def test_a_computed_value_looks_at_one_bar_and_is_not_ready_where_an_indicator_that_it_reads_is_not(walk: Walk) -> None:
    asked: list[float] = []

    def scalar(close: float, mean: float) -> float:
        asked.append(mean)
        return close - mean

    mean = of("sma", period=3)
    output = computed(f"close - {mean.column}", ("close", mean), scalar, operator.sub)
    assert output.column == "{close - sma(close,period=3).sma}.value"
    assert output.indicator.reach == mean.indicator.reach
    candles = walk(100.0, 400)
    expected = candles[3] - talib.SMA(candles[3], 3)
    np.testing.assert_allclose(values(output, candles), expected, rtol=0.0, atol=1e-9)
    assert not any(map(math.isnan, asked))


@pytest.mark.parametrize("size", [1, 10, 400])
def test_an_indicator_begins_anew_after_a_bar_at_which_its_input_is_not_ready(size: int) -> None:
    odd = computed("close where it is not 7", ("close",), lambda x: x if x != 7 else math.nan, not_seven)
    sum_ = of("sum", odd, period=3)
    closes = [1.0, 2.0, 3.0, 4.0, 7.0, 5.0, 6.0, 8.0, 9.0, 7.0, 7.0, 1.0]
    series = IndicatorSeries(1)
    series.want([sum_.indicator])
    found: list[float] = []
    rows: list[Row] = [(close, close, close, close, 1.0) for close in closes]
    for first in range(0, len(rows), size):
        found += series.extend(rows[first : first + size])[sum_.column][1:]
    nan = math.nan
    expected = [nan, nan, 6.0, 9.0, nan, nan, nan, 19.0, 23.0, nan, nan, nan]
    assert [*map(repr, found)] == [*map(repr, expected)]


def not_seven(closes: Floats) -> Floats:
    return np.where(closes == 7, np.nan, closes)


def test_too_deep_a_graph_is_refused() -> None:
    output = of("sma", period=2)
    for _ in range(DEEPEST - 1):
        output = of("lag", output, bars=1)
    assert output.indicator.depth == DEEPEST
    with pytest.raises(IndicatorError, match=r"^lag: expected at most 16 indicators that read each other .* found 17$"):
        of("lag", output, bars=1)


def test_too_large_a_graph_is_refused_before_its_name_fills_the_memory() -> None:
    output = of("add", "open", "close")
    while len(output.column) < LONGEST_KEY // 2:
        output = of("add", output, output)
    assert output.indicator.depth < DEEPEST
    with pytest.raises(IndicatorError, match=rf"^add: expected an indicator that takes at most {LONGEST_KEY:,} char"):
        of("add", output, output)


@pytest.mark.parametrize(
    ("kind", "sources", "message"),
    [
        ("atr", ["close"], "x.source: atr always reads high, low, close, expected no source, found 1"),
        ("rsi", ["open", "close"], "x.source: rsi reads 1 series that can be chosen, expected 1 source, found 2"),
        ("correl", [RSI], "x.source: correl reads 2 series that can be chosen, expected 2 sources, found 1"),
        (
            "rsi",
            ["closee"],
            (
                "x.source: expected one of open, high, low, close, volume, hl2, hlc3, ohlc4 or an output of an "
                'indicator, found "closee" (did you mean "close"?)'
            ),
        ),
        (
            "cumsum",
            [RSI],
            (
                "x: cumsum: expected one of open, high, low, close, volume, hl2, hlc3, ohlc4, found "
                "rsi(close,period=14).rsi; it adds up all bars that there ever were, and of another indicator only "
                "the last are kept"
            ),
        ),
    ],
)
def test_sources_that_do_not_fit_are_refused(kind: str, sources: list[Output | str], message: str) -> None:
    with pytest.raises(IndicatorError) as refused:
        resolve(kind, {}, where="x", sources=sources)
    assert str(refused.value) == message


def test_a_source_may_be_named_once_only() -> None:
    with pytest.raises(IndicatorError) as refused:
        resolve("rsi", {"price": "open"}, where="x", sources=["close"])
    assert str(refused.value) == "x.price: chooses the input, which source does already, expected one of the two"


def test_the_same_computation_on_another_timeframe_takes_all_that_it_reads_with_it() -> None:
    calm = of("sma", RSI, period=5)
    hourly = on_timeframe(calm, "1h")
    assert hourly.column == "sma(rsi(close,period=14).rsi,period=5)@1h.sma"
    assert hourly.indicator.timeframe == "1h"
    assert hourly.indicator.native == calm.indicator
    assert [source.key for source in hourly.indicator.sources] == ["rsi(close,period=14)@1h"]
    assert on_timeframe(hourly, "1h") == hourly
    assert of("sma", on_timeframe(RSI, "1h"), timeframe="1h", period=5) == hourly
    assert of("sma", RSI, timeframe="1h", period=5) == hourly
    assert price_on("close", "4h").column == "close@4h.price"


def test_what_reads_another_timeframe_stays_on_its_own() -> None:
    mixed = of("sma", on_timeframe(RSI, "1h"), period=5)
    assert mixed.column == "sma(rsi(close,period=14)@1h.rsi,period=5).sma"
    assert mixed.indicator.timeframe is None
    assert mixed.indicator.reach == mixed.indicator.memory


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (
            lambda: on_timeframe(on_timeframe(RSI, "1h"), "4h"),
            "rsi(close,period=14)@1h is on candles of 1h already, expected only indicators of the strategy's own",
        ),
        (
            lambda: on_timeframe(of("sma", on_timeframe(RSI, "1h"), period=5), "1h"),
            "expected only indicators of the strategy's own candles to be put on those of 1h",
        ),
        (lambda: of("rsi", timeframe="1hour"), 'expected a timeframe such as 1m, 5m, 1h, 4h, 1d or 1w, got "1hour"'),
        (
            lambda: price_on("closee", "1h"),
            'expected one of open, high, low, close, volume, hl2, hlc3, ohlc4, found "closee" (did you mean "close"?)',
        ),
    ],
)
def test_a_timeframe_that_cannot_be_is_refused(attempt: Callable[[], Output], message: str) -> None:
    with pytest.raises(IndicatorError) as refused:
        attempt()
    assert message in str(refused.value)
