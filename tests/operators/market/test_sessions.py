"""Sessions, against the wall clock of the standard library read minute after minute."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.market.grid import SessionGrid, UtcGrid
from schemas.record import from_milliseconds, to_milliseconds
from schemas.session import SessionConfig

MINUTE = 60_000
STEP = 5 * MINUTE
HOUR = 60 * MINUTE

US = SessionConfig(zone="America/New_York", opens="09:30", closes="16:00", days="mon-fri")
FX = SessionConfig(zone="America/New_York", opens="17:00", days="sun-thu")
CME = SessionConfig(zone="America/Chicago", opens="17:00", closes="16:00", days="sun-thu")
TOKYO = SessionConfig(zone="Asia/Tokyo", opens="09:00", closes="15:30", days="mon-fri")
LONDON_DAYS = SessionConfig(zone="Europe/London")
LORD_HOWE = SessionConfig(zone="Australia/Lord_Howe")
RIYADH = SessionConfig(zone="Asia/Riyadh", opens="10:00", closes="15:00", days="sun-thu")
MORNING = SessionConfig(zone="Asia/Kolkata", opens="08:00", days="mon-sun")

Span = tuple[int, int]


def at(text: str) -> int:
    return to_milliseconds(datetime.fromisoformat(text).replace(tzinfo=UTC))


def opening_day(local: datetime, session: SessionConfig) -> date | None:
    """The date on which the session opened in which a wall clock shows this; None between sessions."""
    opens, closes = time.fromisoformat(session.opens), time.fromisoformat(session.closes or session.opens)
    now, day = local.time(), local.date()
    if opens < closes:
        open_now = opens <= now < closes
    elif now >= opens:
        open_now = True
    else:
        open_now, day = now < closes, day - timedelta(days=1)
    return day if open_now and day.weekday() in session.weekdays else None


def by_the_clock(session: SessionConfig, first: str, last: str) -> dict[date, list[int]]:
    """Every five minutes of the sessions between two days, by the date on which they open."""
    zone = ZoneInfo(session.zone)
    found: dict[date, list[int]] = {}
    for instant in range(at(first), at(last), STEP):
        day = opening_day(from_milliseconds(instant).astimezone(zone), session)
        if day is not None:
            found.setdefault(day, []).append(instant)
    return dict(list(found.items())[1:-1])  # those at the edges are not seen whole


@pytest.mark.parametrize(
    ("session", "first", "last", "hours"),
    [
        pytest.param(US, "2025-03-03", "2025-03-22", {6.5}, id="new-york-in-spring"),
        pytest.param(US, "2025-10-27", "2025-11-15", {6.5}, id="new-york-in-autumn"),
        pytest.param(FX, "2025-03-02", "2025-03-20", {24.0}, id="fx-in-spring"),
        pytest.param(FX, "2025-10-26", "2025-11-14", {24.0}, id="fx-in-autumn"),
        pytest.param(CME, "2025-03-02", "2025-03-20", {23.0}, id="futures"),
        pytest.param(TOKYO, "2025-06-01", "2025-06-20", {6.5}, id="tokyo-with-its-lunch"),
        pytest.param(RIYADH, "2025-06-01", "2025-06-20", {5.0}, id="riyadh-opens-on-sundays"),
        pytest.param(LONDON_DAYS, "2025-03-20", "2025-04-08", {24.0, 23.0}, id="a-short-day"),
        pytest.param(LONDON_DAYS, "2025-10-17", "2025-11-05", {24.0, 25.0}, id="a-long-day"),
        pytest.param(LORD_HOWE, "2025-03-28", "2025-04-15", {24.0, 24.5}, id="half-an-hour-longer"),
        pytest.param(LORD_HOWE, "2025-09-26", "2025-10-14", {24.0, 23.5}, id="half-an-hour-shorter"),
        pytest.param(MORNING, "2025-06-01", "2025-06-20", {24.0}, id="from-morning-to-morning"),
    ],
)
def test_sessions_are_what_the_wall_clock_says(
    session: SessionConfig, first: str, last: str, hours: set[float]
) -> None:
    days = by_the_clock(session, first, last)
    grid = SessionGrid(session)
    seen = set()
    for instants in days.values():
        start, end = instants[0], instants[-1] + STEP
        seen.add((end - start) / HOUR)
        for instant in instants:
            assert grid.bucket(instant, "1d") == (start, end)
            hour = start + (instant - start) // HOUR * HOUR
            assert grid.bucket(instant, "1h") == (hour, min(hour + HOUR, end))
        assert grid.expected(start, end, MINUTE) == (end - start) / MINUTE
    assert seen == hours
    inside = {instant for instants in days.values() for instant in instants}
    outside = [instant for instant in range(min(inside), max(inside), STEP) if instant not in inside]
    assert [grid.bucket(instant, "5m") for instant in outside] == [None] * len(outside)


@pytest.mark.parametrize(
    ("session", "traded_later"),
    [(US, 0), (FX, 1), (CME, 1), (TOKYO, 0), (RIYADH, 0), (LONDON_DAYS, 0), (MORNING, 0)],
)
def test_a_week_is_its_sessions_from_monday_to_sunday(session: SessionConfig, traded_later: int) -> None:
    weeks: dict[tuple[int, int], list[int]] = {}
    for day, instants in by_the_clock(session, "2025-02-20", "2025-04-10").items():
        year, week, _ = (day + timedelta(days=traded_later)).isocalendar()
        weeks.setdefault((year, week), []).extend(instants)
    whole = list(weeks.values())[1:-1]
    assert len(whole) >= 5
    grid = SessionGrid(session)
    for instants in whole:
        assert {grid.bucket(instant, "1w") for instant in instants} == {(instants[0], instants[-1] + STEP)}
        assert grid.expected(instants[0], instants[-1] + STEP, STEP) == len(instants)


def test_a_week_of_currencies_is_from_sunday_to_friday_in_new_york() -> None:
    assert SessionGrid(FX).bucket(at("2025-06-11T12:00"), "1w") == (at("2025-06-08T21:00"), at("2025-06-13T21:00"))


def test_the_opening_moves_in_utc_when_the_clocks_change() -> None:
    grid = SessionGrid(US)
    assert grid.bucket(at("2025-03-07T15:00"), "1d") == (at("2025-03-07T14:30"), at("2025-03-07T21:00"))
    assert grid.bucket(at("2025-03-10T15:00"), "1d") == (at("2025-03-10T13:30"), at("2025-03-10T20:00"))


def test_the_last_bucket_of_a_session_is_cut() -> None:
    grid = SessionGrid(US)
    assert grid.bucket(at("2025-03-10T19:59"), "1h") == (at("2025-03-10T19:30"), at("2025-03-10T20:00"))
    assert grid.bucket(at("2025-03-10T19:59"), "4h") == (at("2025-03-10T17:30"), at("2025-03-10T20:00"))
    assert grid.expected(at("2025-03-10T17:30"), at("2025-03-10T20:00"), MINUTE) == 150


def test_an_opening_that_the_clocks_skip_is_the_first_instant_after() -> None:
    grid = SessionGrid(SessionConfig(zone="America/Sao_Paulo"))  # 2018-11-04 began at 01:00
    assert grid.bucket(at("2018-11-04T12:00"), "1d") == (at("2018-11-04T03:00"), at("2018-11-05T02:00"))
    assert grid.bucket(at("2018-11-04T02:59"), "1d") == (at("2018-11-03T03:00"), at("2018-11-04T03:00"))


def test_of_an_opening_that_the_clocks_show_twice_the_first_counts() -> None:
    grid = SessionGrid(SessionConfig(zone="America/New_York", opens="01:30", closes="12:00"))
    assert grid.bucket(at("2025-11-02T12:00"), "1d") == (at("2025-11-02T05:30"), at("2025-11-02T17:00"))


def test_a_close_that_the_clocks_skip_is_not_after_the_opening_that_follows_it() -> None:
    grid = SessionGrid(SessionConfig(zone="America/New_York", opens="03:10", closes="02:30"))  # 02:30 became 03:30
    assert grid.bucket(at("2025-03-09T07:05"), "1d") == (at("2025-03-08T08:10"), at("2025-03-09T07:10"))
    assert grid.bucket(at("2025-03-09T07:10"), "1d") == (at("2025-03-09T07:10"), at("2025-03-10T06:30"))


def test_a_date_that_a_zone_skipped_has_no_session() -> None:
    grid = SessionGrid(SessionConfig(zone="Pacific/Apia"))  # went from 2011-12-29 to 2011-12-31
    assert grid.bucket(at("2011-12-30T09:59"), "1d") == (at("2011-12-29T10:00"), at("2011-12-30T10:00"))
    assert grid.bucket(at("2011-12-30T10:00"), "1d") == (at("2011-12-30T10:00"), at("2011-12-31T10:00"))


def test_midnights_of_utc_are_the_grid_of_utc() -> None:
    sessions, utc = SessionGrid(SessionConfig(zone="UTC")), UtcGrid()
    for instant in range(at("2024-02-20"), at("2024-03-10"), 7 * HOUR + STEP):
        for timeframe in ("5m", "1h", "4h", "1d", "1w"):
            assert sessions.bucket(instant, timeframe) == utc.bucket(instant, timeframe)


@pytest.mark.parametrize(
    ("timeframe", "end", "start", "count"),
    [
        ("1d", "2025-03-07T21:00", "2025-03-10T13:30", 0),  # a weekend
        ("1d", "2025-03-07T21:00", "2025-03-12T13:30", 2),
        ("1h", "2025-03-07T21:00", "2025-03-11T13:30", 7),
        ("1h", "2025-03-07T20:30", "2025-03-10T15:30", 3),  # the short one of Friday, two of Monday
        ("1w", "2025-03-07T21:00", "2025-03-24T13:30", 2),
        ("1w", "2025-03-07T21:00", "2025-03-10T13:30", 0),
    ],
)
def test_missing_buckets_are_those_of_sessions(timeframe: str, end: str, start: str, count: int) -> None:
    assert SessionGrid(US).missing(timeframe, at(end), at(start)) == count


def test_missing_buckets_of_ages_are_not_counted_to_the_end() -> None:
    assert SessionGrid(US).missing("1d", at("2025-03-07T21:00"), at("9000-03-10T13:30")) == 4_000


def test_between_sessions_the_next_end_is_that_of_the_first_bucket_to_come() -> None:
    grid = SessionGrid(US)
    assert grid.next_end(at("2025-03-08T12:00"), "5m") == at("2025-03-10T13:35")
    assert grid.next_end(at("2025-03-08T12:00"), "1d") == at("2025-03-10T20:00")
    assert grid.next_end(at("2025-03-10T13:35"), "5m") == at("2025-03-10T13:40")


def test_before_the_year_three_there_are_no_sessions() -> None:
    grid = SessionGrid(US)
    first = at("0001-01-01")
    assert grid.bucket(first, "1d") is None
    assert grid.next_end(first, "1d") > first


def test_candles_between_sessions_are_left_out() -> None:
    times = list(range(at("2025-03-10T13:00"), at("2025-03-10T21:00"), STEP))
    rows = [(float(time), 0.0, 0.0, 0.0, 0.0) for time in times]
    kept, kept_times = SessionGrid(US).inside(rows, times)
    assert kept_times == list(range(at("2025-03-10T13:30"), at("2025-03-10T20:00"), STEP))
    assert [row[0] for row in kept] == kept_times


clock_times = st.integers(0, 24 * 60 - 1).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
sessions = st.builds(
    SessionConfig,
    zone=st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"]),
    opens=clock_times,
    days=st.sampled_from(["mon-sun", "mon-fri", "sun-thu", "wed", "fri-mon"]),
) | st.builds(
    SessionConfig,
    zone=st.sampled_from(["America/New_York", "Europe/London", "America/Sao_Paulo", "Africa/Casablanca"]),
    opens=clock_times.filter(lambda text: text < "12:00"),
    closes=clock_times.filter(lambda text: text >= "12:00"),
    days=st.sampled_from(["mon-sun", "mon-fri", "sat,sun"]),
)
instants = st.integers(at("2000-01-01"), at("2037-12-31"))
LADDER = ("5m", "30m", "1h", "4h", "1d", "1w")


@given(session=sessions, questions=st.lists(instants, min_size=1, max_size=8), timeframe=st.sampled_from(LADDER))
def test_a_bucket_does_not_depend_on_what_was_asked_before(
    session: SessionConfig, questions: list[int], timeframe: str
) -> None:
    grid = SessionGrid(session)
    answers = [grid.bucket(instant, timeframe) for instant in questions]
    assert answers == [SessionGrid(session).bucket(instant, timeframe) for instant in questions]


@given(session=sessions, instant=instants)
def test_buckets_hold_their_instant_and_nest(session: SessionConfig, instant: int) -> None:
    grid = SessionGrid(session)
    buckets = [grid.bucket(instant, timeframe) for timeframe in LADDER]
    found = [bucket for bucket in buckets if bucket is not None]
    assert len(found) in {0, len(LADDER)}
    assert all(start <= instant < end for start, end in found)
    assert all(outer[0] <= inner[0] and inner[1] <= outer[1] for inner, outer in pairwise(found))


@given(session=sessions, instant=instants, timeframe=st.sampled_from(LADDER))
def test_buckets_follow_each_other_without_a_gap_in_the_count(
    session: SessionConfig, instant: int, timeframe: str
) -> None:
    grid = SessionGrid(session)
    first = end = grid.next_end(instant, timeframe)
    for count in range(4):
        last = end
        end = grid.next_end(end, timeframe)
        assert end > last
        bucket = grid.bucket(end - 1, timeframe)
        assert bucket is not None
        assert bucket[1] == end
        assert grid.missing(timeframe, first, bucket[0]) == count
