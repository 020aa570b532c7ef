"""Portfolios on the page "Performance": their newest figures and their curves, bounded; columns that sort."""

from itertools import permutations
from math import isnan

import pytest

from schemas.portfolio import PortfolioConfig, PortfolioEntry
from schemas.position import LimitReached
from tests.ui.dashboard.account_news import metrics, point, portfolio, portfolio_point
from ui.dashboard.equity_chart import equity_spec
from ui.dashboard.news import Deleted, News
from ui.dashboard.portfolio_columns import portfolio_columns
from ui.dashboard.portfolios import Portfolios
from ui.dashboard.store import MarketStore


def test_the_newest_figures_of_each_are_kept_by_name_and_the_longest_unheard_of_forgotten() -> None:
    known = Portfolios(2)
    for one in (portfolio(1, name="b"), portfolio(1, name="a"), portfolio(2, name="b"), portfolio(2, name="c")):
        known.put(one)
    assert [(one.portfolio, one.close_time.minute) for one in known.metrics()] == [("b", 3), ("c", 3)]


def test_curves_are_of_one_portfolio_each_and_read_twice_they_are_the_same() -> None:
    known = Portfolios(2)
    for one in (portfolio_point(1, 100.0), portfolio_point(2, 90.0), portfolio_point(1, 100.0)):
        known.put(one)
    known.put(portfolio_point(1, 5.0, name="other"))
    assert (known.curve("main").equity, known.curve("other").equity) == ([100.0, 90.0], [5.0])
    assert known.curve("none").times_ms == []


def test_the_store_tells_portfolios_from_series_and_forgets_deleted_figures() -> None:
    store = MarketStore()
    store.apply([portfolio(1), metrics(1), portfolio_point(1, 7.0), point(2, 8.0)], now=0.0)
    assert [one.portfolio for one in store.portfolios()] == ["main"]
    assert store.portfolio_curve("main").equity == [7.0]
    assert store.curve("dip", ("BTCUSDT", "1m")).equity == [8.0]
    assert len(store.standings()[1]) == 1
    store.apply([Deleted("portfolio:main", "metrics")], now=1.0)
    assert store.portfolios() == []
    assert len(store.standings()[1]) == 1


def entry(command: str, config: PortfolioConfig | None) -> PortfolioEntry:
    return PortfolioEntry(portfolio="main", config=config, command=command)


CONFIGURED = entry("first", PortfolioConfig(id="main", symbols=("BTCUSDT",)))
REMOVED = entry("second", None)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_one_that_was_taken_away_is_not_shown_in_whatever_order_topics_are_read(order: tuple[int, ...]) -> None:
    topics: list[list[News]] = [
        [CONFIGURED, REMOVED],
        [portfolio(1), portfolio(1, name="other")],
        [portfolio_point(1, 7.0)],
    ]
    store = MarketStore()
    for number in order:
        store.apply(topics[number], now=0.0)
    assert [one.portfolio for one in store.portfolios()] == ["other"]
    assert store.portfolio_curve("main").equity == []


def test_one_that_is_there_again_is_shown_again() -> None:
    known = Portfolios(2)
    for one in (CONFIGURED, portfolio(1), portfolio_point(1, 7.0), REMOVED, entry("third", CONFIGURED.config)):
        known.put(one)
    assert [one.portfolio for one in known.metrics()] == ["main"]
    assert known.curve("main").equity == [7.0]


def test_columns_are_numbers_and_limits_and_the_switch_are_told_in_words() -> None:
    group = LimitReached("max_group_exposure", allowed=0.5, actual=0.75, about="majors")
    fall = LimitReached("max_drawdown", allowed=0.2, actual=0.25)
    tripped = portfolio(1, kill_switch="tripped", tripped_by=fall, violated_limits=(group, fall))
    ruined = portfolio(1, equity=0.0, gross_exposure=None, performance=None, kill_switch="none")
    columns = portfolio_columns([tripped, ruined])
    assert columns["Kill switch"] == ["🔴 tripped by max drawdown", "-"]
    assert columns["Violated limits"] == ["max group exposure (majors): 0.75 of 0.5, max drawdown: 0.25 of 0.2", ""]
    assert columns["Heat"][0] == pytest.approx(0.1)
    assert all(isnan(columns[name][1]) for name in ("Heat", "Gross", "Return"))
    assert len({len(column) for column in columns.values()}) == 1


def test_a_curve_without_a_capital_has_no_line_for_it() -> None:
    known = Portfolios(1)
    known.put(portfolio_point(1, 100.0))
    assert "markLine" not in equity_spec(known.curve("main"), None)["series"][0]
    assert equity_spec(known.curve("main"), 90.0)["series"][0]["markLine"]["data"] == [{"yAxis": 90.0}]
