"""Fills and the lines of an open position, as the chart is told of them."""

from collections.abc import Callable

from schemas.candle_row import CandleRow
from schemas.signal import Signal
from tests.ui.dashboard.account_news import opened, stopped
from ui.dashboard.chart_stream import ChartStream
from ui.dashboard.store import MarketStore

BTC = ("BTCUSDT", "1m")


def test_a_fill_is_a_dot_at_its_price_and_an_exit_says_why(walk: Callable[..., list[CandleRow]]) -> None:
    store, stream, rows = MarketStore(), ChartStream(), walk(20)
    store.apply([*rows, opened(5), stopped(9)], now=0.0)
    entry, exit_ = stream.message(store, BTC, "dip")["signals"]
    assert (entry["type"], entry["side"], entry["price"], entry["label"]) == ("fill", "long", 64_000.0, "")
    assert (exit_["side"], exit_["price"], exit_["label"]) == ("short", 63_000.0, "stop loss")
    assert (entry["time"], exit_["time"]) == (rows[5][2] // 1_000, rows[9][2] // 1_000)
    assert exit_["detail"] == "filled: sell 0.5 at 63,000.00   stop loss   fee 15.75   closed"


def test_the_lines_of_an_open_position_go_with_it(walk: Callable[..., list[CandleRow]]) -> None:
    store, stream = MarketStore(), ChartStream()
    store.apply([*walk(20), opened(5)], now=0.0)
    assert {one["kind"]: one["price"] for one in stream.message(store, BTC, "dip")["levels"]} == {
        "entry": 64_000.0,
        "stop": 63_000.0,
        "target": 66_000.0,
    }
    store.apply([stopped(9)], now=0.0)
    tail = stream.message(store, BTC, "dip")
    assert (tail["kind"], tail["levels"]) == ("tail", [])


def test_an_exit_that_no_rule_asked_for_is_told_by_its_fill_but_a_refused_order_by_its_signal(
    walk: Callable[..., list[CandleRow]], make_signal: Callable[..., Signal]
) -> None:
    store, stream = MarketStore(), ChartStream()
    said = [
        make_signal(8, kind="exit", rule="position.stop_loss"),
        make_signal(9, kind="exit", rule="position.refused"),
    ]
    store.apply([*walk(20), *said], now=0.0)
    assert [one["id"] for one in stream.message(store, BTC, "dip")["signals"]] == [said[1].id]
