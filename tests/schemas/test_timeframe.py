"""Timeframes and their grids."""

from datetime import UTC, datetime

import pytest

from schemas.record import to_milliseconds
from schemas.timeframe import is_aligned, timeframe_ms


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
