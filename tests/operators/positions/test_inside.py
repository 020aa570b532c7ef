"""Finer bars count where they are the whole of the longer one."""

import pytest
from hypothesis import given

from operators.positions.bar import Bar
from operators.positions.inside import accounts_for
from tests.operators.positions.candles import bar, paths, ticks

WHOLE = bar(100.0, 104.0, 96.0, 102.0)
FINER = ticks([100.0, 96.0, 104.0, 102.0], of=WHOLE)


@given(paths())
def test_the_bars_that_it_is_made_of_are_the_whole(drawn: tuple[Bar, list[float]]) -> None:
    whole, path = drawn
    assert accounts_for(ticks(path, of=whole), whole)


@pytest.mark.parametrize(
    "finer",
    [
        [],
        FINER[1:],
        [FINER[0], *FINER[2:]],
        FINER[:2],
        [FINER[0], FINER[2], FINER[1], FINER[3]],
        [FINER[0]._replace(open_time=-1), *FINER[1:]],
        [*FINER[:3], FINER[3]._replace(close_time=WHOLE.close_time + 1)],
        [*FINER, FINER[3]],
    ],
    ids=["none", "no open", "no low", "no high", "not in order", "begins before", "ends after", "twice"],
)
def test_others_are_not(finer: list[Bar]) -> None:
    assert not accounts_for(finer, WHOLE)


def test_one_that_reached_nothing_may_be_missing_and_the_close_may_be_a_mean() -> None:
    assert accounts_for(FINER[:3], WHOLE)
