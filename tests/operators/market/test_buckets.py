"""Candles of a higher timeframe: on which grid, of which candles, and closed by which."""

from collections import defaultdict
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.indicators.history import Row
from operators.market.buckets import Buckets, bucket_of, misfit

MINUTE = 60_000


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def shown(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="minutes").removesuffix("+00:00")


@pytest.mark.parametrize(
    ("instant", "timeframe", "opens"),
    [
        ("2025-05-01T13:59:59", "1h", "2025-05-01T13:00"),
        ("2025-05-01T14:00:00", "1h", "2025-05-01T14:00"),
        ("2025-05-01T14:00:00", "4h", "2025-05-01T12:00"),
        ("2025-05-01T23:59:00", "1d", "2025-05-01T00:00"),
        ("2025-05-01T23:59:00", "1w", "2025-04-28T00:00"),  # a Monday
        ("2025-05-05T00:00:00", "1w", "2025-05-05T00:00"),
        ("1969-12-31T23:59:00", "1h", "1969-12-31T23:00"),
    ],
)
def test_buckets_open_on_the_grid_of_utc_and_weeks_on_mondays(instant: str, timeframe: str, opens: str) -> None:
    assert shown(bucket_of(at(instant), timeframe)) == opens


@pytest.mark.parametrize(
    ("timeframe", "own"), [("5m", "1m"), ("1h", "15m"), ("1w", "1d"), ("2w", "1w"), ("1d", "1d"), ("1w", "4h")]
)
def test_a_whole_number_of_candles_makes_a_bucket(timeframe: str, own: str) -> None:
    assert not misfit(timeframe, own)


@pytest.mark.parametrize(
    ("timeframe", "own", "reason"),
    [
        ("1m", "5m", "1m is shorter than the 5m candles of this series"),
        ("1h", "45m", "1h is not a whole number of the 45m candles of this series"),
        ("1w", "3d", "1w is not a whole number of the 3d candles of this series"),
        (
            "14d",
            "1w",
            "14d is not a whole number of the 1w candles of this series",
        ),  # weeks open on Mondays, days do not
        ("1w", "7d", "1w is not a whole number of the 7d candles of this series"),
    ],
)
def test_what_does_not_fit_says_so(timeframe: str, own: str, reason: str) -> None:
    assert misfit(timeframe, own) == reason


def rows_at(*minutes: int) -> tuple[list[Row], list[int]]:
    """Candles that open at these minutes, each telling its minute by its prices."""
    return [(100.0 + m, 200.0 + m, 50.0 - m, 110.0 + m, 1.0) for m in minutes], [m * MINUTE for m in minutes]


def test_a_bucket_closes_with_the_candle_that_ends_it() -> None:
    closed, times, counts = Buckets("5m", "1m", 0).add(*rows_at(*range(7)))
    assert closed == [(100.0, 204.0, 46.0, 114.0, 5.0)]
    assert times == [0]
    assert counts == [0, 0, 0, 0, 1, 1, 1]


def test_a_bucket_whose_last_candle_is_missing_closes_with_the_next_that_comes() -> None:
    closed, times, counts = Buckets("5m", "1m", 0).add(*rows_at(0, 1, 3, 7, 8, 9, 10))
    assert closed == [(100.0, 203.0, 47.0, 113.0, 3.0), (107.0, 209.0, 41.0, 119.0, 3.0)]
    assert times == [0, 5 * MINUTE]
    assert counts == [0, 0, 0, 1, 1, 2, 2]


def test_two_buckets_may_close_with_one_candle() -> None:
    closed, times, counts = Buckets("5m", "1m", 0).add(*rows_at(3, 9))
    assert [row[3] for row in closed] == [113.0, 119.0]
    assert times == [0, 5 * MINUTE]
    assert counts == [0, 2]


def test_a_bucket_of_which_nothing_came_is_left_out() -> None:
    _, times, counts = Buckets("5m", "1m", 0).add(*rows_at(4, 14))
    assert times == [0, 10 * MINUTE]
    assert counts == [1, 2]


def test_what_came_before_the_origin_is_left_out() -> None:
    closed, times, counts = Buckets("5m", "1m", 5 * MINUTE).add(*rows_at(2, 3, 4, 5, 9))
    assert times == [5 * MINUTE]
    assert closed[0][0] == 105.0
    assert counts == [0, 0, 0, 0, 1]


@given(
    minutes=st.sets(st.integers(0, 200), max_size=60).map(sorted),
    timeframe=st.sampled_from(["1m", "2m", "5m", "1h"]),
    cuts=st.lists(st.integers(0, 60), max_size=5),
)
def test_any_batching_and_any_stop_gives_what_grouping_all_at_once_gives(
    minutes: list[int], timeframe: str, cuts: list[int]
) -> None:
    rows, times = rows_at(*minutes)
    buckets = Buckets(timeframe, "1m", 0)
    closed: list[Row] = []
    opened: list[int] = []
    counts: list[int] = []
    bounds = sorted({0, *(min(cut, len(rows)) for cut in cuts), len(rows)})
    for start, stop in pairwise(bounds):
        some, some_times, some_counts = buckets.add(rows[start:stop], times[start:stop])
        counts += [len(closed) + count for count in some_counts]
        closed += some
        opened += some_times
        buckets = Buckets(timeframe, "1m", 0, buckets.forming)
    grouped: dict[int, list[Row]] = defaultdict(list)
    for row, time in zip(rows, times, strict=True):
        grouped[bucket_of(time, timeframe)].append(row)
    length = bucket_of(10**9, timeframe) - bucket_of(bucket_of(10**9, timeframe) - 1, timeframe)
    end = times[-1] + MINUTE if times else 0
    expected = {
        opens: (some[0][0], max(r[1] for r in some), min(r[2] for r in some), some[-1][3], float(len(some)))
        for opens, some in grouped.items()
        if opens + length <= end
    }
    assert dict(zip(opened, closed, strict=True)) == expected
    assert counts == [sum(opens + length <= time + MINUTE for opens in expected) for time in times]
