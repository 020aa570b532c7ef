"""Every function of TA-Lib, through a series that re-anchors, against TA-Lib's batch function over all bars."""

import random
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest

from operators.indicators.anchors import ANCHOR_BARS
from operators.indicators.identity import Indicator
from operators.indicators.series import IndicatorSeries
from operators.indicators.totals import TOTALS
from tests.operators.indicators.talib_cases import (
    CASES,
    EVERY_INDICATOR,
    PATTERNS,
    TALIB,
    Case,
    Floats,
    in_batches,
    prices_of,
    rows_of,
    streamed,
)
from tests.operators.indicators.talib_exemptions import EXEMPTIONS, exemption_of

BARS = 7_000
GENERATED = {"at-0.0001": 0.0001, "at-60000": 60_000.0}
FIRST = "at-60000"
REAL = {
    "XRPUSDT-1m": ("m1/binance_usdm_2025-05_shared8_1m.parquet", "XRPUSDT"),
    "BTCUSD-1m-sparse": ("m1/bitfinex_BTCUSD_1m_2019H1.parquet", "BTCUSD"),
    "LTCUSDT-5m": ("m5/binance_spot_LTCUSDT_5m_2020-12_2021-07.parquet", "LTCUSDT"),
}
AFTER = 300  # bars that go on after a restore or a late start

each_kind = pytest.mark.parametrize("kind", sorted(CASES))


class Finding(NamedTuple):
    """How far one output is from TA-Lib's."""

    column: str
    readiness_differs: int
    bits_differ: int
    errors: Floats


@pytest.fixture(scope="module")
def computed(walk: Callable[[float, int], Floats]) -> Mapping[str, Floats]:
    """All columns over the first generated candles."""
    return everything(walk(GENERATED[FIRST], BARS))


@pytest.fixture(scope="module")
def findings(
    walk: Callable[[float, int], Floats],
    computed: Mapping[str, Floats],
    request: pytest.FixtureRequest,
) -> Callable[[str], Mapping[str, list[Finding]]]:
    """What was found on one set of candles, by kind."""

    @cache
    def found(name: str) -> Mapping[str, list[Finding]]:
        if name in GENERATED:
            candles = walk(GENERATED[name], BARS)
        else:
            candles = request.getfixturevalue("real")(*REAL[name], BARS)
        columns = computed if name == FIRST else everything(candles)
        prices = prices_of(candles)
        return {
            kind: [one for case in cases for one in compared(case, columns, prices)] for kind, cases in CASES.items()
        }

    return found


def everything(candles: Floats) -> Mapping[str, Floats]:
    """All columns of a series that computes every indicator at once, fed in batches of uneven sizes."""
    series = IndicatorSeries(1)
    series.want(EVERY_INDICATOR)
    return streamed(series, in_batches(rows_of(candles)))


def compared(case: Case, columns: Mapping[str, Floats], prices: Mapping[str, Floats]) -> list[Finding]:
    """Each output against TA-Lib's batch function: when it is ready, its bits, and its errors beyond the exemption."""
    found = []
    all_bars = (case.indicator.memory // ANCHOR_BARS + 1) * ANCHOR_BARS  # before an anchor leaves bars out
    if case.kind in TOTALS:
        all_bars = BARS
    for column, expected in case.batch(prices).items():
        values = columns[column]
        ready = ~np.isnan(expected)
        bits = values[:all_bars].view(np.int64) != expected[:all_bars].view(np.int64)
        found.append(
            Finding(
                column,
                int((np.isnan(values) != ~ready).sum()),
                int((bits & ready[:all_bars]).sum()),
                errors(values[ready], expected[ready]),
            )
        )
    return found


def errors(values: Floats, expected: Floats) -> Floats:
    """Differences over the greater of the value and the usual size of a value."""
    if not len(expected):
        return np.zeros(1)
    with np.errstate(invalid="ignore", divide="ignore"):  # infinities that are equal differ by nothing
        off = np.where(values == expected, 0.0, np.abs(values - expected))
        size = np.maximum(np.abs(expected), np.median(np.abs(expected)))
        return np.where(off == 0, 0.0, off / size)


def test_every_function_of_talib_is_there() -> None:
    assert len(TALIB) >= 201
    assert len(PATTERNS) >= 61
    assert len(EVERY_INDICATOR) >= 1_100
    assert len({indicator.key for indicator in EVERY_INDICATOR}) >= 1_000
    assert set(EXEMPTIONS) <= set(TALIB)
    assert len(EXEMPTIONS) <= 13


@each_kind
@pytest.mark.parametrize("candles", [*GENERATED, *REAL])
def test_equals_talib_at_every_bar(
    kind: str, candles: str, findings: Callable[[str], Mapping[str, list[Finding]]]
) -> None:
    cases = {column: case for case in CASES[kind] for column in case.indicator.columns}
    for one in findings(candles)[kind]:
        exemption = exemption_of(cases[one.column].indicator)
        assert one.readiness_differs == 0, f"{one.column}: ready at other bars than TA-Lib"
        assert one.bits_differ == 0, f"{one.column}: other bits where no bar is left out"
        beyond = one.errors > exemption.tolerance
        assert beyond.mean() <= exemption.share, f"{one.column}: off by {one.errors.max()} at {beyond.sum()} bars"


def test_a_restored_series_goes_on_to_the_bit(
    computed: Mapping[str, Floats], walk: Callable[[float, int], Floats]
) -> None:
    rows = rows_of(walk(GENERATED[FIRST], BARS))
    bars = sorted(random.Random(7).sample(range(ANCHOR_BARS, BARS - AFTER), 3))
    series = IndicatorSeries(1)
    series.want(EVERY_INDICATOR)
    done = 0
    for bar in bars:
        series.extend(rows[done:bar])
        restored = IndicatorSeries(1, series.snapshot())
        restored.want(EVERY_INDICATOR)
        assert_same(streamed(restored, [rows[bar : bar + 1], rows[bar + 1 : bar + AFTER]]), computed, bar)
        done = bar


def test_one_candle_at_a_time_gives_the_same_bits(
    computed: Mapping[str, Floats], walk: Callable[[float, int], Floats]
) -> None:
    rows = rows_of(walk(GENERATED[FIRST], BARS))
    bar = BARS - 5 * ANCHOR_BARS + 60
    series = IndicatorSeries(1)
    series.want(EVERY_INDICATOR)
    series.extend(rows[:bar])
    assert_same(streamed(series, ([row] for row in rows[bar : bar + ANCHOR_BARS])), computed, bar)


def test_a_latecomer_has_the_same_bits_at_once_where_the_history_reaches_back(
    computed: Mapping[str, Floats], walk: Callable[[float, int], Floats]
) -> None:
    rows = rows_of(walk(GENERATED[FIRST], BARS))
    bar = BARS - AFTER
    series = IndicatorSeries(max(one.reach for one in EVERY_INDICATOR) + ANCHOR_BARS)
    series.extend(rows[:bar])
    series.want(EVERY_INDICATOR)
    found = streamed(series, in_batches(rows[bar:]))
    assert_same(found, computed, bar, [one for one in EVERY_INDICATOR if one.kind not in TOTALS])


def test_a_latecomer_is_not_ready_until_the_history_reaches_back(
    computed: Mapping[str, Floats], walk: Callable[[float, int], Floats]
) -> None:
    rows = rows_of(walk(GENERATED[FIRST], BARS))
    bar, wait = BARS - 2_000, 1_500
    series = IndicatorSeries(1)
    series.extend(rows[:bar])
    series.want(EVERY_INDICATOR)
    found = streamed(series, in_batches(rows[bar:]))
    for indicator in EVERY_INDICATOR:
        for column in indicator.columns:
            expected = computed[column][bar:]
            silent = np.isnan(found[column])
            assert (silent | (found[column].view(np.int64) == expected.view(np.int64))).all(), column
            if indicator.reach < wait - ANCHOR_BARS and indicator.kind not in TOTALS:
                assert (silent == np.isnan(expected))[wait:].all(), column


def assert_same(
    found: Mapping[str, Floats],
    computed: Mapping[str, Floats],
    bar: int,
    indicators: Sequence[Indicator] = EVERY_INDICATOR,
) -> None:
    """The same bits as those computed without interruption, from a bar on."""
    for indicator in indicators:
        for column in indicator.columns:
            values = found[column]
            expected = computed[column][bar : bar + len(values)]
            assert np.array_equal(values, expected, equal_nan=True), f"{column} from bar {bar}"
