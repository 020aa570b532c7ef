"""What is true of every kernel of our own: one bar at a time gives what a window gives, and nothing peeks."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.indicators.definition import IndicatorDefinition
from operators.indicators.extras import EXTRAS
from operators.indicators.kernels.kernel import Floats, Kernel
from operators.indicators.kernels.talib_kernel import kernel_of
from operators.indicators.kernels.zones import zone_names
from tests.operators.indicators.extras.dated import Dated, with_a_flat_hour

BARS = 3_000
LONDON = zone_names().index("Europe/London")
SHORT: dict[str, dict[str, float]] = {
    "supertrend": {"period": 3, "multiplier": 1.5},
    "donchian": {"period": 5},
    "keltner": {"period": 5, "atr_period": 3, "multiplier": 1.5},
    "ichimoku": {"tenkan_period": 3, "kijun_period": 5, "senkou_period": 9, "displacement": 4},
    "squeeze": {"period": 4, "deviations": 2.0, "multiplier": 1.5},
    "swing": {"strength": 2, "longest": 30},
    "session_vwap": {"zone": LONDON, "start": 480, "session_bars": 700},
    "pivot_points": {"zone": LONDON, "start": 480, "session_bars": 1_440},
    "zscore": {"period": 6},
    "range_position": {"period": 6},
    "slope": {"period": 6},
    "realised_volatility": {"period": 6, "periods_per_year": 365.0},
    "ha": {},
}
HAVE_GAPS = {"swing", "session_vwap", "pivot_points"}
"""Kinds that may be NaN after their first value: no level, no trade, no session."""

each = pytest.mark.parametrize("definition", EXTRAS, ids=lambda definition: definition.name)
unhurried = settings(deadline=None, max_examples=40)  # a busy machine is no failure


@pytest.fixture(scope="module")
def minutes(walk: Callable[[float, int], Floats]) -> Dated:
    """Two days of generated minutes, the second one's first hour left out."""
    dated = with_a_flat_hour(walk(60_000.0, BARS + 60))
    return {name: np.delete(column, np.s_[1_440:1_500]) for name, column in dated.items()}


def windows(definition: IndicatorDefinition, candles: Dated, bars: slice) -> list[Floats]:
    return [candles[name][bars] for name in (*definition.chosen, *definition.inputs)]


def opened(definition: IndicatorDefinition, candles: Dated, bars: slice) -> tuple[Callable[..., object], list[Floats]]:
    kernel: Kernel = kernel_of(definition)
    handle, filled = kernel.open_and_fill(*windows(definition, candles, bars), **SHORT[definition.name])
    return handle.update, list(filled)


def bits(values: object) -> list[str]:
    return [repr(float(value)) for value in (values if isinstance(values, tuple) else (values,))]


def test_every_kind_is_tried() -> None:
    assert {definition.name for definition in EXTRAS} == set(SHORT)
    assert len(EXTRAS) >= 13


@each
@unhurried
@given(opening=st.integers(30, BARS - 1), begins=st.integers(0, BARS))
def test_going_on_gives_what_a_longer_window_gives(
    definition: IndicatorDefinition, opening: int, begins: int, minutes: Dated
) -> None:
    first = min(begins, opening - 30)
    stop = min(opening + 200, BARS)
    _, whole = opened(definition, minutes, slice(first, stop))
    update, filled = opened(definition, minutes, slice(first, opening))
    for column, longer in zip(filled, whole, strict=True):
        assert bits(tuple(column)) == bits(tuple(longer[: opening - first]))
    for bar in range(opening, stop):
        value = update(*[float(window[0]) for window in windows(definition, minutes, slice(bar, bar + 1))])
        assert bits(value) == bits(tuple(column[bar - first] for column in whole)), bar


@each
def test_the_first_value_comes_at_the_lookback(definition: IndicatorDefinition, minutes: Dated) -> None:
    lookback = kernel_of(definition).lookback(SHORT[definition.name])
    _, filled = opened(definition, minutes, slice(0, 1_000))
    for column in filled:
        assert np.isnan(column[:lookback]).all()
        assert definition.name in HAVE_GAPS or not np.isnan(column[lookback:]).any()


@each
def test_a_window_of_the_memory_is_enough(definition: IndicatorDefinition, minutes: Dated) -> None:
    memory = definition.memory(SHORT[definition.name])
    _, whole = opened(definition, minutes, slice(0, BARS))
    for bar in range(memory, BARS, 97):
        _, short = opened(definition, minutes, slice(bar - memory, bar + 1))
        for column, longer in zip(short, whole, strict=True):
            assert math.isnan(column[-1]) == math.isnan(longer[bar])
            assert math.isnan(column[-1]) or abs(column[-1] - longer[bar]) <= 1e-8 * max(1.0, abs(longer[bar])), bar


@each
def test_a_handle_lets_go_of_its_window(definition: IndicatorDefinition, minutes: Dated) -> None:
    columns = [bytearray(window.tobytes()) for window in windows(definition, minutes, slice(0, 1_000))]
    views = [np.frombuffer(column) for column in columns]
    handle, filled = kernel_of(definition).open_and_fill(*views, **SHORT[definition.name])
    del views, filled
    for column in columns:
        column.extend(bytes(8))  # a BufferError, if anybody still looks at it
    update = handle.update(*[float(window[0]) for window in windows(definition, minutes, slice(1_000, 1_001))])
    assert len(bits(update)) == len(definition.outputs)


@each
def test_it_says_what_it_is(definition: IndicatorDefinition) -> None:
    assert definition.doc
    assert definition.group
    assert definition.kernel is None or (definition.formula and definition.source)
