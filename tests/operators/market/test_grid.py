"""Where buckets begin and end on the grid of UTC, and what cannot be made of what."""

from datetime import UTC, datetime

import pytest

from operators.market.grid import Grid, SessionGrid, UtcGrid, grid_of, misfit
from schemas.record import to_milliseconds
from schemas.session import SessionConfig

MINUTE = 60_000
NEW_YORK = SessionConfig(zone="America/New_York", opens="09:30", closes="16:00", days="mon-fri")


def at(text: str) -> int:
    return to_milliseconds(datetime.fromisoformat(text).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("instant", "timeframe", "start", "end"),
    [
        ("2025-06-11T17:44:59", "5m", "2025-06-11T17:40:00", "2025-06-11T17:45:00"),
        ("2025-06-11T17:45:00", "5m", "2025-06-11T17:45:00", "2025-06-11T17:50:00"),
        ("2025-06-11T17:44:00", "4h", "2025-06-11T16:00:00", "2025-06-11T20:00:00"),
        ("2025-06-11T23:59:59", "1d", "2025-06-11T00:00:00", "2025-06-12T00:00:00"),
        ("2025-06-15T23:59:00", "1w", "2025-06-09T00:00:00", "2025-06-16T00:00:00"),
        ("2025-06-16T00:00:00", "1w", "2025-06-16T00:00:00", "2025-06-23T00:00:00"),
        ("1969-12-31T23:59:00", "1h", "1969-12-31T23:00:00", "1970-01-01T00:00:00"),
        ("1970-01-01T00:00:00", "1w", "1969-12-29T00:00:00", "1970-01-05T00:00:00"),
    ],
)
def test_buckets_stand_on_the_grid_of_the_epoch_and_weeks_open_on_mondays(
    instant: str, timeframe: str, start: str, end: str
) -> None:
    grid = UtcGrid()
    assert grid.bucket(at(instant), timeframe) == (at(start), at(end))
    assert grid.next_end(at(instant), timeframe) == at(end)


def test_a_bucket_expects_as_many_candles_as_fit() -> None:
    grid = UtcGrid()
    start, end = grid.bucket(at("2025-06-11T17:44:00"), "4h")
    assert grid.expected(start, end, MINUTE) == 240
    assert grid.expected(start, end, 60 * MINUTE) == 4


def test_missing_buckets_are_counted_between_bars() -> None:
    grid = UtcGrid()
    assert grid.missing("5m", at("2025-06-11T17:40:00"), at("2025-06-11T17:40:00")) == 0
    assert grid.missing("5m", at("2025-06-11T17:40:00"), at("2025-06-11T17:55:00")) == 3


@pytest.mark.parametrize(
    ("timeframe", "base", "problem"),
    [
        ("1m", "1m", ""),
        ("1w", "1d", ""),
        ("1w", "4h", ""),
        ("7m", "1m", ""),
        ("1m", "5m", "1m is shorter than the 5m candles of the feed"),
        ("7m", "5m", "7m is not a whole number of the 5m candles of the feed"),
        ("1w", "2d", "1w is not a whole number of the 2d candles of the feed"),
        ("1w", "7d", "1w is not a whole number of the 7d candles of the feed"),
    ],
)
def test_a_timeframe_that_cannot_be_made_of_the_base_says_why(timeframe: str, base: str, problem: str) -> None:
    assert misfit(timeframe, base) == problem
    assert UtcGrid().misfit(timeframe, base) == problem
    assert UtcGrid().nests(base, timeframe) is (problem == "")


@pytest.mark.parametrize(
    ("timeframe", "base", "problem"),
    [
        ("30m", "30m", ""),
        ("1d", "1m", ""),
        ("1w", "30m", ""),
        ("7m", "1m", ""),
        (
            "1d",
            "4h",
            "sessions from 09:30 to 16:00 in America/New_York do not open and close with a 4h candle of the feed",
        ),
        (
            "1w",
            "1d",
            "sessions from 09:30 to 16:00 in America/New_York do not open and close with a 1d candle of the feed",
        ),
        ("3d", "1m", "3d is no timeframe of sessions: there are those up to 1d, and 1w"),
        ("2w", "1m", "2w is no timeframe of sessions: there are those up to 1d, and 1w"),
        ("1m", "5m", "1m is shorter than the 5m candles of the feed"),
        ("7m", "5m", "7m is not a whole number of the 5m candles of the feed"),
    ],
)
def test_sessions_have_to_open_and_close_with_a_candle(timeframe: str, base: str, problem: str) -> None:
    assert SessionGrid(NEW_YORK).misfit(timeframe, base) == problem


def test_a_zone_whose_clocks_go_by_half_an_hour_needs_candles_of_that_length() -> None:
    grid = SessionGrid(SessionConfig(zone="Australia/Lord_Howe"))
    assert grid.misfit("1d", "30m") == ""
    assert "do not open and close with a 1h candle" in grid.misfit("1d", "1h")


@pytest.mark.parametrize(
    ("lower", "timeframe", "nests"),
    [("5m", "1h", True), ("7m", "1h", False), ("4h", "1d", True), ("7m", "1d", True), ("1d", "1w", True)],
)
def test_any_session_is_made_of_whole_shorter_buckets(lower: str, timeframe: str, *, nests: bool) -> None:
    assert SessionGrid(NEW_YORK).nests(lower, timeframe) is nests


def test_an_asset_without_a_session_is_on_the_grid_of_utc() -> None:
    grids: list[Grid] = [grid_of(None), grid_of(NEW_YORK)]
    assert [grid.bucket(at("2025-06-14T12:00:00"), "1h") for grid in grids] == [
        (at("2025-06-14T12:00:00"), at("2025-06-14T13:00:00")),
        None,
    ]


def test_a_zone_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r'found "Europe/Lodnon" \(did you mean "Europe/London"\?\)'):
        SessionGrid(SessionConfig(zone="Europe/Lodnon"))
