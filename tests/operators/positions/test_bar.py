"""A bar of impossible prices is refused where it comes in."""

from math import inf, nan

import pytest
from hypothesis import given

from operators.positions.bar import Bar, BarRefused, check_bar
from tests.operators.positions.candles import bar, bars


@given(bars())
def test_a_bar_of_prices_above_zero_is_taken(good: Bar) -> None:
    check_bar(good, "s|X|1m")
    check_bar(good._replace(volume=0.0), "s|X|1m")


def test_a_gap_to_a_tenth_is_a_gap() -> None:
    check_bar(bar(1_000.0, 1_010.0, 990.0, 1_000.0), "s|X|1m")
    check_bar(bar(100.0, 101.0, 99.0, 100.0, minute=1), "s|X|1m")


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (bar(1.0, 2.0, -0.5, 1.0), "expected a low above zero, got -0.5; a position has no meaning at such a price"),
        (bar(-2.0, -1.0, -3.0, -1.5), "expected an open above zero, got -2"),
        (bar(0.0, 0.0, 0.0, 0.0), "expected an open above zero, got 0"),
        (bar(1.0, inf, 1.0, 1.0), "expected a finite high, got inf"),
        (bar(1.0, 2.0, 1.0, nan), "expected a finite close, got nan"),
        (bar(1.0, 2.0, 1.0, 1.5, volume=-1.0), "expected a finite volume of zero or more, got -1"),
        (bar(1.0, 2.0, 1.25, 1.5), "expected open and close between low 1.25 and high 2, got 1 and 1.5"),
        (bar(1.0, 1.5, 1.0, 2.0), "expected open and close between low 1 and high 1.5, got 1 and 2"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_any_other_is_refused_with_its_place(wrong: Bar, expected: str) -> None:
    with pytest.raises(BarRefused) as refused:
        check_bar(wrong, "dip|BTCUSDT|1m")
    assert str(refused.value).startswith(f"dip|BTCUSDT|1m: bar of 0 ms: {expected}")
