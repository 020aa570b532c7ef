"""What the value of an indicator at a bar is, by definition: TA-Lib's batch function over its window."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.indicators.series import ANCHOR_BARS, IndicatorSeries
from operators.indicators.totals import TOTALS
from tests.operators.indicators.talib_cases import CASES, Case, Floats, prices_of, rows_of, streamed

BARS = 4_000
EVERY_CASE = [case for cases in CASES.values() for case in cases]
NEVER_READY = {"acos", "asin"}  # of prices above 1
COUNTED = {"maxindex", "minindex", "minmaxindex"}  # from the first bar of the series


@settings(deadline=None)  # a busy machine is no failure
@given(bar=st.integers(0, BARS - 1), case=st.sampled_from([one for one in EVERY_CASE if one.kind not in TOTALS]))
def test_a_value_is_the_batch_function_over_its_window(
    bar: int, case: Case, walk: Callable[[float, int], Floats]
) -> None:
    candles = walk(60_000.0, BARS)[:, : bar + 1]
    start = max(0, bar - bar % ANCHOR_BARS - case.indicator.memory)
    shift = start if case.kind in COUNTED else 0
    expected = {}
    if bar - start >= case.indicator.lookback:
        window = prices_of(candles[:, start:])
        expected = {column: repr(shift + float(values[-1])) for column, values in case.batch(window).items()}
    series = IndicatorSeries(1)
    series.want([case.indicator])
    found = series.extend(rows_of(candles))
    assert {column: repr(found[column][-1]) for column in expected} == expected
    assert expected or all(np.isnan(found[column][-1]) for column in case.indicator.columns)


@pytest.mark.parametrize("kind", sorted(CASES.keys() - NEVER_READY))
def test_the_first_value_comes_at_the_lookback(kind: str, walk: Callable[[float, int], Floats]) -> None:
    indicators = [case.indicator for case in CASES[kind]]
    longest = max(indicator.lookback for indicator in indicators)
    series = IndicatorSeries(1)
    series.want(indicators)
    found = streamed(series, [rows_of(walk(300.0, longest + 20))])
    for indicator in indicators:
        for column in indicator.columns:
            assert np.isnan(found[column][: indicator.lookback]).all(), column
            assert not np.isnan(found[column][indicator.lookback :]).any(), column
