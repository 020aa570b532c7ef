"""The extra indicators where strategies meet them: in a series that is fed, stopped, restored and joined late."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.indicators.anchors import anchor_of
from operators.indicators.extras import EXTRAS
from operators.indicators.history import Row
from operators.indicators.identity import Indicator, Output, resolve
from operators.indicators.kernels.kernel import Floats
from operators.indicators.kernels.talib_kernel import kernel_of
from operators.indicators.series import IndicatorSeries
from tests.operators.indicators.extras.dated import COLUMNS, Dated, with_a_flat_hour

BARS = 3_000
SETTINGS: Mapping[str, dict[str, object]] = {
    "session_vwap": {"zone": "Europe/London", "start": "08:00", "session_bars": 700},
    "pivot_points": {"zone": "Asia/Tokyo", "start": "10:00", "session_bars": 1_440},
}
ALL = [resolve(one.name, SETTINGS.get(one.name, {}), where=one.name) for one in EXTRAS]
VWAP = next(one for one in ALL if one.kind == "session_vwap")
ON_GAPS = resolve("zscore", {"period": 30}, where="z", sources=[Output(VWAP, "session_vwap")])
EVERY = [*ALL, ON_GAPS]
unhurried = settings(deadline=None, max_examples=15)  # a busy machine is no failure

Columns = dict[str, list[float]]


@pytest.fixture(scope="module")
def minutes(walk: Callable[[float, int], Floats]) -> Dated:
    return with_a_flat_hour(walk(60_000.0, BARS))


@pytest.fixture(scope="module")
def fed(minutes: Dated) -> tuple[list[Row], list[int]]:
    rows = list(zip(*[minutes[name].tolist() for name in COLUMNS], strict=True))
    return rows, minutes["time"].astype(int).tolist()


@pytest.fixture(scope="module")
def reference(fed: tuple[list[Row], list[int]]) -> Columns:
    """Every column, from a series that was fed one by one and never stopped."""
    series = IndicatorSeries(1)
    series.want(EVERY)
    columns: Columns = {}
    for row, time in zip(*fed, strict=True):
        for name, values in series.extend([row], [time]).items():
            columns.setdefault(name, []).append(values[1])
    return columns


def assert_goes_on(found: Mapping[str, Sequence[float]], reference: Columns, first: int, names: Sequence[str]) -> None:
    for name in names:
        new = list(found[name])[1:]
        assert list(map(repr, new)) == list(map(repr, reference[name][first : first + len(new)])), name


def columns_of(indicators: Sequence[Indicator]) -> list[str]:
    return [column for indicator in indicators for column in indicator.columns]


@unhurried
@given(sizes=st.lists(st.integers(0, 700), max_size=12))
def test_batches_do_not_matter(sizes: list[int], fed: tuple[list[Row], list[int]], reference: Columns) -> None:
    rows, times = fed
    series = IndicatorSeries(1)
    series.want(EVERY)
    done = 0
    for size in [*sizes, BARS]:
        found = series.extend(rows[done : done + size], times[done : done + size])
        assert_goes_on(found, reference, done, columns_of(EVERY))
        done = min(done + size, BARS)


@unhurried
@given(stops=st.lists(st.integers(0, BARS), min_size=1, max_size=3))
def test_a_restored_series_goes_on_to_the_bit(
    stops: list[int], fed: tuple[list[Row], list[int]], reference: Columns
) -> None:
    rows, times = fed
    series = IndicatorSeries(1)
    series.want(EVERY)
    done = 0
    for stop in [*sorted(stops), BARS]:
        found = series.extend(rows[done:stop], times[done:stop])
        assert_goes_on(found, reference, done, columns_of(EVERY))
        done = stop
        series = IndicatorSeries(1, series.snapshot())
        series.want(EVERY)


@unhurried
@given(late=st.integers(0, BARS - 1), indicator=st.sampled_from(EVERY))
def test_a_latecomer_is_at_once_what_it_would_have_been(
    late: int, indicator: Indicator, fed: tuple[list[Row], list[int]], reference: Columns
) -> None:
    rows, times = fed
    series = IndicatorSeries(BARS)
    series.want([])
    series.extend(rows[:late], times[:late])
    series.want([indicator])
    assert_goes_on(series.extend(rows[late:], times[late:]), reference, late, columns_of([indicator]))


@pytest.mark.parametrize("indicator", ALL, ids=lambda indicator: indicator.kind)
def test_a_value_is_the_computation_over_its_window(indicator: Indicator, minutes: Dated, reference: Columns) -> None:
    definition = indicator.definition
    for bar in range(5, BARS, 211):
        window = slice(max(0, anchor_of(bar) - indicator.memory), bar + 1)
        windows = [minutes[name][window] for name in indicator.inputs]
        if len(windows[0]) <= indicator.lookback:
            continue
        _, filled = kernel_of(definition).open_and_fill(*windows, **dict(indicator.parameters))
        for output, column in zip(definition.produced, filled, strict=True):
            assert repr(reference[indicator.column(output)][bar]) == repr(float(column[-1])), output


@pytest.mark.parametrize("indicator", ALL, ids=lambda indicator: indicator.kind)
def test_it_is_ready_for_most_of_the_time(indicator: Indicator, reference: Columns) -> None:
    for column in indicator.columns:
        assert np.isfinite(reference[column]).mean() > 0.3


def test_what_reads_a_gap_waits_and_goes_on(reference: Columns) -> None:
    vwap = np.array(reference[VWAP.column("session_vwap")])
    found = np.array(reference[ON_GAPS.column("zscore")])
    assert np.isnan(vwap[1_000:]).any()
    for bar in range(BARS):
        whole = bar >= 29 and not np.isnan(vwap[bar - 29 : bar + 1]).any()
        assert math.isnan(found[bar]) != whole
