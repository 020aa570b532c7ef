"""What an account refuses, and what it says of the end of one that has lost everything."""

import math
from typing import Any

import pytest

from operators.performance.performance import Performance
from operators.performance.trades import Trades
from operators.snapshot import SnapshotRefused
from tests.operators.performance.runs import MINUTE, trade


def begun(capital: float = 1_000.0) -> Performance:
    return Performance(capital=capital, bars_a_year=365.0, opened_at=0)


@pytest.mark.parametrize("capital", [0.0, -5.0, math.nan, math.inf])
def test_a_capital_that_is_none_is_refused(capital: float) -> None:
    with pytest.raises(ValueError, match=f"^performance: expected a capital above zero, got {capital:g}$"):
        begun(capital)


@pytest.mark.parametrize("year", [0.0, -1.0, math.nan])
def test_a_year_without_bars_is_refused(year: float) -> None:
    with pytest.raises(ValueError, match=f"^performance: expected a number of bars a year above zero, got {year:g}$"):
        Performance(capital=1.0, bars_a_year=year, opened_at=0)


WHERE = r"^performance, bar that closed at 1970-01-01T00:02:00\+00:00: expected "


@pytest.mark.parametrize(
    ("bar", "told"),
    [
        ({"close_time": 2 * MINUTE, "equity": math.nan}, "a finite equity, got nan$"),
        ({"close_time": 2 * MINUTE, "equity": math.inf}, "a finite equity, got inf$"),
        ({"close_time": 2 * MINUTE, "equity": 1.0, "traded": -1.0}, "a traded value and fees of zero or more, got -1 "),
        ({"close_time": 2 * MINUTE, "equity": 1.0, "fees": -0.5}, "a traded value and fees .* got 0 and -0.5$"),
        ({"close_time": 2 * MINUTE, "equity": 1.0, "fees": math.nan}, "a traded value and fees .* got 0 and nan$"),
        ({"close_time": 2 * MINUTE, "equity": 1.0, "traded": math.inf}, "a traded value and fees .* got inf and 0$"),
    ],
)
def test_a_bar_that_cannot_be_is_refused_and_changes_nothing(bar: dict[str, Any], told: str) -> None:
    account = begun()
    account.bar(MINUTE, 900.0, exposed=True)
    before = account.snapshot()
    with pytest.raises(ValueError, match=WHERE + told):
        account.bar(bar.pop("close_time"), bar.pop("equity"), exposed=True, **bar)
    assert account.snapshot() == before


def test_a_bar_out_of_order_is_refused() -> None:
    account = begun()
    account.flat(3, 3 * MINUTE)
    expected = WHERE + r"one after 1970-01-01T00:03:00\+00:00, the last one told$"
    with pytest.raises(ValueError, match=expected):
        account.bar(2 * MINUTE, 1_000.0, exposed=False)
    with pytest.raises(ValueError, match=expected):
        account.flat(1, 2 * MINUTE)


def test_no_bars_are_no_flat_bars() -> None:
    with pytest.raises(ValueError, match=WHERE + "one flat bar or more, got 0$"):
        begun().flat(0, 2 * MINUTE)


def test_a_trade_without_a_profit_is_refused() -> None:
    trades = Trades()
    trades.add(trade(1.0))
    with pytest.raises(ValueError, match=r"^closed trade 2: expected a finite profit and gain, got nan, nan$"):
        trades.add(trade(math.nan))
    assert trades.figures().trades == 1


@pytest.mark.parametrize(
    ("snapshot", "told"),
    [
        ({"schema_version": 2}, "performance: schema version 2, expected 1"),
        ({"parameters": {"capital": 5.0, "bars_a_year": 365.0}}, "performance: made with capital 5.0, expected 1000.0"),
    ],
)
def test_a_snapshot_of_something_else_is_refused(snapshot: dict[str, Any], told: str) -> None:
    with pytest.raises(SnapshotRefused, match=f"^{told}$"):
        Performance.restored({**begun().snapshot(), **snapshot}, capital=1_000.0, bars_a_year=365.0)


RETURNS = {
    "annual_return", "cagr", "volatility_arithmetic", "volatility_geometric", "sharpe_arithmetic", "sharpe_geometric",
    "sortino_arithmetic", "sortino_geometric", "calmar",
}  # fmt: skip


def unknown(account: Performance) -> set[str]:
    return {name for name, value in account.figures()._asdict().items() if value is None}


def test_where_all_is_lost_no_return_of_a_year_is_known_ever_after() -> None:
    account = begun()
    account.bar(1 * MINUTE, 1_250.0, exposed=True, traded=1_000.0)
    account.bar(2 * MINUTE, 1_000.0, exposed=True)
    assert not unknown(account)
    account.bar(3 * MINUTE, -250.0, exposed=True, traded=1_000.0)
    lost = account.figures()
    assert unknown(account) == RETURNS
    assert (lost.total_return, lost.max_drawdown, lost.turnover, lost.traded_value) == (-1.25, 1.2, 0.8, 2_000.0)
    account.bar(4 * MINUTE, 2_000.0, exposed=True)  # a short that was under water comes back
    account.flat(5, 9 * MINUTE)
    after = account.figures()
    assert unknown(account) == RETURNS
    assert (after.total_return, after.drawdown, after.max_drawdown, after.bars) == (1.0, 0.0, 1.2, 10)


@pytest.mark.parametrize("left", [0.0, 1e-320, 1e-9])
def test_an_account_of_next_to_nothing_has_lost_all(left: float) -> None:
    account = begun()
    account.bar(MINUTE, left, exposed=True, traded=1e7)
    account.flat(1, 2 * MINUTE)
    assert unknown(account) == RETURNS
    assert account.figures().max_drawdown == pytest.approx(1.0)
    assert account.figures().turnover == 0.0


def test_a_strategy_that_never_trades_has_no_ratio() -> None:
    account = begun()
    account.flat(1_000_000, 1_000_000 * MINUTE)
    figures = account.figures()
    assert unknown(account) == {
        "sharpe_arithmetic", "sharpe_geometric", "sortino_arithmetic", "sortino_geometric", "calmar",
    }  # fmt: skip
    assert (figures.annual_return, figures.volatility_arithmetic, figures.volatility_geometric) == (0.0, 0.0, 0.0)
    assert figures.longest_drawdown_bars == 0


def test_a_deviation_that_rounding_alone_has_made_is_none() -> None:
    account = begun()
    for bar in range(1, 20):
        account.bar(bar * MINUTE, 1_000.0 * 1.01**bar, exposed=True)
    figures = account.figures()
    assert figures.volatility_arithmetic is not None
    assert 0 < figures.volatility_arithmetic < 1e-12
    assert (figures.sharpe_arithmetic, figures.sharpe_geometric) == (None, None)


def test_a_few_good_minutes_are_no_year() -> None:
    account = Performance(capital=1_000.0, bars_a_year=525_600.0, opened_at=0)
    account.bar(1 * MINUTE, 1_500.0, exposed=True)
    account.bar(2 * MINUTE, 2_000.0, exposed=True)
    figures = account.figures()
    assert (figures.annual_return, figures.cagr, figures.volatility_geometric, figures.calmar) == (None,) * 4
    assert figures.sharpe_arithmetic is not None


def test_losses_next_to_nothing_are_no_divisor() -> None:
    trades = Trades()
    trades.add(trade(1e9))
    trades.add(trade(-1e-303))
    assert trades.figures().profit_factor is None


def test_a_split_is_a_gap() -> None:
    account = begun()
    account.bar(1 * MINUTE, 1_000.0, exposed=True)
    account.bar(2 * MINUTE, 100.0, exposed=True)
    figures = account.figures()
    assert (figures.total_return, figures.max_drawdown) == (-0.9, 0.9)


def test_ten_million_in_a_day_and_fees_above_what_was_traded_are_summed_as_they_come() -> None:
    account = begun()
    account.bar(MINUTE, 100.0, exposed=True, traded=1e7, fees=2e7)
    figures = account.figures()
    assert (figures.traded_value, figures.fees, figures.turnover) == (1e7, 2e7, 1e5)


def test_a_trade_that_neither_wins_nor_loses_ends_a_streak_and_counts_as_neither() -> None:
    trades = Trades()
    for gross in (5.0, 5.0, 0.0, 5.0):
        trades.add(trade(gross))
    figures = trades.figures()
    assert (figures.trades, figures.wins, figures.losses, figures.win_rate) == (4, 3, 0, 0.75)
    assert (figures.streak, figures.longest_winning_streak, figures.longest_losing_streak) == (1, 2, 0)
    assert (figures.profit_factor, figures.average_loss) == (None, None)


def test_a_trade_that_pays_more_in_fees_than_it_earns_loses() -> None:
    trades = Trades()
    trades.add(trade(5.0, fees=7.0, worth=100.0))
    figures = trades.figures()
    assert (figures.losses, figures.average_loss, figures.expectancy_of_gains) == (1, -2.0, -0.02)
