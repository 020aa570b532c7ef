"""What the dashboard knows: bounds, repeats, deletions, and sharing between threads."""

import threading
from collections.abc import Callable

from schemas.candle_row import CandleRow
from schemas.composite import Composite, Consensus, LateSignal
from schemas.lifecycle import State, StrategyStatus
from schemas.signal import Signal
from schemas.watchlist import AssetConfig, TimeframeConfig, WatchlistEntry
from ui.dashboard.news import Deleted, Undecodable
from ui.dashboard.store import MarketStore

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


def test_series_are_listed_by_symbol_and_length_of_candle_derived_ones_among_them() -> None:
    store = MarketStore(timeframes=("2m", "1h"))
    for symbol, timeframe in (("ETH", "1m"), ("BTC", "30m")):
        store.apply([(symbol, timeframe, 0, 1.0, 1.0, 1.0, 1.0, 0.0, True)], now=0.0)
    assert store.series() == [("BTC", "30m"), ("BTC", "1h"), ("ETH", "1m"), ("ETH", "2m"), ("ETH", "1h")]
    assert (store.base("BTC"), store.base("XRP")) == ("30m", None)


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


def test_more_symbols_than_there_is_room_for_are_counted(walk: Walk) -> None:
    store = MarketStore(symbols=2, timeframes=())
    for symbol in ("A", "B", "C", "D"):
        store.apply(walk(2, symbol), now=0.0)
    assert [symbol for symbol, _ in store.series()] == ["A", "B"]
    assert store.counts(now=0.0).symbols_not_kept == 2


def test_a_timeframe_that_a_strategy_runs_on_is_shown_whichever_comes_first(
    walk: Walk, make_signal: Callable[..., Signal], make_status: Callable[..., StrategyStatus]
) -> None:
    rows = walk(30)
    store = MarketStore(timeframes=())
    store.apply([make_status().model_copy(update={"timeframe": "7m"}), *rows], now=0.0)
    store.apply([make_signal(20, timeframe="3m")], now=0.0)
    assert store.series() == [("BTCUSDT", "1m"), ("BTCUSDT", "3m"), ("BTCUSDT", "7m")]


def test_composites_are_those_of_the_strategy_and_stand_on_the_bar_that_closes_with_their_window(
    walk: Walk, make_composite: Callable[..., Composite], make_consensus: Callable[..., Consensus]
) -> None:
    store, rows = MarketStore(), walk(61)
    mine, hour, minute = make_composite(59), ("BTCUSDT", "1h"), BTC
    store.apply([*rows, mine, make_composite(59, strategy="other"), make_consensus(59)], now=0.0)
    assert store.snapshot(hour, "dip").composites == [(rows[0][2], mine)]
    assert store.snapshot(minute, "dip").composites == [(rows[59][2], mine)]
    assert store.snapshot(minute, None).composites == []
    assert store.snapshot(("BTCUSDT", "4h"), "dip").composites == []
    assert store.since(store.snapshot(hour, "dip").sequence, hour, "dip").composites == []


def test_composites_and_consensus_come_newest_first_and_count_once(
    make_composite: Callable[..., Composite], make_consensus: Callable[..., Consensus]
) -> None:
    store = MarketStore(composites=3)
    store.apply([make_composite(minute) for minute in (1, 3, 2, 3)] + [make_consensus(5)], now=0.0)
    assert [one.window_end.minute for one in store.latest_composites(9)] == [4, 3]
    assert store.latest_composites(9, strategy="other") == []
    assert store.latest_composites(9, symbol="ETHUSDT") == []
    assert store.latest_consensus(9) == [make_consensus(5)]
    assert store.counts(now=0.0).composites == 4


def test_late_signals_are_counted_by_their_running_count_however_often_they_are_read(
    make_late: Callable[..., LateSignal],
) -> None:
    store = MarketStore()
    for _ in range(2):
        store.apply([make_late(1), make_late(2), make_late(1, "other")], now=0.0)
        for strategy in ("dip", "other"):  # these share their key with all strategies of the symbol
            store.apply([make_late(1, strategy).model_copy(update={"weighed": "strategies"})], now=0.0)
    counts = store.counts(now=0.0)
    assert counts.late_signals == 5
    assert counts.last_late == (
        "dip on BTCUSDT 1m: closed 2025-05-09 00:02 UTC, when windows up to 2025-05-09 02:00 had been worked"
    )


def test_an_entry_of_the_watchlist_changes_how_bars_are_made_and_readers_begin_anew(walk: Walk) -> None:
    store, rows = MarketStore(timeframes=("15m",)), walk(30)
    series = ("BTCUSDT", "15m")
    store.apply(rows, now=0.0)
    before = store.snapshot(series, None)
    asset = AssetConfig(
        symbol="BTCUSDT",
        timeframes=(TimeframeConfig(name="15m", aggregation_method="typical"), TimeframeConfig(name="10m")),
    )
    store.apply([WatchlistEntry(symbol="BTCUSDT", asset=asset, command="c1")], now=0.0)
    assert store.since(before.sequence, series, None).bars is None
    after = store.snapshot(series, None).bars or []
    typical = [(bar.high + bar.low + bar.close) / 3 for bar in before.bars or []]
    assert [bar.close for bar in after] == typical
    assert [bar[1:4] for bar in after] == [bar[1:4] for bar in before.bars or []]
    assert [timeframe for _, timeframe in store.series()] == ["1m", "10m", "15m"]


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
