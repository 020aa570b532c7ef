"""One derived timeframe, and the cascade of all of them: complete, partial, missing, primed, taken up again."""

import json
import math
import tracemalloc
from collections.abc import Sequence

import pytest

from operators.indicators.history import Row
from operators.market.bars import METHODS, Bar, Fold, row_of
from operators.market.folds import Folds
from operators.market.grid import SessionGrid, UtcGrid
from schemas.session import SessionConfig

MINUTE = 60_000
DAY = 1440  # minutes
LADDER = ("5m", "15m", "30m", "1h", "4h", "1d", "1w")
START = 1_749_427_200_000  # 2025-06-09, a Monday


def minutes(*offsets: int) -> tuple[list[Row], list[int]]:
    """Candles that open so many minutes after the start; whole numbers tell which minute each was."""
    rows = [(100.0 + at, 103.0 + at, 99.0 + at, 101.0 + at, 1.0 + at) for at in offsets]
    return rows, [START + at * MINUTE for at in offsets]


def fold(timeframe: str = "5m", *, quiet_market: bool = False) -> Fold:
    return Fold(timeframe, "1m", UtcGrid(), quiet_market=quiet_market)


def opened(bars: Sequence[Bar]) -> list[int]:
    return [(bar.open_time - START) // MINUTE for bar in bars]


def test_a_bar_is_made_of_the_candles_in_its_bucket() -> None:
    five = fold()
    assert five.candles(*minutes(0, 1, 2, 3, 4)) == []
    [bar] = five.advance(START + 5 * MINUTE)
    prices = [101.0 + at for at in range(5)]
    assert bar == Bar(
        open_time=START,
        close_time=START + 5 * MINUTE,
        open=100.0,
        high=107.0,
        low=99.0,
        close=105.0,
        volume=15.0,
        weighted=sum(price * (1.0 + at) for at, price in enumerate(prices)),
        typical=sum(prices),
        candles=5,
        expected=5,
        complete=True,
    )
    assert five.bucket is None
    assert five.forming == []


def test_a_bucket_is_closed_if_and_only_if_its_end_is_reached() -> None:
    five = fold()
    five.candles(*minutes(0, 1, 2, 3, 4))
    assert five.advance(START + 5 * MINUTE - 1) == []
    assert five.bucket == (START, START + 5 * MINUTE)
    assert opened(five.advance(START + 5 * MINUTE)) == [0]
    assert five.advance(START + 50 * MINUTE) == []


def test_a_later_candle_closes_a_bar_that_lacks_some() -> None:
    five = fold()
    [bar] = five.candles(*minutes(0, 1, 3, 17))
    assert (bar.candles, bar.expected, bar.complete) == (3, 5, False)
    assert opened(five.advance(START + 20 * MINUTE)) == [15]


def test_a_bucket_without_a_candle_has_no_bar() -> None:
    five = fold()
    bars = [*five.candles(*minutes(4, 22)), *five.advance(START + 60 * MINUTE)]
    assert opened(bars) == [0, 20]
    assert UtcGrid().missing("5m", bars[0].close_time, bars[1].open_time) == 3


def test_the_first_bar_after_a_start_in_mid_period_is_partial() -> None:
    five = fold()
    bars = [*five.candles(*minutes(*range(2, 11))), *five.advance(START + 15 * MINUTE)]
    assert [(bar.candles, bar.complete) for bar in bars] == [(3, False), (5, True), (1, False)]


def test_in_a_quiet_market_only_a_start_that_was_not_seen_makes_a_bar_partial() -> None:
    five = fold(quiet_market=True)
    bars = [*five.candles(*minutes(2, 8, 21)), *five.advance(START + 25 * MINUTE)]
    assert [(bar.candles, bar.expected, bar.complete) for bar in bars] == [(1, 5, False), (1, 5, True), (1, 5, True)]
    [whole] = fold(quiet_market=True).candles(*minutes(0, 5))
    assert whole.complete


def test_bars_of_bars_are_bars_of_candles() -> None:
    five, hour, direct = fold(), fold("1h"), fold("1h")
    rows, times = minutes(*range(3, 130))
    closed = five.candles(rows, times)
    of_bars = [*hour.bars(closed), *hour.advance(START + 120 * MINUTE)]
    of_candles = direct.candles(rows, times)
    assert of_bars == of_candles[:2]
    assert [(bar.candles, bar.complete) for bar in of_bars] == [(57, False), (60, True)]


def test_candles_between_sessions_are_in_no_bar() -> None:
    session = SessionConfig(zone="UTC", opens="09:30", closes="10:30")
    rows, times = minutes(*range(9 * 60, 11 * 60))
    half = Fold("30m", "1m", SessionGrid(session))
    bars = [*half.candles(rows, times), *half.advance(START + 11 * 60 * MINUTE)]
    assert opened(bars) == [9 * 60 + 30, 10 * 60]
    assert all(bar.complete for bar in bars)


def bar(**given: float) -> Bar:
    values: dict[str, float] = {"open": 10.0, "high": 14.0, "low": 8.0, "close": 11.0, "volume": 4.0} | given
    ends = {"open_time": 0, "close_time": 120_000, "candles": 2, "expected": 2, "complete": True}
    return Bar(**({"weighted": 42.0, "typical": 21.0} | values | ends))  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(("method", "close"), [("ohlc", 11.0), ("vwap", 10.5), ("typical", 11.0)])
def test_a_method_decides_on_the_close_only(method: str, close: float) -> None:
    assert row_of(bar(), method) == (10.0, 14.0, 8.0, close, 4.0)
    assert method in METHODS


def test_without_volume_the_weighted_close_is_the_mean_of_typical_prices() -> None:
    assert row_of(bar(volume=0.0, weighted=0.0, typical=19.0), "vwap")[3] == 9.5


def test_rounding_never_puts_a_close_outside_of_its_bar() -> None:
    flat = bar(open=0.1, high=0.1, low=0.1, close=0.1, weighted=math.nextafter(0.4, 1.0))
    assert row_of(flat, "vwap")[3] == 0.1


def test_a_method_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected an aggregation method \(ohlc, vwap, typical\), got 'vwop'"):
        row_of(bar(), "vwop")


def test_each_timeframe_is_folded_of_the_longest_of_the_ladder_that_nests_in_it() -> None:
    folds = Folds("1m", UtcGrid(), LADDER)
    folds.add("3h")
    folds.add("7m")
    folds.add("2d")
    sources = {timeframe: folds.source(timeframe) for timeframe in folds.timeframes}
    assert list(sources) == ["5m", "7m", "15m", "30m", "1h", "3h", "4h", "1d", "2d", "1w"]
    assert sources == {
        "5m": "1m",
        "7m": "1m",
        "15m": "5m",
        "30m": "15m",
        "1h": "30m",
        "3h": "1h",
        "4h": "1h",
        "1d": "4h",
        "2d": "1d",
        "1w": "1d",
    }


def test_of_the_ladder_only_what_can_be_made_of_the_base_is_kept() -> None:
    assert Folds("1h", UtcGrid(), LADDER).timeframes == ("4h", "1d", "1w")
    assert Folds("7m", UtcGrid(), LADDER).timeframes == ()


def test_a_timeframe_that_cannot_be_made_of_the_base_is_not_taken() -> None:
    folds = Folds("5m", UtcGrid(), LADDER)
    with pytest.raises(ValueError, match="made of 5m candles: 7m is not a whole number of the 5m candles of the feed"):
        folds.add("7m")
    with pytest.raises(ValueError, match="made of 5m candles: 5m is as long as the 5m candles of the feed"):
        folds.add("5m")


def test_all_that_closes_at_an_instant_comes_together_shortest_first() -> None:
    folds = Folds("1m", UtcGrid(), LADDER)
    before = folds.extend(*minutes(*range(7 * DAY - 1)))
    assert sum(bar.candles for bar in before["1d"]) == 6 * DAY
    last = folds.extend(*minutes(7 * DAY - 1))
    assert {timeframe: opened(bars) for timeframe, bars in last.items()} == {
        "5m": [7 * DAY - 5],
        "15m": [7 * DAY - 15],
        "30m": [7 * DAY - 30],
        "1h": [7 * DAY - 60],
        "4h": [7 * DAY - 240],
        "1d": [6 * DAY],
        "1w": [0],
    }
    assert list(last) == list(LADDER)
    assert last["1w"][0].complete


def test_nothing_closes_before_the_next_end() -> None:
    folds = Folds("1m", UtcGrid(), ["5m", "15m"])
    assert folds.extend(*minutes(0)) == {}
    assert folds.next_end == START + 5 * MINUTE
    assert folds.extend(*minutes(1, 2, 3)) == {}
    assert opened(folds.extend(*minutes(4))["5m"]) == [0]
    assert folds.next_end == START + 10 * MINUTE


def test_event_time_closes_bars_without_a_candle() -> None:
    folds = Folds("1m", UtcGrid(), ["5m", "15m"])
    folds.extend(*minutes(0, 1))
    assert folds.advance(START + 4 * MINUTE) == {}
    assert opened(folds.advance(START + 6 * MINUTE)["5m"]) == [0]
    assert opened(folds.advance(START + 40 * MINUTE)["15m"]) == [0]
    assert folds.watermark == START + 40 * MINUTE
    assert folds.advance(START) == {}
    assert folds.watermark == START + 40 * MINUTE


def test_a_candle_that_opens_before_the_watermark_is_refused() -> None:
    folds = Folds("1m", UtcGrid(), LADDER)
    folds.extend(*minutes(10))
    message = r"expected 1m candles from 2025-06-09T00:11:00\+00:00 on, got one of 2025-06-09T00:10:00\+00:00"
    with pytest.raises(ValueError, match=message):
        folds.extend(*minutes(10))


def test_a_timeframe_added_of_the_history_goes_on_as_if_it_had_been_kept() -> None:
    always, late = (Folds("1m", UtcGrid(), LADDER) for _ in range(2))
    always.add("2h")
    rows, times = minutes(*range(1000))
    expected = always.extend(rows[:700], times[:700])["2h"]
    late.extend(rows[:700], times[:700])
    primed = late.add("2h", rows[30:700], times[30:700])
    assert opened(primed) == opened(expected)
    assert not primed[0].complete
    assert primed[1:] == expected[1:]
    assert late.extend(rows[700:], times[700:])["2h"] == always.extend(rows[700:], times[700:])["2h"]


def test_a_timeframe_added_without_history_begins_with_what_is_forming() -> None:
    folds = Folds("1m", UtcGrid(), LADDER, quiet_market=True)
    folds.extend(*minutes(*range(130)))
    folds.add("2h")
    folds.add("6h")
    folds.add("7m")
    closed = folds.extend(*minutes(*range(130, 720)))
    assert [(bar.candles, bar.complete) for bar in closed["2h"]] == [(120, True)] * 5
    assert [(bar.candles, bar.complete) for bar in closed["6h"]] == [(240, False), (360, True)]
    assert [(bar.candles, bar.complete) for bar in closed["7m"]][:2] == [(4, False), (7, True)]


def test_a_timeframe_can_be_given_up_but_not_one_of_the_ladder() -> None:
    folds = Folds("1m", UtcGrid(), ["5m", "1h"])
    folds.add("7m")
    folds.remove("7m")
    folds.remove("5m")
    assert folds.timeframes == ("5m", "1h")
    assert folds.add("1h") == []


def test_a_snapshot_is_made_of_primitives() -> None:
    folds = Folds("1m", UtcGrid(), LADDER)
    folds.add("7m")
    folds.extend(*minutes(*range(3, 100)))
    snapshot = folds.snapshot()
    assert json.loads(json.dumps(snapshot)) == snapshot
    again = Folds("1m", UtcGrid(), LADDER, resume=json.loads(json.dumps(snapshot)))
    assert again.timeframes == folds.timeframes
    assert again.next_end == folds.next_end
    rows, times = minutes(*range(100, 400))
    assert again.extend(rows, times) == folds.extend(rows, times)


def test_a_snapshot_has_what_was_put_off() -> None:
    folds, again = (Folds("1m", UtcGrid(), ["7m", "1h"]) for _ in range(2))
    for at in range(60):
        rows, times = minutes(at)
        assert again.extend(rows, times) == folds.extend(rows, times)
        again = Folds("1m", UtcGrid(), ["7m", "1h"], resume=again.snapshot())


def test_what_is_put_off_is_bounded() -> None:
    folds = Folds("1m", UtcGrid(), ["1w"])
    tracemalloc.start()
    for at in range(6_000):
        assert folds.extend(*minutes(at)) == {}
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 300_000  # bytes; 6,000 candles are more than a million
    [closed] = folds.advance(START + 7 * DAY * MINUTE)["1w"]
    assert closed.candles == 6_000
