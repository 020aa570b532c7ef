"""A clock that is moved is moved for whoever reads it in Python, and is the true one again afterwards."""

import pickle
import time
from datetime import UTC, datetime
from time import monotonic, time_ns

import pytest

from dataflows.prove.moved_clock import MovedClock

HOUR = 3_600.0


def test_an_hour_passes_on_every_clock_without_waiting() -> None:
    before = datetime.now(UTC), time.time(), time_ns(), monotonic(), time.perf_counter()
    with MovedClock() as clock:
        clock.offset_s = HOUR
        after = datetime.now(UTC), time.time(), time_ns(), monotonic(), time.perf_counter()
    assert (after[0] - before[0]).total_seconds() == pytest.approx(HOUR, abs=30)
    assert after[1] - before[1] == pytest.approx(HOUR, abs=30)
    assert (after[2] - before[2]) / 1e9 == pytest.approx(HOUR, abs=30)
    assert after[3] - before[3] == pytest.approx(HOUR, abs=30)
    assert after[4] - before[4] == pytest.approx(HOUR, abs=30)


def test_set_back_a_date_goes_back_and_a_steady_clock_does_not() -> None:
    date, steady = datetime.now(UTC), monotonic()
    with MovedClock() as clock:
        clock.offset_s = -HOUR
        assert (datetime.now(UTC) - date).total_seconds() == pytest.approx(-HOUR, abs=30)
        assert monotonic() >= steady


def test_afterwards_everything_is_the_true_one() -> None:
    own = datetime, monotonic, time_ns, time.time, time.monotonic
    with MovedClock():
        assert datetime is not own[0]
        assert monotonic is not own[1]
    assert (datetime, monotonic, time_ns, time.time, time.monotonic) == own


def test_dates_that_are_made_meanwhile_are_dates() -> None:
    with MovedClock():
        made = [datetime(2025, 1, 6, tzinfo=UTC), datetime.fromtimestamp(0, UTC), datetime.fromisoformat("2025-01-06")]
        assert all(isinstance(one, datetime) for one in made)
    assert [type(one) for one in made] == [datetime] * 3
    assert made[0] == datetime(2025, 1, 6, tzinfo=UTC)


def test_only_the_wall_moves_where_that_is_asked_for() -> None:
    before = time.time(), monotonic()
    with MovedClock(wall_only=True) as clock:
        clock.offset_s = 5 * HOUR
        assert time.time() - before[0] == pytest.approx(5 * HOUR, abs=30)
        assert monotonic() - before[1] < HOUR


def test_a_time_can_go_to_another_process_under_a_moved_clock() -> None:
    with MovedClock() as clock:
        clock.offset_s = HOUR
        now = datetime.now(UTC)
        assert pickle.loads(pickle.dumps(now)) == now  # noqa: S301  # its own
