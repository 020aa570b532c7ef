"""Sums without rounding."""

from math import fsum
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from operators.risk.exact import exact, nearest

amounts = st.floats(-1e15, 1e15).filter(lambda one: not 0 < abs(one) < 1e-20)


@given(st.lists(amounts), st.lists(amounts), st.randoms(use_true_random=False))
def test_a_sum_is_the_same_in_any_order_whatever_came_and_left(
    stayed: list[float], left: list[float], order: Random
) -> None:
    steps = [*map(exact, stayed), *map(exact, left), *(-exact(one) for one in left)]
    order.shuffle(steps)
    assert nearest(sum(steps)) == fsum(stayed)


def test_a_tenth_ten_times_leaves_nothing_when_it_left() -> None:
    assert sum([exact(0.1)] * 10) - 10 * exact(0.1) == 0
