"""Named states that a strategy may use, declared or not: through the compiler, on candles."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pytest
import talib

from operators.indicators.catalog import CATALOG
from operators.indicators.series import IndicatorSeries
from operators.strategy.compile import compile_strategy
from schemas.strategy_file import parse_strategy
from tests.operators.indicators.talib_cases import PATTERNS, rows_of

Floats = npt.NDArray[np.float64]
BARS = 1_500
SQUEEZE_BARS = 125


@pytest.fixture(scope="module")
def candles(walk: Callable[[float, int], Floats]) -> Floats:
    return walk(300.0, BARS)


def holds(condition: str, candles: Floats, indicators: Mapping[str, object]) -> list[bool | None]:
    """Whether the entry of a strategy holds at each bar; None where it is not ready."""
    document = {"id": "state", "indicators": indicators, "signals": {"entry": {"expression": condition}}}
    compiled = compile_strategy(parse_strategy(document, origin="state.json"))
    series = IndicatorSeries(1)
    series.want(compiled.indicators)
    values = series.extend(rows_of(candles))
    (rule,) = compiled.entries
    columns = [values[column][1 - ago :][: candles.shape[1]] for column, ago in rule.operands]
    return [rule.evaluate(*bar) for bar in zip(*columns, strict=True)]


def squeezed(candles: Floats, period: int) -> list[bool | None]:
    """Whether the bandwidth is the least of its last ones, by TA-Lib and numpy."""
    upper, middle, lower = talib.BBANDS(candles[3], timeperiod=period, nbdevup=2.0, nbdevdn=2.0)
    width = (upper - lower) / middle
    windows = np.lib.stride_tricks.sliding_window_view(width[period - 1 :], SQUEEZE_BARS)
    unready = BARS - len(windows)
    return [*[None] * unready, *(windows[:, -1] == windows.min(axis=1)).tolist()]


@pytest.mark.parametrize(
    ("condition", "indicators", "period"),
    [
        ("bb_squeeze", {}, 20),
        ("bbands_squeeze", {}, 20),
        ("bbands_50_squeeze", {}, 50),
        ("bb_squeeze", {"bb": {"type": "bbands", "period": 30}}, 30),
        ("tight_squeeze", {"tight": {"type": "bollinger", "period": 20}}, 20),
    ],
)
def test_bands_are_in_a_squeeze_when_they_are_narrowest(
    condition: str, indicators: Mapping[str, object], period: int, candles: Floats
) -> None:
    found = holds(condition, candles, indicators)
    assert found == squeezed(candles, period)
    assert found.count(True) > 0
    assert found.count(False) > 0


@pytest.mark.parametrize("kind", PATTERNS)
def test_a_candle_pattern_is_bullish_or_bearish(kind: str, candles: Floats) -> None:
    values = getattr(talib, kind.upper())(*candles[:4])
    alias = CATALOG[kind].aliases[0]
    bullish = holds(f"{alias}_bullish", candles, {})
    bearish = holds("it_bearish", candles, {"it": {"type": kind}})
    ready = [bar for bar in range(BARS) if bullish[bar] is not None]
    assert len(ready) > BARS - 40
    assert [bullish[bar] for bar in ready] == [bool(values[bar] > 0) for bar in ready]
    assert [bearish[bar] for bar in ready] == [bool(values[bar] < 0) for bar in ready]


def test_a_name_that_a_person_would_write_for_an_engulfing_candle(candles: Floats) -> None:
    values = talib.CDLENGULFING(*candles[:4])
    found = holds("engulfing_bullish OR engulfing_bearish", candles, {})
    assert found.count(True) == int((values != 0).sum()) > 0
