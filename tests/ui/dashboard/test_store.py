"""What the dashboard knows: bounds, repeats, deletions, and sharing between threads."""

import threading
from collections.abc import Callable

from schemas.candle_row import CandleRow
from schemas.lifecycle import State, StrategyStatus
from schemas.signal import Signal
from ui.dashboard.store import Deleted, MarketStore, Undecodable

Walk = Callable[..., list[CandleRow]]
BTC = ("BTCUSDT", "1m")


def test_what_is_new_is_told_by_series_and_strategy(walk: Walk, make_signal: Callable[..., Signal]) -> None:
    store = MarketStore()
    rows = walk(5)
    store.apply([*rows[:3], *walk(2, "ETHUSDT"), make_signal(1)], now=0.0)
    before = store.snapshot(BTC, "dip")
    late = make_signal(3, kind="exit")
    store.apply([*rows[3:], late, make_signal(3, strategy="other")], now=1.0)
    after = store.since(before.sequence, BTC, "dip")
    assert len(before.bars or []) == 3
    assert [bar.open_time_ms for bar in after.bars or []] == [row[2] for row in rows[3:]]
    assert ([one.id for one in before.signals], after.signals) == ([make_signal(1).id], [late])
    assert store.since(before.sequence, BTC, None).signals == []


def test_series_are_listed_by_symbol_and_length_of_candle() -> None:
    store = MarketStore()
    for symbol, timeframe in (("ETH", "1m"), ("BTC", "1h"), ("BTC", "5m")):
        store.apply([(symbol, timeframe, 0, 1.0, 1.0, 1.0, 1.0, 0.0, True)], now=0.0)
    assert store.series() == [("BTC", "5m"), ("BTC", "1h"), ("ETH", "1m")]


def test_a_repeated_signal_counts_once(make_signal: Callable[..., Signal]) -> None:
    store = MarketStore()
    store.apply([make_signal(1), make_signal(1)], now=0.0)
    assert (store.counts(now=0.0).signals, len(store.latest_signals(10))) == (1, 1)


def test_the_newest_signals_come_first_by_event_time(make_signal: Callable[..., Signal]) -> None:
    store = MarketStore(signals=4)
    store.apply([make_signal(minute) for minute in (7, 1, 9, 3, 8)], now=0.0)
    assert [one.close_time.minute - 1 for one in store.latest_signals(3)] == [9, 8, 3]


def test_the_newest_status_of_each_key_is_kept_until_it_is_deleted(make_status: Callable[..., StrategyStatus]) -> None:
    store = MarketStore()
    store.apply([make_status(), make_status(state=State.PAUSED), make_status("other")], now=0.0)
    assert [(one.strategy, one.state) for one in store.statuses()] == [("dip", "paused"), ("other", "running")]
    store.apply([Deleted("dip|BTCUSDT|1m")], now=0.0)
    assert [one.strategy for one in store.statuses()] == ["other"]


def test_more_series_than_there_is_room_for_are_counted(walk: Walk) -> None:
    store = MarketStore(series=2)
    for symbol in ("A", "B", "C", "D"):
        store.apply(walk(2, symbol), now=0.0)
    assert [symbol for symbol, _ in store.series()] == ["A", "B"]
    assert store.counts(now=0.0).series_not_kept == 2


def test_undecodable_records_are_counted_by_topic_and_the_last_is_explained() -> None:
    store = MarketStore()
    bad = [Undecodable("candles", 1, 7, "empty"), Undecodable("signals", 0, 3, "truncated")]
    store.apply(bad, now=0.0)
    counts = store.counts(now=0.0)
    assert (counts.undecodable, counts.undecodable_by_topic) == (2, {"candles": 1, "signals": 1})
    assert counts.last_undecodable == "signals: truncated (partition 0, offset 3)"


def test_candles_per_second_are_those_of_the_last_ten_seconds(walk: Walk) -> None:
    store = MarketStore()
    store.apply(walk(50), now=100.0)
    store.apply(walk(30, "ETHUSDT"), now=120.0)
    assert store.counts(now=125.0).candles_per_second == 3.0
    assert store.counts(now=200.0).candles_per_second == 0.0


def test_what_is_read_again_after_an_outage_counts_once(walk: Walk) -> None:
    store = MarketStore()
    for _ in range(2):
        store.apply(walk(10), now=0.0)
        store.apply([Undecodable("candles", 1, 7, "empty")], now=0.0)
    counts = store.counts(now=0.0)
    assert (counts.candles, counts.candles_per_second, counts.undecodable) == (10, 10.0, 1)


def test_readers_never_see_half_a_batch(walk: Walk) -> None:
    store, rows, lengths = MarketStore(), walk(2_000), set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            lengths.add(len(store.snapshot(BTC, None).bars or []))

    reader = threading.Thread(target=read)
    reader.start()
    for start in range(0, len(rows), 100):
        store.apply(rows[start : start + 100], now=0.0)
    done.set()
    reader.join()
    assert {length % 100 for length in lengths} <= {0}
    assert len(store.snapshot(BTC, None).bars or []) == 2_000
