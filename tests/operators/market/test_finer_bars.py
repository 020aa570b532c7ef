"""What lies inside the bars of a longer timeframe: the base candles, however they came, and for those alone who ask."""

import pickle
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.events import Frames, Rolled
from operators.market.grid import UtcGrid, grid_of
from operators.market.parameters import Parameters
from operators.market.step import MarketStep
from operators.market.within import MOST_INSIDE, finer_timeframe
from operators.positions.bar import Bar
from operators.positions.inside import accounts_for
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas.candle_row import CandleRow
from schemas.lifecycle import StrategyVersion
from schemas.strategy_file import parse_strategy
from schemas.timeframe import timeframe_ms
from schemas.watchlist import AssetConfig, SessionConfig
from tests.operators.plain_engine import (
    MINUTE,
    START,
    SYMBOL,
    Event,
    Feed,
    batch,
    batched,
    command,
    desired,
    listing,
    row,
    stored,
)

HALF: dict[str, Any] = {"method": "fraction", "fraction": 0.5}
BOTH: dict[str, Any] = {"stop_loss": HALF, "take_profit": HALF}
TIMEFRAMES = ("5m", "15m", "1h")
PRICES = ("open", "high", "low", "close", "volume")


def strategy(identity: str, *timeframes: str, entry: str = "close < 0", **risk: Any) -> StrategyVersion:  # noqa: ANN401  # any section
    document = {"id": identity, "timeframes": list(timeframes), "rules": {"entry": {"condition": entry}}, "risk": risk}
    return StrategyVersion(strategy=identity, version=1, config=parse_strategy(document, origin="test"))


def going(*versions: StrategyVersion) -> list[Feed]:
    return [command(one, desired(one)) for one in versions]


class Market:
    """The market step of one symbol, restored where it is told to be. ``frames`` is what each key was shown."""

    def __init__(self, *versions: StrategyVersion, history_bars: int = 8) -> None:
        self.frames: dict[str, list[Frames]] = {}
        self._versions = versions
        self._parameters = Parameters(history_bars, 0, TIMEFRAMES)
        self.step = MarketStep(Catalog(), Tally(), self._parameters)

    def feed(self, *events: Event) -> None:
        for item in self.step.on_batch(events):
            if isinstance(item, tuple):
                event = item[1].event if isinstance(item[1], Rolled) else item[1]
                if isinstance(event, Frames):
                    self.frames.setdefault(item[0], []).append(event)

    def restore(self) -> None:
        catalog = Catalog()
        for one in self._versions:
            catalog.add(one)
        self.step = MarketStep(catalog, Tally(), self._parameters, stored(self.step.snapshot()))

    def inside(self, key: str) -> dict[int, tuple[Bar, ...]]:
        """The finer bars of each bar that was shown, by its open time."""
        return {
            opened: tuple(frames.finer_bars(number))
            for frames in self.frames.get(key, [])
            for number, opened in enumerate(frames.open_times)
        }


def run(
    events: Sequence[Feed],
    versions: Iterable[StrategyVersion],
    sizes: Sequence[int] = (1,),
    restores: Iterable[int] = (),
    **parameters: int,
) -> Market:
    market, at = Market(*versions, **parameters), set(restores)
    for number, events_of_batch in enumerate(batched(events, sizes)):
        market.feed(*events_of_batch)
        if number in at:
            market.restore()
    return market


def bars_of(frames: Iterable[Frames]) -> list[Bar]:
    """The bars themselves, as positions see them."""
    return [
        Bar._make((*prices, one.open_times[number], one.close_ms(number)))
        for one in frames
        for number, prices in enumerate(zip(*[one.operand(name, 0) for name in PRICES], strict=True))
    ]


def candles_in(rows: Iterable[CandleRow], bar: Bar) -> tuple[Bar, ...]:
    """What lies inside a bar, by its definition."""
    return tuple(
        Bar(*one[3:8], one[2], one[2] + timeframe_ms(one[1]))
        for one in rows
        if bar.open_time <= one[2] < bar.close_time
    )


@st.composite
def candles(draw: st.DrawFn) -> list[CandleRow]:
    """Candles of 1m that begin anywhere within an hour, some missing, with prices that often repeat."""
    numbers, at = [], draw(st.integers(0, 59))
    for step in draw(st.lists(st.sampled_from([1, 1, 1, 1, 1, 2, 7]), min_size=5, max_size=140)):
        numbers.append(at)
        at += step
    prices = draw(st.lists(st.sampled_from([90.0, 100.0, 101.5]), min_size=len(numbers), max_size=len(numbers)))
    return [row(number, close=close, volume=float(number)) for number, close in zip(numbers, prices, strict=True)]


RUNNING = [strategy("both", "1m", "5m", "1h", **BOTH), strategy("other", "15m", entry="close > sma_3@1h", **BOTH)]
KEYS = [f"both|{SYMBOL}|5m", f"other|{SYMBOL}|15m", f"both|{SYMBOL}|1h"]


@settings(max_examples=60, deadline=None)
@given(rows=candles(), sizes=st.lists(st.integers(1, 40), min_size=1), restores=st.sets(st.integers(0, 60)))
def test_the_candles_inside_each_bar_are_shown_however_they_came_and_account_for_it(
    rows: list[CandleRow], sizes: list[int], restores: set[int]
) -> None:
    market = run([*going(*RUNNING), *rows], RUNNING, sizes, restores)
    shown = 0
    for key in KEYS:
        shown += len(market.frames.get(key, []))
        bars, inside = bars_of(market.frames.get(key, [])), market.inside(key)
        assert inside == {bar.open_time: candles_in(rows, bar) for bar in bars}
        assert all(accounts_for(inside[bar.open_time], bar) for bar in bars)
    assert bool(shown) == (rows[0][2] // (5 * MINUTE) < (rows[-1][2] + MINUTE) // (5 * MINUTE))


@settings(max_examples=60, deadline=None)
@given(
    rows=candles(),
    begins=st.integers(0, 100),
    ends=st.integers(0, 100),
    sizes=st.lists(st.integers(1, 40), min_size=1),
    restores=st.sets(st.integers(0, 60)),
)
def test_who_comes_and_goes_sees_the_same_however_candles_came(
    rows: list[CandleRow], begins: int, ends: int, sizes: list[int], restores: set[int]
) -> None:
    """A bar of which the beginning was no longer kept when somebody came has none; never a part of them."""
    (one,) = versions = [strategy("both", "5m", "1h", **BOTH)]
    events: list[Feed] = [*rows]
    events.insert(min(ends, len(events)), command(one, desired(one, "paused", name="c2")))
    events.insert(min(begins, len(events)), command(one, desired(one)))
    expected = run(events, versions, history_bars=3)
    market = run(events, versions, sizes, restores, history_bars=3)
    for key in (f"both|{SYMBOL}|5m", f"both|{SYMBOL}|1h"):
        inside = market.inside(key)
        assert inside == expected.inside(key)
        for bar in bars_of(market.frames.get(key, [])):
            assert inside[bar.open_time] in ((), candles_in(rows, bar))


def test_one_who_starts_within_a_bar_sees_inside_from_the_next_one_on() -> None:
    """Three candles are kept for latecomers, and the 30th minute of the hour is past."""
    rows = [row(number, close=100.0 + number) for number in range(180)]
    (one,) = versions = [strategy("both", "1h", **BOTH)]
    events: list[Feed] = [*rows[:30], command(one, desired(one)), *rows[30:]]
    inside = run(events, versions, [7], history_bars=3).inside(f"both|{SYMBOL}|1h")
    assert [len(inside[START + hour * 60 * MINUTE]) for hour in range(3)] == [0, 60, 60]


def test_nothing_is_shown_or_kept_where_nobody_needs_it() -> None:
    """A stop alone fills the same in whatever order prices came; and a snapshot keeps what it always kept."""
    rows = [row(number, close=100.0 + number % 7) for number in range(130)]
    asks, does_not = strategy("one", "1h", **BOTH), strategy("one", "1h", stop_loss=HALF)
    with_it, without = (run([*going(one), *rows], [one], [50], history_bars=3) for one in (asks, does_not))
    key = f"one|{SYMBOL}|1h"
    assert [frames.finer for frames in without.frames[key]] == [None] * len(without.frames[key])
    assert set(without.inside(key).values()) == {()}
    assert {len(bars) for bars in with_it.inside(key).values()} == {60}
    assert [len(_history(market)) // 48 for market in (without, with_it)] == [3, 60]


def _history(market: Market) -> bytes:
    """The candles in a snapshot, of six numbers each."""
    state: Any = market.step.snapshot()
    history: bytes = state["book"]["series"]["1m"]["indicators"]["history"]
    return history


def test_on_the_base_timeframe_there_is_nothing_finer() -> None:
    rows = [row(number) for number in range(10)]
    market = run([*going(*RUNNING), *rows], RUNNING, [4])
    assert set(market.inside(f"both|{SYMBOL}|1m").values()) == {()}


def test_all_strategies_on_a_series_share_them() -> None:
    versions = [strategy(name, "5m", **BOTH) for name in ("a", "b")]
    market = run([*going(*versions), *(row(number) for number in range(5))], versions, [7])
    (one,), (other,) = market.frames[f"a|{SYMBOL}|5m"], market.frames[f"b|{SYMBOL}|5m"]
    assert one is other
    assert one.finer_bars(0)[2] is other.finer_bars(0)[2]


def test_another_process_is_sent_the_bars_inside_and_no_others() -> None:
    versions = [strategy("both", "5m", "1h", **BOTH)]
    rows = [row(number, close=100.0 + number, volume=1.0) for number in range(900)]
    market = run([*going(*versions), *rows[:1], *rows[1:]], versions, [2, 3, 1_000])
    sent = [pickle.loads(pickle.dumps(frames)) for frames in market.frames[f"both|{SYMBOL}|5m"]]  # noqa: S301  # our own
    again = Market()
    again.frames["both"] = sent
    assert again.inside("both") == market.inside(f"both|{SYMBOL}|5m")
    long = max(market.frames[f"both|{SYMBOL}|5m"], key=lambda one: len(one.open_times))
    assert len(long.open_times) > 100
    first = long.before(1)
    assert tuple(first.finer_bars(0)) == candles_in(rows, bars_of([first])[0])
    assert len(pickle.dumps(first)) < len(pickle.dumps(long)) / 50


def test_bars_of_too_many_candles_are_looked_into_by_those_of_a_longer_timeframe() -> None:
    """A week has 2,016 candles of 5m, which is too many, and 672 of 15m."""
    versions = [strategy("both", "1w", **BOTH)]
    monday = 4 * 24 * 12  # 2025-05-05, in candles of 5m
    rows = [row(number, close=100.0 + number % 11, timeframe="5m") for number in range(monday, monday + 2 * 2016)]
    key = f"both|{SYMBOL}|1w"
    market = run([*going(*versions), *rows], versions, [1_700], restores=[0])
    bars, inside = bars_of(market.frames[key]), market.inside(key)
    assert len(bars) == 2
    for bar in bars:
        within = inside[bar.open_time]
        assert {one.close_time - one.open_time for one in within} == {15 * MINUTE}
        assert len(within) == 672
        assert accounts_for(within, bar)
    assert run([*going(*versions), *rows], versions, [97]).inside(key) == inside


US = SessionConfig(zone="America/New_York", opens="09:30", closes="16:00", days="mon-fri")


@pytest.mark.parametrize(
    ("timeframe", "base", "inside_of", "method"),
    [("1d", "5m", 78, "ohlc"), ("1w", "15m", 130, "vwap"), ("1w", "5m", 130, "ohlc"), ("1h", "5m", 12, "typical")],
)
def test_candles_between_sessions_are_inside_no_bar(timeframe: str, base: str, inside_of: int, method: str) -> None:
    """The feed trades around the clock; a week of sessions is shown as bars of 15m, of the feed or made of it."""
    versions = [strategy("both", timeframe, **BOTH)]
    named = [{"name": timeframe, "enabled": True, "aggregation_method": method}]
    document = {"symbol": SYMBOL, "timeframes": named, "session": US.model_dump(), "base_timeframe": base}
    asset = AssetConfig.model_validate(document, strict=False)
    count = 18 * 24 * 60 * MINUTE // timeframe_ms(base)
    rows = [row(number, close=100.0 + number % 13, volume=2.0, timeframe=base) for number in range(count)]
    events: list[Feed] = [listing(asset), *going(*versions), *rows]
    key = f"both|{SYMBOL}|{timeframe}"
    market = run(events, versions, [700], restores=[2])
    grid, inside = grid_of(US), market.inside(key)
    bars = bars_of(market.frames[key])
    assert len(bars) >= 3
    assert {len(one) for one in inside.values()} >= {inside_of}
    for bar in bars:
        within = inside[bar.open_time]
        assert sum(one.volume for one in within) == bar.volume
        assert all(grid.bucket(one.open_time, "1d") is not None for one in within)
        assert accounts_for(within, bar)
    assert run(events, versions, [41]).inside(key) == inside


def test_a_timeframe_that_nothing_short_enough_nests_in_has_none() -> None:
    assert finer_timeframe("1w", "1m", [], UtcGrid()) is None
    assert finer_timeframe("1d", "1s", ["7m", "1h"], UtcGrid()) == "1h"


def test_a_bar_is_looked_into_by_as_many_as_are_kept_and_by_no_more() -> None:
    kept = ["2m", "5m", "1h"]
    assert finer_timeframe(f"{MOST_INSIDE}m", "1m", kept, UtcGrid()) == "1m"
    assert finer_timeframe(f"{MOST_INSIDE + 2}m", "1m", kept, UtcGrid()) == "2m"


def test_bars_that_close_without_a_candle_of_their_own_end_show_theirs() -> None:
    """Nothing was traded in the last minutes of a bar; it closes with a candle of the next, or long after."""
    versions = [strategy("both", "5m", **BOTH)]
    rows = [row(number, close=100.0 + number) for number in (0, 1, 2, 12, 13, 14, 15)]
    for sizes in ([1], [10]):
        inside = run([*going(*versions), *rows], versions, sizes).inside(f"both|{SYMBOL}|5m")
        assert {opened: len(bars) for opened, bars in inside.items()} == {START: 3, START + 10 * MINUTE: 3}


def test_a_batch_of_the_first_candles_is_enough() -> None:
    versions = [strategy("both", "5m", **BOTH)]
    market = Market(*versions)
    (begun,) = versions
    market.feed(command(begun, desired(begun)), batch(*(row(number) for number in range(5))))
    (frames,) = market.frames[f"both|{SYMBOL}|5m"]
    assert [bar.open_time for bar in frames.finer_bars(0)] == [START + number * MINUTE for number in range(5)]
