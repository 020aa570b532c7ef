"""The page's logic, without a browser or a broker."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import ui.dashboard.app
from dataflows.settings import SettingsError
from schemas.candle_row import CandleRow
from schemas.lifecycle import State, StrategyStatus
from schemas.signal import Signal
from tests.ui.dashboard.conftest import Weighing
from ui.dashboard import shared
from ui.dashboard.build import ChartBuildError, build_chart
from ui.dashboard.feed import Connection
from ui.dashboard.news import News, Undecodable
from ui.dashboard.store import MarketStore

CONNECTED = Connection(connected=True, since=datetime(2025, 5, 9, tzinfo=UTC))
APP = Path(ui.dashboard.app.__file__ or "")


class FakeFeed:
    """A store that nobody fills, and a connection that is as told."""

    def __init__(self) -> None:
        self.store = MarketStore()
        self.connection = CONNECTED
        self.address = "broker:9092"


@pytest.fixture(scope="module", autouse=True)
def _chart() -> None:
    try:
        build_chart()
    except ChartBuildError as missing:
        pytest.skip(str(missing))


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> FakeFeed:
    fake = FakeFeed()
    monkeypatch.setattr(shared, "shared_feed", lambda: fake)
    return fake


@pytest.fixture
def page(feed: FakeFeed) -> Iterator[AppTest]:
    assert feed.connection.connected
    app = AppTest.from_file(str(APP), default_timeout=20)
    yield app
    assert not app.exception


def charted(page: AppTest) -> dict[str, object]:
    (chart,) = page.get("bidi_component")
    message: dict[str, object] = json.loads(chart.proto.json)
    return message


def test_without_candles_it_says_what_to_type(page: AppTest) -> None:
    page.run()
    assert "No candles yet" in page.info[0].value
    assert "candelabra feed" in page.code[0].value


def test_without_a_broker_it_says_where_it_looked_and_since_when(page: AppTest, feed: FakeFeed) -> None:
    since = datetime(2025, 5, 9, 18, 18, 5, tzinfo=UTC)
    feed.connection = Connection(connected=False, since=since, why="no Kafka broker answered at broker:9092")
    page.run()
    assert "Cannot read from the broker at `broker:9092`" in page.error[0].value
    assert "disconnected since 18:18:05 UTC" in page.error[0].value
    assert "no Kafka broker answered" in page.code[0].value


def test_settings_that_cannot_be_used_are_said(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> FakeFeed:
        raise SettingsError("CANDELABRA_BOOTSTRAP_SERVERS: address 1 of 1 is not host:port")

    monkeypatch.setattr(shared, "shared_feed", refuse)
    page.run()
    assert "CANDELABRA_BOOTSTRAP_SERVERS" in page.code[0].value


def test_raw_price_first_then_a_strategys_signals(
    page: AppTest,
    feed: FakeFeed,
    walk: Callable[..., list[CandleRow]],
    make_signal: Callable[..., Signal],
) -> None:
    feed.store.apply([*walk(40), make_signal(10), make_signal(20, kind="exit")], now=0.0)
    page.run()
    raw = charted(page)
    assert (raw["kind"], len(raw["bars"]), raw["signals"]) == ("snapshot", 40, [])  # type: ignore[arg-type]  # JSON
    page.selectbox(key="strategy").select("dip").run()
    shown = charted(page)
    assert [one["label"] for one in shown["signals"]] == ["LONG 75%", "EXIT 75%"]  # type: ignore[attr-defined]  # JSON
    assert shown["title"] == "BTCUSDT · 1m · dip"


def test_what_comes_later_is_sent_as_a_tail(
    page: AppTest, feed: FakeFeed, walk: Callable[..., list[CandleRow]]
) -> None:
    rows = walk(42)
    feed.store.apply(rows[:40], now=0.0)
    page.run()
    feed.store.apply(rows[40:], now=1.0)
    page.run()
    tail = charted(page)
    assert (tail["kind"], [bar[0] for bar in tail["bars"]]) == ("tail", [row[2] // 1_000 for row in rows[40:]])  # type: ignore[attr-defined]  # JSON


def test_another_symbol_brings_its_own_candles(
    page: AppTest, feed: FakeFeed, walk: Callable[..., list[CandleRow]]
) -> None:
    feed.store.apply([*walk(5), *walk(7, "ETHUSDT", price=3_000.0)], now=0.0)
    page.run()
    page.selectbox(key="symbol").select("ETHUSDT").run()
    chart = charted(page)
    assert (chart["title"], len(chart["bars"])) == ("ETHUSDT · 1m", 7)  # type: ignore[arg-type]  # JSON


def test_longer_timeframes_can_be_chosen_and_it_is_said_what_they_are_made_of(
    page: AppTest, feed: FakeFeed, walk: Callable[..., list[CandleRow]]
) -> None:
    feed.store.apply(walk(125), now=0.0)
    page.run()
    assert page.selectbox(key="timeframe").options == ["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w"]
    page.selectbox(key="timeframe").select("1h").run()
    chart = charted(page)
    assert (chart["title"], len(chart["bars"])) == ("BTCUSDT · 1h", 3)  # type: ignore[arg-type]  # JSON
    assert any("1h is made of the 1m candles of the feed" in one.value for one in page.caption)


def test_composites_and_consensus_have_tables_and_late_signals_a_count(
    page: AppTest,
    feed: FakeFeed,
    walk: Callable[..., list[CandleRow]],
    weighing: Weighing,
) -> None:
    feed.store.apply(walk(61), now=0.0)
    page.run()
    assert not any("data-testid='composites'" in one.proto.body for one in page.get("html"))
    feed.store.apply([weighing.composite(59), weighing.consensus(59), weighing.late(3)], now=0.0)
    page.run()
    tables = "\n".join(one.proto.body for one in page.get("html"))
    assert "data-testid='composites'" in tables
    assert "data-testid='consensus'" in tables
    composites = next(one for one in page.metric if one.label == "Composites")
    assert (composites.value, composites.delta) == ("2", "3 late")
    assert "dip on BTCUSDT 1m: closed 2025-05-09 00:03 UTC" in composites.proto.help


def test_figures_and_tables_show_what_the_store_holds(
    page: AppTest,
    feed: FakeFeed,
    walk: Callable[..., list[CandleRow]],
    make_signal: Callable[..., Signal],
    make_status: Callable[..., StrategyStatus],
) -> None:
    rows = walk(3)
    reason = "ZeroDivisionError in rule entry"
    news: list[News] = [
        make_signal(1),
        make_status(state=State.QUARANTINED, reason=reason),
        Undecodable("candles", 0, 0, "truncated"),
    ]
    feed.store.apply(rows, now=0.0)
    feed.store.apply(news, now=0.0)
    page.run()
    figures = {one.label: one.value for one in page.metric}
    assert figures["Last price"] == f"{rows[-1][6]:,.2f}"
    assert (figures["Last candle (UTC)"], figures["Signals"], figures["Undecodable"]) == ("2025-05-09", "1", "1")
    tables = "\n".join(one.proto.body for one in page.get("html"))
    assert "<code>rsi_14 &gt;= 30 AND close &lt; sma_20</code>" in tables
    assert "🔴 quarantined" in tables
    assert reason in tables


def test_the_charts_notice_is_on_the_page(page: AppTest) -> None:
    page.run()
    assert any("TradingView Lightweight Charts" in one.value for one in page.caption)
