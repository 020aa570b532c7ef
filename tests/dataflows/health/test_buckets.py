"""A histogram says of each bound how many values are not above it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflows.health.buckets import Buckets

VALUES = st.lists(st.floats(-10, 10), max_size=50)
BOUNDS = st.lists(st.floats(-5, 5), min_size=1, max_size=6, unique=True).map(sorted)


@given(VALUES, BOUNDS)
def test_counts_are_those_of_the_definition(values: list[float], bounds: list[float]) -> None:
    buckets = Buckets(bounds)
    for value in values:
        buckets.add(value)
    expected = [(str(bound), float(sum(value <= bound for value in values))) for bound in bounds]
    assert buckets.cumulative() == [*expected, ("+Inf", float(len(values)))]
    assert buckets.count == len(values)
    assert buckets.sum == pytest.approx(sum(values))
