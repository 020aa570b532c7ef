"""Time zones by name, and the wall clock in them."""

import zoneinfo
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.indicators.kernels.local_time import DAY_MS, LocalTime
from operators.indicators.kernels.session_starts import SessionStarts
from operators.indicators.kernels.zones import zone, zone_names

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR_MS = 3_600_000


def ms(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> float:
    return (datetime(year, month, day, hour, minute, tzinfo=UTC) - EPOCH) / timedelta(milliseconds=1)


def test_every_name_has_its_rules() -> None:
    assert {"UTC", "Europe/London", "America/New_York", "Asia/Kolkata"} <= set(zone_names())
    assert all(zone(name).key == name for name in zone_names())
    assert len(zone_names()) > 400


def test_the_systems_search_path_and_cache_are_left_alone() -> None:
    before = zoneinfo.TZPATH
    zone.cache_clear()
    assert zone("Europe/Paris") is not zoneinfo.ZoneInfo("Europe/Paris")
    assert before == zoneinfo.TZPATH


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "utc\0", "x" * 10_000])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="expected an IANA time zone such as Europe/London, found") as refused:
        zone(name)
    assert len(str(refused.value)) < 200


def test_the_nearest_name_is_told() -> None:
    with pytest.raises(ValueError, match=r'found "america/new_york" \(did you mean "America/New_York"\?\)'):
        zone("america/new_york")


def expected(name: str, time: float) -> float:
    local = (EPOCH + timedelta(milliseconds=time)).astimezone(zone(name)).replace(tzinfo=UTC)
    return (local - EPOCH) / timedelta(milliseconds=1)


@given(
    name=st.sampled_from(zone_names()),
    times=st.lists(st.integers(-(2**41), 2**42).map(float), min_size=1, max_size=20),
)
def test_local_time_is_the_zones(name: str, times: list[float]) -> None:
    local = LocalTime(name)
    assert [local.at(time) for time in times] == [expected(name, time) for time in times]
    np.testing.assert_array_equal(LocalTime(name).whole(np.array(times)), [local.at(time) for time in times])


@pytest.mark.parametrize("name", ["America/New_York", "Australia/Lord_Howe", "Africa/Monrovia", "Pacific/Apia"])
def test_local_time_where_clocks_change(name: str) -> None:
    local = LocalTime(name)
    changes = {
        "America/New_York": ms(2025, 3, 9, 7),
        "Australia/Lord_Howe": ms(2025, 4, 5, 15),
        "Africa/Monrovia": ms(1972, 1, 7, 0, 44),
        "Pacific/Apia": ms(2011, 12, 30, 10),
    }
    times = [changes[name] + 60_000.0 * minute for minute in range(-90, 90)]
    assert [local.at(time) for time in times] == [expected(name, time) for time in times]
    assert len({local.at(time) - time for time in times}) == 2


def starts(zone_name: str, start: int, times: list[float]) -> list[int]:
    """The bars with which a session starts."""
    watch = SessionStarts(zone_name, start)
    return [bar for bar, time in enumerate(times) if watch.update(time)]


def test_a_session_starts_at_its_time_of_day_whatever_the_season() -> None:
    hours = [ms(2025, 3, 7) + HOUR_MS * hour for hour in range(24 * 5)]  # clocks go forward on 2025-03-09
    opened = [hours[bar] for bar in starts("America/New_York", 9 * 60, hours)]
    assert opened == [ms(2025, 3, 7, 14), ms(2025, 3, 8, 14), *(ms(2025, 3, day, 13) for day in (9, 10, 11))]


def test_of_a_time_that_comes_twice_the_first_counts() -> None:
    halves = [ms(2025, 11, 1, 12) + HOUR_MS / 2 * half for half in range(60)]  # 01:30 comes at 5:30 and at 6:30 UTC
    opened = [halves[bar] for bar in starts("America/New_York", 90, halves)]
    assert opened == [ms(2025, 11, 2, 5, 30)]


def test_a_time_that_the_clocks_leave_out_comes_with_the_next_bar() -> None:
    halves = [ms(2025, 3, 8, 12) + HOUR_MS / 2 * half for half in range(48)]  # no 02:30 on 2025-03-09
    opened = [halves[bar] for bar in starts("America/New_York", 150, halves)]
    assert opened == [ms(2025, 3, 9, 7)]


def test_the_first_bar_starts_a_session_only_on_the_dot() -> None:
    assert starts("UTC", 0, [ms(2025, 5, 1), ms(2025, 5, 1, 1)]) == [0]
    assert starts("UTC", 0, [ms(2025, 5, 1, 0, 1), ms(2025, 5, 1, 1), ms(2025, 5, 2, 3)]) == [2]


@given(
    name=st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    start=st.integers(0, 1_439),
    first=st.integers(0, 25_000).map(lambda day: float(day * DAY_MS)),
    steps=st.lists(st.integers(1, 3_000), min_size=1, max_size=60),
    cut=st.integers(0, 60),
)
def test_many_bars_at_once_start_the_same_sessions(
    name: str, start: int, first: float, steps: list[int], cut: int
) -> None:
    times = first + 60_000.0 * np.cumsum(steps)
    found = SessionStarts(name, start)
    whole = [*found.fill(times[:cut]).tolist(), *found.fill(times[cut:]).tolist()]
    assert [bar for bar, starting in enumerate(whole) if starting] == starts(name, start, times.tolist())
