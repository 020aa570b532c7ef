"""What the pages show of accounts, without a browser or a broker."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from math import isnan
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import ui.dashboard.app
from schemas.candle_row import CandleRow
from tests.ui.dashboard.account_news import metrics, opened, point, portfolio, portfolio_point, stopped, trade
from ui.dashboard import shared
from ui.dashboard.accounts import Accounts
from ui.dashboard.build import chart_is_built
from ui.dashboard.equity_chart import equity_spec
from ui.dashboard.feed import Connection
from ui.dashboard.performance_columns import performance_columns
from ui.dashboard.store import MarketStore

APP = Path(ui.dashboard.app.__file__ or "")
PERFORMANCE = """
from ui.dashboard.views.performance import page
page()
"""


class FakeFeed:
    """A store that nobody fills, connected for ever."""

    def __init__(self) -> None:
        self.store = MarketStore()
        self.connection = Connection(connected=True, since=datetime(2025, 5, 9, tzinfo=UTC))
        self.address = "broker:9092"


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> FakeFeed:
    fake = FakeFeed()
    monkeypatch.setattr(shared, "shared_feed", lambda: fake)
    return fake


@pytest.fixture
def live(feed: FakeFeed, walk: Callable[..., list[CandleRow]]) -> Iterator[AppTest]:
    if not chart_is_built():
        pytest.skip("the chart is not bundled: python -m ui.dashboard.build")
    feed.store.apply([*walk(20), metrics(5, strategy="other", symbol="ETHUSDT"), opened(5)], now=0.0)
    app = AppTest.from_file(str(APP), default_timeout=20)
    yield app
    assert not app.exception


def figures(page: AppTest) -> dict[str, str]:
    return {one.label: one.value for one in page.metric}


def test_a_strategy_without_figures_on_a_series_is_said_to_have_none(live: AppTest) -> None:
    live.run()
    live.selectbox(key="strategy").select("other").run()
    assert "No figures yet" in live.info[0].value
    assert "Sharpe" not in figures(live)


def test_figures_position_curve_and_trades_of_the_chosen_strategy(live: AppTest, feed: FakeFeed) -> None:
    known = metrics(5, violated_limits=("max_drawdown", "cool_down_bars"))
    feed.store.apply([known, point(5, 100_034.0), trade(1, 3), trade(2, 4, profit=99.5)], now=0.0)
    live.run()
    live.selectbox(key="strategy").select("dip").run()
    shown = figures(live)
    assert (shown["Equity"], shown["Total return"], shown["Sharpe"]) == ("100,034.00", "+0.03%", "1.25")
    assert (shown["Max drawdown"], shown["Win rate"], shown["Trades"]) == ("2.00%", "25%", "4")
    assert (shown["Position"], shown["Entry"], shown["Stop"]) == ("long 0.5", "64,000.00", "63,000.00")
    assert (shown["Target"], shown["Unrealised"]) == ("66,000.00", "+50.00")
    assert shown["Violated limits"] == "max drawdown, cool down bars"
    (table,) = [one.proto.body for one in live.get("html") if "data-testid='trades'" in one.proto.body]
    assert table.index("+99.50") < table.index("-531.75")
    assert "stop loss" in table
    assert len(live.get("echarts_chart")) == 1


def test_a_flat_account_without_a_curve_or_a_trade_says_so(live: AppTest, feed: FakeFeed) -> None:
    flat = metrics(6, position="flat", quantity=0.0, average_price=None, unrealised=0.0)
    feed.store.apply([stopped(6), flat], now=0.0)
    live.run()
    live.selectbox(key="strategy").select("dip").run()
    shown = figures(live)
    assert [shown[name] for name in ("Position", "Entry", "Stop", "Target", "Unrealised")] == [
        "flat",
        "-",
        "-",
        "-",
        "-",
    ]
    said = " ".join(one.value for one in live.caption)
    assert "No curve yet" in said
    assert "No trade has been closed yet" in said


def test_without_figures_the_table_says_what_it_waits_for(feed: FakeFeed) -> None:
    assert feed.store.standings() == (0, [])
    page = AppTest.from_string(PERFORMANCE, default_timeout=20).run()
    assert not page.exception
    assert "No figures yet" in page.info[0].value


def test_the_table_has_a_row_for_each_strategy_on_each_series(feed: FakeFeed) -> None:
    feed.store.apply(
        [metrics(5), metrics(5, symbol="ETHUSDT", position="flat", quantity=0.0, average_price=None)], now=0.0
    )
    page = AppTest.from_string(PERFORMANCE, default_timeout=20).run()
    assert not page.exception
    shown = page.dataframe[0].value
    assert list(shown["Symbol"]) == ["BTCUSDT", "ETHUSDT"]
    assert list(shown["Position"]) == ["long", "flat"]
    assert "2 series of 1 strategy, 1 with an open position" in page.caption[0].value
    feed.store.apply([metrics(6, strategy="later")], now=1.0)
    page.run()
    assert list(page.dataframe[0].value["Strategy"]) == ["dip", "dip", "later"]


def test_portfolios_stand_before_strategies_with_the_curve_of_the_chosen_one(feed: FakeFeed) -> None:
    feed.store.apply([portfolio(5), portfolio(5, name="tight", kill_switch="tripped")], now=0.0)
    feed.store.apply([portfolio_point(5, 100_034.0, name="tight"), metrics(5)], now=0.0)
    page = AppTest.from_string(PERFORMANCE, default_timeout=20)
    page.query_params["portfolio"] = "tight"
    page.run()
    assert not page.exception
    assert list(page.dataframe[0].value["Portfolio"]) == ["main", "tight"]
    assert "2 portfolios, 1 stopped by the kill switch, 0 beyond a limit" in page.caption[0].value
    assert list(page.dataframe[1].value["Strategy"]) == ["dip"]
    assert len(page.get("echarts_chart")) == 1
    page.selectbox(key="portfolio").select("main").run()
    assert "No curve of main yet" in " ".join(one.value for one in page.caption)


def test_without_a_portfolio_the_page_says_nothing_of_them(feed: FakeFeed) -> None:
    feed.store.apply([metrics(5)], now=0.0)
    page = AppTest.from_string(PERFORMANCE, default_timeout=20).run()
    assert (len(page.dataframe), len(page.selectbox)) == (1, 0)


def test_what_the_address_asks_for_is_kept_until_the_feed_has_told_of_it(
    live: AppTest, feed: FakeFeed, walk: Callable[..., list[CandleRow]]
) -> None:
    asked = {"symbol": "SOLUSDT", "timeframe": "5m", "strategy": "late"}
    for name, value in asked.items():
        live.query_params[name] = value
    live.run()
    assert "No candles of SOLUSDT 5m yet" in live.info[0].value
    feed.store.apply(walk(20, "SOLUSDT"), now=0.0)
    live.run()
    feed.store.apply([metrics(5, symbol="SOLUSDT", strategy="late")], now=0.0)
    live.run()
    assert {one.key: one.value for one in live.selectbox} == asked


def test_columns_are_numbers_to_sort_by_even_where_there_is_no_value() -> None:
    known = Accounts(accounts=5, changes=5, trades=5)
    known.put(metrics(1), 1)
    known.put(metrics(1, strategy="new", exposure=None), 2)
    columns = performance_columns(known.standings())
    assert columns["Exposure"][0] == 0.32
    assert isnan(columns["Exposure"][1])
    assert columns["Chart"][1] == "./?symbol=BTCUSDT&timeframe=1m&strategy=new"
    assert len({len(column) for column in columns.values()}) == 1


def test_the_curve_is_drawn_in_steps_with_drawdown_below_zero() -> None:
    known = Accounts(accounts=5, changes=5, trades=5)
    for minute, (equity, drawdown) in enumerate(((100.0, 0.0), (90.0, 0.1))):
        known.put(point(minute, equity, drawdown=drawdown), minute)
    above, below = equity_spec(known.curve("dip|BTCUSDT|1m"), 100.0)["series"]
    assert [value for _, value in above["data"]] == [100.0, 90.0]
    assert [value for _, value in below["data"]] == [0.0, -10.0]
    assert above["step"] == below["step"] == "end"
