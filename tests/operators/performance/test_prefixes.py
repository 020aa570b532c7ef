"""At every bar of real runs the figures are those that whole arrays give of all bars so far."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.performance.trades import Trades
from tests.operators.performance import batch
from tests.operators.performance.runs import Run, bitcoin, goog, opened, tell, trade

TO_FIXED = 1e-9


def assert_agree(found: dict[str, float | None], expected: dict[str, float], where: str) -> int:
    """Every expected figure is there, to 1e-9, and none where the reference has no number."""
    numbers = 0
    for name, value in expected.items():
        ours = found[name]
        if not math.isfinite(value):
            assert ours is None, f"{name} {where}"
            continue
        assert ours is not None, f"{name} {where}"
        assert math.isclose(ours, value, rel_tol=TO_FIXED, abs_tol=TO_FIXED), f"{name} {where}: {ours}, not {value}"
        numbers += 1
    return numbers


@pytest.fixture(scope="module")
def daily() -> Run:
    return goog()


@pytest.mark.parametrize("which", ["days", "minutes"])
def test_the_figures_of_every_prefix_are_those_of_a_batch(which: str, request: pytest.FixtureRequest) -> None:
    run: Run = request.getfixturevalue("daily") if which == "days" else bitcoin(1_500)
    account = opened(run)
    returns = run.equity[1:] / run.equity[:-1] - 1
    compared = 0
    for bar in range(1, len(run.equity)):
        tell(account, run, bar)
        so_far = returns[:bar]
        expected = {
            **batch.empyrical_figures(so_far, run.year),
            **batch.geometric_figures(so_far, run.year),
            **batch.curve_figures(run.equity[: bar + 1], run.times[: bar + 1], run.exposed[: bar + 1]),
        }
        compared += assert_agree(account.figures()._asdict(), expected, f"at bar {bar} of {which}")
    assert compared > 17 * (len(run.equity) - 100)


def test_the_trade_figures_after_every_trade_are_those_of_a_batch(daily: Run) -> None:
    trades = Trades()
    closed = [one for _, one in daily.trades]
    for count, one in enumerate(closed, start=1):
        trades.add(one)
        so_far = closed[:count]
        nothing = [0.0] * count
        expected = batch.trade_figures(
            [each.profit for each in so_far], [each.profit_fraction for each in so_far], nothing, nothing
        )
        assert_agree(trades.figures()._asdict(), expected, f"after trade {count}")
    assert len(closed) == 66


money = st.floats(min_value=-1e7, max_value=1e7).map(lambda value: round(value, 2))
share = st.floats(min_value=0, max_value=3)


@given(st.lists(st.tuples(money, share, share), min_size=1, max_size=40))
def test_any_trades_come_to_what_a_batch_makes_of_them(outcomes: list[tuple[float, float, float]]) -> None:
    trades = Trades()
    for profit, adverse, far in outcomes:
        trades.add(trade(profit, worth=250.0, adverse=adverse, far=far))
    profits, adverses, fars = (list(column) for column in zip(*outcomes, strict=True))
    expected = batch.trade_figures(profits, [profit / 250.0 for profit in profits], adverses, fars)
    assert assert_agree(trades.figures()._asdict(), expected, "") >= 15


def test_before_the_first_return_nothing_is_said_that_needs_one(daily: Run) -> None:
    figures = opened(daily).figures()
    unknown = {name for name, value in figures._asdict().items() if value is None}
    assert unknown == {
        "annual_return",
        "cagr",
        "volatility_arithmetic",
        "volatility_geometric",
        "sharpe_arithmetic",
        "sharpe_geometric",
        "sortino_arithmetic",
        "sortino_geometric",
        "calmar",
        "annual_turnover",
    }
    assert (figures.bars, figures.equity, figures.total_return, figures.max_drawdown) == (1, 10_000.0, 0.0, 0.0)


def test_the_runs_have_what_makes_figures_hard(daily: Run) -> None:
    minutes = bitcoin(1_500)
    for run in (daily, minutes):
        still = np.flatnonzero(run.equity[1:] == run.equity[:-1])
        assert 0 < len(still) < len(run.equity)
        assert True in run.exposed
        assert False in run.exposed
