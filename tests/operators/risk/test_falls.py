"""The deepest fall of a sliding window, against all pairs."""

from itertools import combinations
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.risk.falls import Falls


def deepest(window: list[float]) -> float:
    return max([0.0, *((before - after) / before for before, after in combinations(window, 2))])


@given(st.lists(st.none() | st.floats(1.0, 1e6), max_size=60), st.sets(st.integers(0, 60)))
def test_it_is_the_deepest_of_all_pairs(steps: list[float | None], cuts: set[int]) -> None:
    """A value is added, None drops one; restored anywhere the same to the bit."""
    falls, window = Falls(), list[float]()
    for number, step in enumerate(steps):
        if step is not None:
            falls.add(step)
            window.append(step)
        elif window:
            assert falls.drop() == window.pop(0)
        assert list(falls) == window
        assert len(falls) == len(window)
        assert falls.deepest == pytest.approx(deepest(window), abs=1e-12)
        if number in cuts:
            again = Falls(falls.snapshot())
            assert (again.snapshot(), again.deepest) == (falls.snapshot(), falls.deepest)
            falls = again


def test_from_nothing_a_fall_is_infinite() -> None:
    falls = Falls()
    falls.add(0.0)
    falls.add(-1.0)
    assert falls.deepest == inf


def test_nothing_cannot_be_dropped() -> None:
    with pytest.raises(IndexError):
        Falls().drop()
