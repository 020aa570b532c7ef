"""The Kelly fraction of the last trades, from its definition."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.positions.odds import Odds
from operators.snapshot import SnapshotRefused


def odds_of(results: list[float], trades: int = 50) -> Odds:
    odds = Odds(trades)
    for result in results:
        odds.add(result)
    return odds


@pytest.mark.parametrize(
    ("results", "kelly"),
    [
        ([0.1] * 6 + [-0.1] * 4, 0.2),  # W - (1 - W) at even odds
        ([0.3] * 5 + [-0.1] * 5, 0.5 - 0.5 / 3),
        ([0.1] * 10, 1.0),
        ([-0.1] * 10, -1.0),
        ([0.1] * 5 + [0.0] * 5, 0.5),  # what does not win loses nothing here
        ([0.1] * 5 + [0.0] * 2 + [-0.1] * 3, 0.5 - 0.5 * 0.06 / 0.1),  # five did not win, and lost 0.06 on average
        ([0.01] * 1 + [-0.5] * 9, -1.0),  # -44.1, which says no more
    ],
    ids=["even", "three-to-one", "all-won", "none-won", "nothing-lost", "some-even", "far-below"],
)
def test_kelly_of_some_results(results: list[float], kelly: float) -> None:
    assert odds_of(results).kelly() == pytest.approx(kelly, abs=1e-12)


def test_nine_trades_say_nothing() -> None:
    assert odds_of([0.1] * 9).kelly() is None


def test_only_the_last_trades_count() -> None:
    assert odds_of([-0.1] * 40 + [0.1] * 10, trades=10).kelly() == 1.0


@given(st.lists(st.floats(-1.0, 1.0), max_size=40), st.lists(st.floats(-1.0, 1.0), max_size=40))
def test_a_restart_changes_nothing(before: list[float], after: list[float]) -> None:
    odds = odds_of(before, trades=20)
    again = Odds.restored(json.loads(json.dumps(odds.snapshot())), 20)
    for result in after:
        odds.add(result)
        again.add(result)
    assert again.snapshot() == odds.snapshot()
    assert again.kelly() == odds.kelly()


def test_a_snapshot_of_another_window_is_refused() -> None:
    with pytest.raises(SnapshotRefused, match="odds: made with trades 20, expected 50"):
        Odds.restored(odds_of([], trades=20).snapshot(), 50)
