"""The dashboard as a person meets it: Chromium, a real process, and the embedded broker in between."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import urlsplit

import pytest
from confluent_kafka import Producer
from playwright.sync_api import Browser, Locator, Page, WebSocketRoute, expect, sync_playwright

from dataflows.brokers.broker import Broker
from dataflows.brokers.ports import free_port
from dataflows.kafka.codec import build_codec
from dataflows.kafka.topics import create_topics
from dataflows.settings import Settings
from schemas.candle_row import CandleRow
from schemas.lifecycle import StrategyStatus
from schemas.signal import Signal
from tests.ui.dashboard.account_news import metrics, portfolio, portfolio_point
from tests.ui.dashboard.conftest import Weighing
from ui.dashboard.build import ChartBuildError, build_chart
from ui.dashboard.launch import start_dashboard, wait_until_serving
from ui.dashboard.screenshot import QUIET_CHROMIUM

pytestmark = [pytest.mark.browser, pytest.mark.slow]

REQUIRE_VARIABLE = "CANDELABRA_REQUIRE_BROWSER"
HISTORY = 300
PATIENCE_MS = 30_000


def do_without(reason: str) -> NoReturn:
    """Skip with the reason, or fail with it where a browser is required."""
    if os.environ.get(REQUIRE_VARIABLE, "") not in {"", "0"}:
        pytest.fail(f"{REQUIRE_VARIABLE} is set, and the dashboard cannot be seen: {reason}", pytrace=False)
    pytest.skip(reason)


@dataclass
class Market:
    """A dashboard that serves, and the hand that feeds its topics."""

    settings: Settings
    rows: list[CandleRow]
    address: str = ""
    fed: int = 0
    producer: Producer = field(init=False)

    def __post_init__(self) -> None:
        self.codec = build_codec(self.settings)
        self.producer = Producer({"bootstrap.servers": self.settings.bootstrap_servers, "log_level": 0})

    def feed(self, count: int) -> None:
        for row in self.rows[self.fed : self.fed + count]:
            self.send("candles", row[0], self.codec.encode_candle_row(row))
        self.fed += count
        assert self.producer.flush(20) == 0

    def send(self, topic: str, key: str, value: bytes) -> None:
        self.producer.produce(self.settings.topic_prefix + topic, value, key=key)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        do_without("there is no program `chromium` on PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(QUIET_CHROMIUM))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def market(
    embedded_broker: Broker,
    walk: Callable[..., list[CandleRow]],
    make_signal: Callable[..., Signal],
    make_status: Callable[..., StrategyStatus],
    weighing: Weighing,
) -> Iterator[Market]:
    try:
        build_chart()
    except ChartBuildError as missing:
        do_without(str(missing))
    settings = Settings(bootstrap_servers=embedded_broker.bootstrap_servers, topic_prefix=f"seen-{free_port()}.")
    create_topics(
        settings.kafka_client_config(), prefix=settings.topic_prefix, partitions=2, replication_factor=1, timeout_s=20
    )
    market = Market(settings, walk(HISTORY + 200))
    for one in (make_signal(290), make_signal(295, kind="exit", confidence=0.6)):
        market.send("signals", one.key, market.codec.encode(one))
    market.send("status", make_status().key, market.codec.encode(make_status()))
    for weighed in (weighing.composite(239), weighing.composite(179, side="short"), weighing.consensus(239)):
        market.send("composites", weighed.key, market.codec.encode(weighed))
    market.send("late-signals", weighing.late(2).key, market.codec.encode(weighing.late(2)))
    market.send("candles", "BTCUSDT", b"garbage")
    market.feed(HISTORY)
    port = free_port()
    process = start_dashboard(settings, port=port)
    try:
        market.address = wait_until_serving(port, alive=lambda: process.poll() is None, timeout_s=60)
        yield market
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture
def asked() -> list[str]:
    """Every address that the page asked for, websockets among them."""
    return []


@pytest.fixture
def page(chromium: Browser, market: Market, asked: list[str]) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1400, "height": 1300})
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(market.address)
    yield page
    context.close()
    assert errors == []


def chart_of(page: Page, bars: int) -> Locator:
    chart = page.get_by_test_id("price-chart")
    expect(chart).to_have_attribute("data-bars", str(bars), timeout=PATIENCE_MS)
    return chart


def view_of(chart: Locator) -> tuple[str | None, str | None]:
    return chart.get_attribute("data-from"), chart.get_attribute("data-to")


def test_signals_appear_on_the_chart_and_in_the_tables(page: Page, market: Market) -> None:
    chart = chart_of(page, market.fed)
    expect(chart).to_have_attribute("data-markers", "0")
    expect(page.get_by_test_id("signals").locator("tbody tr")).to_have_count(2, timeout=PATIENCE_MS)
    page.get_by_label("Strategy").click()
    page.get_by_role("option", name="dip", exact=True).click()
    expect(chart).to_have_attribute("data-markers", "4", timeout=PATIENCE_MS)
    expect(chart).to_have_attribute("data-labels", "LONG 75%\nEXIT 60%\n1h ▼ 71%\n1h ▲ 71%")
    expect(page.get_by_test_id("signals").locator("code").first).to_have_text("rsi_14 >= 30 AND close < sma_20")
    expect(page.get_by_test_id("statuses")).to_contain_text("🟢 running")
    expect(page.get_by_test_id("stMetric").filter(has_text="Undecodable")).to_contain_text("1")


def test_an_hour_is_drawn_of_the_minutes_with_the_composites_on_it(page: Page, market: Market) -> None:
    chart_of(page, market.fed)
    page.get_by_label("Timeframe").click()
    page.get_by_role("option", name="1h", exact=True).click()
    page.get_by_label("Strategy").click()
    page.get_by_role("option", name="dip", exact=True).click()
    chart = chart_of(page, -(-market.fed // 60))
    expect(chart).to_have_attribute("data-markers", "2", timeout=PATIENCE_MS)
    expect(chart).to_have_attribute("data-last-close", f"{market.rows[market.fed - 1][6]:.15g}")
    market.feed(3)
    expect(chart).to_have_attribute("data-last-close", f"{market.rows[market.fed - 1][6]:.15g}", timeout=PATIENCE_MS)


def test_composites_and_consensus_are_told_with_chips_and_late_signals_counted(page: Page, market: Market) -> None:
    chart_of(page, market.fed)
    rows = page.get_by_test_id("composites").locator("tbody tr")
    expect(rows).to_have_count(2, timeout=PATIENCE_MS)
    expect(rows.first.locator(".chip")).to_have_text(["▲ 15m", "▼ 5m"])
    expect(page.get_by_test_id("consensus").locator("tbody tr")).to_have_count(1)
    expect(page.get_by_test_id("stMetric").filter(has_text="Composites")).to_contain_text("2 late")


def test_candles_arrive_live_in_the_chart_that_is_there(page: Page, market: Market) -> None:
    chart = chart_of(page, market.fed)
    chart.evaluate("element => { element.dataset.mine = 'kept' }")
    for _ in range(3):
        market.feed(2)
        expect(chart).to_have_attribute("data-bars", str(market.fed), timeout=PATIENCE_MS)
        expect(chart).to_have_attribute("data-last-close", f"{market.rows[market.fed - 1][6]:.15g}")
    expect(chart).to_have_attribute("data-snapshots", "1")
    expect(chart).to_have_attribute("data-mine", "kept")


def test_zoom_and_pan_are_kept_exactly_while_candles_arrive(page: Page, market: Market) -> None:
    chart = chart_of(page, market.fed)
    box = chart.bounding_box()
    assert box is not None
    first = view_of(chart)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    for _ in range(4):
        page.mouse.wheel(0, -240)
    page.mouse.down()
    page.mouse.move(x + 350, y, steps=8)
    page.wait_for_timeout(300)  # held still, so that letting go gives the chart no momentum
    page.mouse.up()
    zoomed = settled(page, chart)
    assert zoomed != first
    for _ in range(4):
        market.feed(3)
        expect(chart).to_have_attribute("data-bars", str(market.fed), timeout=PATIENCE_MS)
        assert view_of(chart) == zoomed


def settled(page: Page, chart: Locator) -> tuple[str | None, str | None]:
    """The view once it no longer moves."""
    deadline = time.monotonic() + 20
    before = view_of(chart)
    while time.monotonic() < deadline:
        page.wait_for_timeout(400)
        now = view_of(chart)
        if now == before:
            return now
        before = now
    pytest.fail("the view never came to rest")


def test_choosing_a_strategy_leaves_the_view_alone(page: Page, market: Market) -> None:
    chart = chart_of(page, market.fed)
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.wheel(0, -480)
    zoomed = settled(page, chart)
    page.get_by_label("Strategy").click()
    page.get_by_role("option", name="dip", exact=True).click()
    expect(chart).to_have_attribute("data-markers", "4", timeout=PATIENCE_MS)
    assert view_of(chart) == zoomed


def test_a_chart_that_missed_messages_asks_for_everything_and_keeps_its_view(chromium: Browser, market: Market) -> None:
    page = chromium.new_page(viewport={"width": 1400, "height": 1300})
    deaf = False

    def between(browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()
        browser.on_message(server.send)
        server.on_message(lambda message: None if deaf else browser.send(message))

    page.route_web_socket("**/_stcore/stream", between)
    page.goto(market.address)
    chart = chart_of(page, market.fed)
    page.mouse.move(500, 700)
    page.mouse.wheel(0, -480)
    zoomed = settled(page, chart)
    deaf = True
    market.feed(5)
    page.wait_for_timeout(7_000)  # a tail repeats what the last few said, a second each
    expect(chart).to_have_attribute("data-bars", str(market.fed - 5))
    deaf = False
    expect(chart).to_have_attribute("data-bars", str(market.fed), timeout=PATIENCE_MS)
    expect(chart).to_have_attribute("data-snapshots", "2")
    seen = view_of(chart)
    page.close()
    assert seen == zoomed


def test_a_first_visit_by_a_link_draws_what_it_asks_for_once_the_feed_has_told_of_it(
    page: Page, market: Market, walk: Callable[..., list[CandleRow]], make_signal: Callable[..., Signal]
) -> None:
    page.goto(f"{market.address}/?symbol=SOLUSDT&timeframe=1m&strategy=later")
    expect(page.get_by_text("No candles of SOLUSDT 1m yet")).to_be_visible(timeout=PATIENCE_MS)
    for row in walk(20, "SOLUSDT"):
        market.send("candles", row[0], market.codec.encode_candle_row(row))
    assert market.producer.flush(20) == 0
    chart_of(page, 20)
    signal = make_signal(7, strategy="later", symbol="SOLUSDT")
    market.send("signals", signal.key, market.codec.encode(signal))
    assert market.producer.flush(20) == 0
    expect(page.get_by_test_id("price-chart")).to_have_attribute("data-labels", "LONG 75%", timeout=PATIENCE_MS)


def test_performance_shows_portfolios_and_sorts_strategies_and_opens_one(page: Page, market: Market) -> None:
    for one in (
        metrics(280),
        metrics(280, strategy="aside"),
        portfolio(280),
        portfolio(280, name="tight", kill_switch="tripped"),
    ):
        market.send("metrics", one.key, market.codec.encode(one))
    for minute, equity in enumerate((100_000.0, 90_000.0, 100_034.0), 278):
        known = portfolio_point(minute, equity)
        market.send("equity", known.key, market.codec.encode(known))
    assert market.producer.flush(20) == 0
    page.goto(f"{market.address}/performance")
    portfolios, strategies = (page.get_by_test_id("stDataFrame").nth(place) for place in (0, 1))
    expect(cell(portfolios, 2, 2)).to_have_text("🔴 tripped", timeout=PATIENCE_MS)
    expect(page.locator("canvas[data-zr-dom-id]")).to_be_visible(timeout=PATIENCE_MS)
    expect(cell(strategies, 2, 1)).to_have_text("dip", timeout=PATIENCE_MS)
    box = strategies.bounding_box()
    assert box is not None
    for _ in range(2):  # up, then down
        page.mouse.click(box["x"] + 30, box["y"] + 15)
        page.wait_for_timeout(1_000)
    expect(cell(strategies, 1, 1)).to_have_text("dip", timeout=PATIENCE_MS)
    with page.context.expect_page() as opened:
        for _ in range(2):  # to choose the cell, and to follow its link
            page.mouse.click(box["x"] + box["width"] - 35, box["y"] + 50)
            page.wait_for_timeout(1_000)
    chart = opened.value.get_by_test_id("price-chart")
    expect(chart).to_have_attribute("data-markers", "4", timeout=PATIENCE_MS)


def cell(table: Locator, row: int, column: int) -> Locator:
    """A cell of a table as screen readers know it: it is drawn on a canvas."""
    return table.locator(f"[role=row][aria-rowindex='{row + 1}'] [aria-colindex='{column}']").first


def test_every_request_goes_to_this_machine(page: Page, market: Market, asked: list[str]) -> None:
    chart = chart_of(page, market.fed)
    market.feed(2)
    expect(chart).to_have_attribute("data-bars", str(market.fed), timeout=PATIENCE_MS)
    page.wait_for_timeout(2_000)
    hosts = {urlsplit(url).hostname for url in asked if not url.startswith(("data:", "blob:"))}
    assert len(asked) > 5
    assert hosts == {"127.0.0.1"}
