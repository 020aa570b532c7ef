"""What a tab is told: applied as the chart applies it, it must give the store's own picture, whatever was lost."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from schemas.candle_row import CandleRow
from schemas.composite import Composite
from schemas.signal import Signal
from ui.dashboard.chart_stream import ChartStream, Message, marker_label
from ui.dashboard.store import MarketStore

BTC = ("BTCUSDT", "1m")


class Chart:
    """The rules of ``price_chart.js`` for what to accept."""

    def __init__(self) -> None:
        self.series, self.sequence = "", -1
        self.bars: dict[float, list[float | bool]] = {}
        self.wants_snapshot = False

    def receive(self, message: Message) -> None:
        if message["kind"] == "snapshot":
            self.series, self.sequence, self.bars = message["series"], message["sequence"], {}
        elif message["series"] != self.series or message["since"] > self.sequence:
            self.wants_snapshot = True
            return
        self.sequence = max(self.sequence, message["sequence"])
        self.bars |= {bar[0]: bar for bar in message["bars"]}


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=40))
def test_a_chart_that_loses_messages_ends_with_the_right_candles(ticks: list[tuple[int, bool]]) -> None:
    store, stream, chart = MarketStore(), ChartStream(), Chart()
    minute = 0
    for arriving, lost in [*ticks, (1, False), (0, False)]:
        rows: list[CandleRow] = []
        for _ in range(arriving):
            minute += 1
            rows.append((*BTC, minute * 60_000, 1.0, 1.0, 1.0, 1.0, 0.0, True))
        store.apply(rows, now=0.0)
        message = stream.message(store, BTC, None, anew=chart.wants_snapshot)
        chart.wants_snapshot = False
        if not lost:
            chart.receive(message)
    assert sorted(chart.bars) == [60 * one for one in range(1, minute + 1)]


def test_everything_is_sent_once_and_then_only_what_is_new(walk: Callable[..., list[CandleRow]]) -> None:
    store, stream = MarketStore(), ChartStream()
    rows = walk(300)
    store.apply(rows[:299], now=0.0)
    sizes = [len(stream.message(store, BTC, None)["bars"]) for _ in range(6)]
    store.apply(rows[299:], now=0.0)
    assert sizes == [299, 0, 0, 0, 0, 0]
    assert stream.message(store, BTC, None)["bars"] == [[rows[299][2] // 1_000, *rows[299][3:]]]


def test_another_strategy_is_another_snapshot_of_the_same_candles(
    walk: Callable[..., list[CandleRow]], make_signal: Callable[..., Signal]
) -> None:
    store, stream = MarketStore(), ChartStream()
    store.apply([*walk(10), make_signal(4)], now=0.0)
    raw, dip = stream.message(store, BTC, None), stream.message(store, BTC, "dip")
    assert (raw["kind"], dip["kind"], raw["candles"] == dip["candles"]) == ("snapshot", "snapshot", True)
    assert raw["series"] != dip["series"]
    assert (raw["signals"], [one["label"] for one in dip["signals"]]) == ([], ["LONG 75%"])
    assert "rsi_14 >= 30 AND close < sma_20" in dip["signals"][0]["detail"]


def test_a_marker_says_side_or_exit_and_confidence(make_signal: Callable[..., Signal]) -> None:
    labels = [
        marker_label(make_signal(1, kind=kind, side=side, confidence=0.6))
        for kind in ("entry", "exit")
        for side in ("long", "short")
    ]
    assert labels == ["LONG 60%", "SHORT 60%", "EXIT 60%", "EXIT 60%"]


def test_no_two_messages_are_alike_so_that_a_chart_left_behind_is_called_again(
    walk: Callable[..., list[CandleRow]],
) -> None:
    store, stream = MarketStore(), ChartStream()
    store.apply(walk(3), now=0.0)
    numbers = [stream.message(store, BTC, None, anew=anew)["number"] for anew in (False, False, True, False)]
    assert numbers == [1, 2, 3, 4]


def test_a_composite_stands_on_the_bar_that_closes_with_its_window_and_says_what_it_is_made_of(
    walk: Callable[..., list[CandleRow]], make_composite: Callable[..., Composite]
) -> None:
    store, stream = MarketStore(), ChartStream()
    rows = walk(130)
    store.apply(rows[:120], now=0.0)
    hour = ("BTCUSDT", "1h")
    assert stream.message(store, hour, "dip")["signals"] == []
    store.apply([make_composite(119)], now=0.0)
    (marker,) = stream.message(store, hour, "dip")["signals"]
    assert (marker["type"], marker["side"], marker["label"]) == ("composite", "long", "1h ▲ 71%")
    assert marker["time"] == rows[60][2] // 1_000
    assert marker["detail"] == ("swing composite: entry on 1h   supported by 15m   opposed by 5m   strength 60%")


def test_a_derived_series_is_sent_once_and_then_its_forming_bar(walk: Callable[..., list[CandleRow]]) -> None:
    store, stream, rows = MarketStore(), ChartStream(), walk(62)
    hour = ("BTCUSDT", "1h")
    store.apply(rows[:61], now=0.0)
    first = stream.message(store, hour, None)
    assert [(bar[0], bar[-1]) for bar in first["bars"]] == [(rows[0][2] // 1_000, True), (rows[60][2] // 1_000, False)]
    store.apply(rows[61:], now=0.0)
    assert [(bar[0], bar[4]) for bar in stream.message(store, hour, None)["bars"]] == [
        (rows[60][2] // 1_000, rows[61][6])
    ]
