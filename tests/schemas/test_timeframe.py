"""Timeframes and their grids."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.record import to_milliseconds
from schemas.timeframe import check_timeframe, is_aligned, is_multiple, timeframe_ms


@pytest.mark.parametrize(
    ("timeframe", "seconds"),
    [("1s", 1), ("90s", 90), ("1m", 60), ("15m", 900), ("4h", 14_400), ("1d", 86_400), ("2w", 1_209_600)],
)
def test_a_timeframe_is_a_count_of_units(timeframe: str, seconds: int) -> None:
    assert timeframe_ms(timeframe) == seconds * 1_000


@pytest.mark.parametrize("timeframe", ["", "m", "0m", "01m", "-1m", "1.5h", "1M", "1y", "60", " 1m", "1m\n", "999999m"])
def test_anything_else_is_named(timeframe: str) -> None:
    with pytest.raises(ValueError, match="expected a timeframe such as 1m, 5m, 1h, 4h, 1d or 1w, got"):
        timeframe_ms(timeframe)


@pytest.mark.parametrize(
    ("timeframe", "hint"),
    [
        ("1M", " (months have no fixed length)"),
        ("3mo", " (months have no fixed length)"),
        ("1month", " (months have no fixed length)"),
        ("1H", ' (did you mean "1h"?)'),
        ("15mm", ' (did you mean "15m"?)'),
    ],
)
def test_a_month_is_told_to_be_none_and_others_get_the_nearest_name(timeframe: str, hint: str) -> None:
    with pytest.raises(ValueError, match="expected a timeframe") as refused:
        timeframe_ms(timeframe)
    assert str(refused.value).endswith(f'got "{timeframe}"{hint}')


@pytest.mark.parametrize(
    ("time", "timeframe", "aligned"),
    [
        (datetime(2025, 5, 9, 18, 18, tzinfo=UTC), "1m", True),
        (datetime(2025, 5, 9, 18, 18, tzinfo=UTC), "3m", True),
        (datetime(2025, 5, 9, 18, 18, tzinfo=UTC), "5m", False),
        (datetime(2025, 5, 9, 18, 18, 0, 1_000, tzinfo=UTC), "1m", False),
        (datetime(2025, 5, 9, 16, tzinfo=UTC), "4h", True),
        (datetime(2025, 5, 9, 18, tzinfo=UTC), "4h", False),
        (datetime(2025, 5, 12, tzinfo=UTC), "1w", True),  # a Monday
        (datetime(2025, 5, 8, tzinfo=UTC), "1w", False),  # a Thursday, as 1970-01-01 was
        (datetime(1969, 12, 29, tzinfo=UTC), "1w", True),  # a Monday before the epoch
        (datetime(1969, 12, 31, 23, 55, tzinfo=UTC), "5m", True),
    ],
)
def test_candles_open_on_the_grid(time: datetime, timeframe: str, *, aligned: bool) -> None:
    assert is_aligned(to_milliseconds(time), timeframe) is aligned


TIMEFRAMES = ["1s", "7s", "1m", "5m", "7m", "1h", "4h", "1d", "2d", "3d", "4d", "7d", "14d", "1w", "2w"]


@given(st.sampled_from(TIMEFRAMES), st.sampled_from(TIMEFRAMES), st.integers(-100, 100_000))
def test_a_multiple_opens_and_closes_with_candles_of_its_base(timeframe: str, base: str, count: int) -> None:
    length, own = timeframe_ms(timeframe), timeframe_ms(base)
    openings = range(count * 86_400_000, (count + 14) * 86_400_000, 86_400_000)
    aligned = [opens for opens in openings if is_aligned(opens, timeframe)]
    fits = all(is_aligned(opens, base) and is_aligned(opens + length, base) for opens in aligned)
    assert is_multiple(timeframe, base) is (length % own == 0 and fits)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1day", "1d"),
        ("2 days", "2d"),
        ("15min", "15m"),
        ("4hours", "4h"),
        ("90Seconds", "90s"),
        ("1wk", "1w"),
        ("daily", "1d"),
        ("hourly", "1h"),
        ("M15", "15m"),
        ("1D", "1d"),
        ("days", "day"),
    ],
)
def test_a_timeframe_in_other_words_is_told_in_ours(typed: str, meant: str) -> None:
    with pytest.raises(ValueError, match="expected a timeframe such as") as refused:
        check_timeframe(typed, also=("day", "swing"))
    assert str(refused.value).endswith(f'(did you mean "{meant}"?)')


def test_a_place_where_more_is_right_says_so() -> None:
    assert check_timeframe("7m", also=("day",)) == "7m"
    with pytest.raises(ValueError, match='or 1w, or one of "day", "swing", got "dayy"') as refused:
        check_timeframe("dayy", also=("day", "swing"))
    assert str(refused.value).endswith('(did you mean "day"?)')
