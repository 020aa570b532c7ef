"""Positions, figures, curves and trades by key: the newest of each, bounded, whatever is read twice."""

import pytest

from schemas.metrics import EquityPoint
from schemas.position import PositionChange
from tests.ui.dashboard.account_news import close_of, metrics, opened, point, stopped, trade
from ui.dashboard.accounts import AccountNews, Accounts
from ui.dashboard.curve import EquityCurve
from ui.dashboard.recent_by_key import RecentByKey

KEY = "dip|BTCUSDT|1m"


def accounts(*, most: int = 10) -> Accounts:
    return Accounts(accounts=most, changes=10, trades=10)


def test_without_metrics_there_is_no_standing() -> None:
    known = accounts()
    known.put(opened(1), 1)
    assert known.standing(KEY) is None
    assert known.standings() == []


def test_a_later_point_of_the_curve_moves_equity_return_drawdown_and_what_is_unrealised() -> None:
    known = accounts()
    known.put(metrics(5), 1)
    known.put(point(4, 1.0), 2)
    before = known.standing(KEY)
    assert before is not None
    assert (before.equity, before.unrealised, before.as_of) == (100_034.0, 50.0, close_of(5))
    known.put(point(6, 97_000.0, drawdown=0.03), 3)
    after = known.standing(KEY)
    assert after is not None
    assert (after.equity, after.as_of, after.drawdown, after.max_drawdown) == (97_000.0, close_of(6), 0.03, 0.03)
    assert after.total_return == pytest.approx(-0.03)
    assert after.unrealised == pytest.approx(50.0 - 3_034.0)


def test_stop_and_target_are_those_of_the_open_position_only() -> None:
    known = accounts()
    known.put(opened(5), 1)
    known.put(metrics(5), 2)
    held = known.standing(KEY)
    assert held is not None
    assert (held.stop_price, held.target_price) == (63_000.0, 66_000.0)
    known.put(stopped(6), 3)
    known.put(metrics(6, position="flat", quantity=0.0, average_price=None, unrealised=0.0), 4)
    left = known.standing(KEY)
    assert left is not None
    assert (left.stop_price, left.target_price, known.holding(KEY)) == (None, None, None)


def test_changes_and_trades_come_once_by_key_trades_newest_first() -> None:
    known = accounts()
    news: list[AccountNews] = [opened(1), opened(1), opened(2, strategy="other"), trade(1, 6), trade(2, 9)]
    for sequence, one in enumerate(news, 1):
        known.put(one, sequence)
    assert [one.strategy for one in known.changes(KEY, 0)] == ["dip"]
    assert known.changes(KEY, 1) == []
    assert [one.number for one in known.trades(KEY, 5)] == [2, 1]
    assert [one.number for one in known.trades(KEY, 1)] == [2]


def test_the_account_not_heard_of_for_longest_is_forgotten_first() -> None:
    known = accounts(most=2)
    for sequence, strategy in enumerate(("a", "b", "a", "c"), 1):
        known.put(metrics(sequence, strategy=strategy), sequence)
    assert [one.metrics.strategy for one in known.standings()] == ["a", "c"]


def test_figures_that_were_deleted_are_gone_and_the_revision_says_so() -> None:
    known = accounts()
    known.put(metrics(1), 1)
    revision = known.revision
    known.forget("nobody|BTCUSDT|1m")
    assert known.revision == revision
    known.forget(KEY)
    assert known.revision > revision
    assert known.standings() == []


def test_a_portfolios_point_belongs_to_no_series() -> None:
    known = accounts()
    known.put(EquityPoint(close_time=close_of(1), portfolio="main", equity=1.0, cash=1.0, drawdown=0.0), 1)
    assert known.curve("portfolio:main").times_ms == []


def test_a_curve_takes_each_time_once_and_lets_the_oldest_go() -> None:
    curve = EquityCurve(10)
    assert [curve.put(point(minute, 100.0 + minute)) for minute in (1, 2, 2, 1)] == [True, True, False, False]
    assert curve.put(point(2, 200.0))
    assert curve.columns.equity == [101.0, 200.0]
    for minute in range(3, 40):
        curve.put(point(minute, float(minute), drawdown=0.5))
    assert 9 <= len(curve.columns.times_ms) <= 10
    assert curve.columns.equity[-1] == 39.0
    assert curve.columns.drawdown[-1] == 0.5


def test_the_oldest_record_of_all_keys_makes_room() -> None:
    recent = RecentByKey[PositionChange](2)
    assert all(recent.put(opened(minute, strategy=name), minute) for minute, name in ((1, "a"), (2, "b"), (3, "b")))
    assert len(recent) == 2
    assert recent.latest("a|BTCUSDT|1m", 5) == []
    assert [one.close_time for one in recent.latest("b|BTCUSDT|1m", 5)] == [close_of(3), close_of(2)]
    assert not recent.put(opened(3, strategy="b"), 4)
    assert recent.put(opened(1, strategy="a"), 5)
