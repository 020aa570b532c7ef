"""Running totals, against TA-Lib's batch functions over the whole series."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.indicators.catalog import CATALOG
from operators.indicators.definition import PRICE_SOURCES
from operators.indicators.totals import TOTALS, Sums, running_total
from tests.operators.indicators.talib_cases import prices_of

Floats = npt.NDArray[np.float64]
BARS = 1_500


def every_total() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each kind with each price that it can read."""
    for kind in TOTALS:
        definition = CATALOG[kind]
        prices = PRICE_SOURCES if definition.chosen else [()]
        yield from ((kind, (*([price] if price else []), *definition.inputs)) for price in prices)


EVERY_TOTAL = list(every_total())


@pytest.fixture(scope="module")
def candles(walk: Callable[[float, int], Floats]) -> Floats:
    """Generated ones, among them bars without a range, without volume, and that close where the last did."""
    candles = walk(300.0, BARS).copy()
    candles[4, :3] = 0.0
    candles[4, 200:240] = 0.0
    candles[:4, 400:410] = candles[3, 399]
    return candles


def test_every_function_that_talib_calls_path_dependent_is_a_total_or_forgets() -> None:
    assert set(TOTALS) == {"ad", "cumsum", "nvi", "obv", "pvi", "pvt", "vwap", "wad"}
    assert len(EVERY_TOTAL) == 6 + 2 * len(PRICE_SOURCES)


@pytest.mark.parametrize("kind", TOTALS)
def test_a_definition_says_from_where_it_counts(kind: str) -> None:
    assert "It counts from the first candle of its series; for a strategy that comes late" in CATALOG[kind].doc


@settings(deadline=None, max_examples=50)  # a busy machine is no failure
@given(cuts=st.lists(st.integers(1, BARS - 1), max_size=5), total=st.sampled_from(EVERY_TOTAL))
def test_a_total_run_from_any_bar_on_has_talibs_bits(
    cuts: list[int], total: tuple[str, tuple[str, ...]], candles: Floats
) -> None:
    kind, columns = total
    prices = prices_of(candles)
    windows = [prices[name] for name in columns]
    expected = getattr(talib, kind.upper())(*windows)
    found = running_total(kind, columns)
    assert found is not None
    at_first = found.start(*[window[:1] for window in windows])
    first = 0
    for last in [*sorted(cuts), BARS - 1]:
        sums = found.run(*at_first, *[window[first : last + 1] for window in windows])
        assert found.value(*sums).tolist() == expected[first : last + 1].tolist()
        now: Sums = tuple(float(one[-1]) for one in sums)
        bars = list(zip(*[window[last : last + 60].tolist() for window in windows], strict=True))
        for place, (before, bar) in enumerate(pairwise(bars)):
            now = found.step(now, before, bar)
            assert found.value(*[np.array([one]) for one in now])[0] == expected[last + 1 + place]
        at_first = tuple(one[-1:] for one in sums)
        first = last


def test_a_total_of_an_indicator_is_refused_with_the_reason() -> None:
    expected = r"cumsum: expected one of open, .*, found rsi\(close,period=14\)\.rsi; it adds up all bars"
    with pytest.raises(ValueError, match=expected):
        running_total("cumsum", ["rsi(close,period=14).rsi"])


def test_what_adds_up_over_a_window_is_no_total() -> None:
    assert running_total("sum", ["close"]) is None
    assert running_total("adosc", ["high", "low", "close", "volume"]) is None
