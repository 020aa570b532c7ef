"""Multiples of a tick or a lot are exactly the decimal numbers that one would write."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from operators.positions.rounding import rounded_down, rounded_up, step_of

SIZES = st.sampled_from([1e-8, 0.0001, 0.0025, 0.01, 0.05, 0.1, 0.25, 0.3, 1.0, 5.0, 12.5, 1_000.0])
VALUES = st.floats(1e-6, 1e6)


@given(SIZES, st.integers(1, 10**6))
def test_a_multiple_is_itself_however_it_was_computed(size: float, count: int) -> None:
    written = float(Decimal(repr(size)) * count)
    for computed in (written, size * count, written * 3 / 3, written + written * 1e-15, written - written * 1e-15):
        assert rounded_down(computed, step_of(size)) == rounded_up(computed, step_of(size)) == written


@given(SIZES, VALUES)
def test_the_value_lies_between_the_two_and_they_are_one_step_apart(size: float, value: float) -> None:
    down, up = rounded_down(value, step_of(size)), rounded_up(value, step_of(size))
    noise = value * 1e-11
    assert down - noise <= value <= up + noise
    assert up - down <= size + noise
    for one in (down, up):
        assert Decimal(repr(one)) % Decimal(repr(size)) == 0 or size * 1e15 < one


@given(SIZES, VALUES)
def test_rounding_twice_is_rounding_once(size: float, value: float) -> None:
    step = step_of(size)
    down, up = rounded_down(value, step), rounded_up(value, step)
    assert (rounded_down(down, step), rounded_up(up, step)) == (down, up)


def test_less_than_a_step_is_nothing_or_one() -> None:
    assert (rounded_down(0.0009, step_of(0.001)), rounded_up(0.0009, step_of(0.001))) == (0.0, 0.001)


@given(VALUES)
def test_without_a_step_nothing_is_rounded(value: float) -> None:
    assert rounded_down(value, None) == rounded_up(value, None) == value
