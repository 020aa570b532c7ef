"""What holds of derived bars whatever the candles are and however they come."""

import json
import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st

from operators.indicators.history import Row
from operators.market.bars import METHODS, Bar, row_of
from operators.market.folds import Folds
from operators.market.grid import Grid, SessionGrid, UtcGrid
from schemas.session import SessionConfig

MINUTE = 60_000
START = 1_741_392_000_000  # 2025-03-08, the day before New York changes its clocks
LADDER = ("5m", "15m", "1h", "4h", "1d", "1w")
OTHERS = ("2m", "7m", "2h", "6h", "12h")
NEW_YORK = SessionConfig(zone="America/New_York", opens="17:00", closes="16:00", days="sun-fri")

Candles = tuple[list[Row], list[int]]
Closed = dict[str, list[Bar]]


def grid_on(*, sessions: bool) -> Grid:
    return SessionGrid(NEW_YORK) if sessions else UtcGrid()


@st.composite
def candles(draw: st.DrawFn) -> Candles:
    """Minutes with gaps of any length; prices and volumes whose sums depend on the order they are added in."""
    steps = draw(st.lists(st.sampled_from([1] * 20 + [2, 3, 7, 61, 300, 1500]), min_size=1, max_size=400))
    at, seed = draw(st.integers(0, 3000)), draw(st.integers(0, 2**31))
    rows: list[Row] = []
    times: list[int] = []
    for step in steps:
        at += step
        seed = (seed * 1_103_515_245 + 12_345) % 2**31
        middle, width, volume = 50.0 + seed % 997 / 7.0, seed % 31 / 11.0, seed % 13 / 3.0
        rows.append((middle, middle + width, middle - width / 3.0, middle + width / 2.0, volume))
        times.append(START + at * MINUTE)
    return rows, times


sizes = st.lists(st.sampled_from([1, 1, 1, 2, 3, 10, 100]), max_size=30)
some = st.sets(st.sampled_from(OTHERS))


def parts(found: Candles, split: Sequence[int]) -> list[Candles]:
    """The candles in parts of these sizes, and one of the rest."""
    rows, times = found
    bounds = [*accumulate(split, initial=0), len(rows)]
    return [(rows[start:stop], times[start:stop]) for start, stop in pairwise(bounds)]


def whole(found: Candles, others: set[str], *, sessions: bool = False, quiet_market: bool = False) -> Closed:
    folds = Folds("1m", grid_on(sessions=sessions), LADDER, quiet_market=quiet_market)
    for timeframe in sorted(others):
        folds.add(timeframe)
    return folds.extend(*found)


@given(found=candles(), split=sizes, others=some, sessions=st.booleans(), quiet_market=st.booleans())
def test_any_split_any_stop_and_any_company_gives_the_same_bars(
    found: Candles, split: list[int], others: set[str], *, sessions: bool, quiet_market: bool
) -> None:
    folds = Folds("1m", grid_on(sessions=sessions), LADDER, quiet_market=quiet_market)
    for timeframe in sorted(others, reverse=True):
        folds.add(timeframe)
    closed: defaultdict[str, list[Bar]] = defaultdict(list)
    for part in parts(found, split):
        for timeframe, bars in folds.extend(*part).items():
            closed[timeframe] += bars
        resume = json.loads(json.dumps(folds.snapshot()))
        folds = Folds("1m", grid_on(sessions=sessions), LADDER, quiet_market=quiet_market, resume=resume)
    expected = whole(found, set(OTHERS), sessions=sessions, quiet_market=quiet_market)
    kept = {*LADDER, *others}
    assert closed == {timeframe: bars for timeframe, bars in expected.items() if timeframe in kept}


@given(found=candles(), sessions=st.booleans())
def test_one_at_a_time_each_bar_comes_with_the_candle_that_reaches_its_end(found: Candles, *, sessions: bool) -> None:
    folds = Folds("1m", grid_on(sessions=sessions), LADDER)
    closed: defaultdict[str, list[Bar]] = defaultdict(list)
    watermark = -math.inf
    for row, time in zip(*found, strict=True):
        due = folds.next_end
        came = folds.extend([row], [time])
        assert not came or time + MINUTE >= due
        for timeframe, bars in came.items():
            assert all(watermark < bar.close_time <= time + MINUTE for bar in bars)
            closed[timeframe] += bars
        watermark = time + MINUTE
    assert closed == whole(found, set(), sessions=sessions)


@given(found=candles(), sessions=st.booleans(), ahead=st.integers(0, 20_000))
def test_bars_are_what_grouping_all_candles_gives(found: Candles, ahead: int, *, sessions: bool) -> None:
    grid = grid_on(sessions=sessions)
    folds = Folds("1m", grid, LADDER)
    watermark = found[1][-1] + MINUTE + ahead * MINUTE
    closed = folds.extend(*found, watermark)
    for timeframe in LADDER:
        groups: defaultdict[tuple[int, int], list[Row]] = defaultdict(list)
        for row, time in zip(*found, strict=True):
            bucket = grid.bucket(time, timeframe)
            if bucket is not None:
                groups[bucket].append(row)
        expected = {bucket: rows for bucket, rows in groups.items() if bucket[1] <= watermark}
        bars = closed.get(timeframe, [])
        assert [(bar.open_time, bar.close_time) for bar in bars] == list(expected)
        for bar, rows in zip(bars, expected.values(), strict=True):
            opens, highs, lows, closes, volumes = zip(*rows, strict=True)
            typical = [(row[1] + row[2] + row[3]) / 3.0 for row in rows]
            assert bar[2:6] == (opens[0], max(highs), min(lows), closes[-1])
            assert math.isclose(bar.volume, math.fsum(volumes), rel_tol=1e-12)
            assert math.isclose(bar.typical, math.fsum(typical), rel_tol=1e-12)
            worth = math.fsum(price * volume for price, volume in zip(typical, volumes, strict=True))
            assert math.isclose(bar.weighted, worth, rel_tol=1e-12)
            assert bar.candles == len(rows)
            assert bar.complete is (len(rows) == bar.expected)


@given(found=candles(), sessions=st.booleans())
def test_every_candle_is_in_one_bar_and_every_row_is_a_candle(found: Candles, *, sessions: bool) -> None:
    grid = grid_on(sessions=sessions)
    folds = Folds("1m", grid, LADDER)
    inside, _ = grid.inside(*found)
    closed = folds.extend(*found, found[1][-1] + 8 * 1440 * MINUTE)
    for timeframe in LADDER:
        bars = closed.get(timeframe, [])
        assert sum(bar.candles for bar in bars) == len(inside)
        assert all(earlier.close_time <= later.open_time for earlier, later in pairwise(bars))
        for bar in bars:
            assert 1 <= bar.candles <= bar.expected
            for method in METHODS:
                _, high, low, close, _ = row_of(bar, method)
                assert low <= bar.open <= high
                assert low <= close <= high


@given(
    found=candles(),
    bounds=st.tuples(st.integers(0, 399), st.integers(0, 399)).map(sorted),
    timeframe=st.sampled_from(OTHERS),
    sessions=st.booleans(),
)
def test_a_timeframe_primed_with_late_candles_is_from_then_on_as_if_it_had_always_been_kept(
    found: Candles, bounds: list[int], timeframe: str, *, sessions: bool
) -> None:
    rows, times = found
    first, at = (min(bound, len(rows) - 1) for bound in bounds)
    folds = Folds("1m", grid_on(sessions=sessions), LADDER)
    for part in parts((rows[:at], times[:at]), [1] * at):
        folds.extend(*part)
    closed = folds.add(timeframe, rows[first:at], times[first:at])
    closed += folds.extend(rows[at:], times[at:]).get(timeframe, [])
    expected = whole(found, {timeframe}, sessions=sessions).get(timeframe, [])
    assert [bar for bar in closed if bar.open_time >= times[first]] == [
        bar for bar in expected if bar.open_time >= times[first]
    ]
    if first == 0 < at:
        assert closed == expected


@given(found=candles(), sessions=st.booleans())
def test_in_a_quiet_market_all_but_the_first_bar_are_complete(found: Candles, *, sessions: bool) -> None:
    first = found[1][0]
    for bars in whole(found, set(OTHERS), sessions=sessions, quiet_market=True).values():
        assert [bar.complete for bar in bars] == [bar.open_time >= first for bar in bars]
        assert all(bar.complete for bar in bars[1:])


@given(found=candles(), sessions=st.booleans())
def test_bars_and_missing_ones_fill_the_time_between(found: Candles, *, sessions: bool) -> None:
    grid = grid_on(sessions=sessions)
    for timeframe, bars in whole(found, set(), sessions=sessions).items():
        for earlier, later in pairwise(bars):
            end = earlier.close_time
            for _ in range(grid.missing(timeframe, end, later.open_time)):
                end = grid.next_end(end, timeframe)
            bucket = grid.bucket(grid.next_end(end, timeframe) - 1, timeframe)
            assert bucket is not None
            assert bucket == (later.open_time, later.close_time)
