"""Clocks and sessions at open times, against the standard library's calendar."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.indicators.clock import CLOCKS, clock, session
from operators.indicators.identity import resolve
from operators.indicators.kernels.clock import DAYS, Hand
from operators.indicators.kernels.zones import zone
from operators.indicators.node import Output
from operators.indicators.series import IndicatorSeries

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = ["UTC", "America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"]
READ: dict[str, Callable[[datetime], int]] = {
    "hour": lambda time: time.hour,
    "minute": lambda time: time.minute,
    "weekday": lambda time: time.weekday(),
    "day": lambda time: time.day,
    "month": lambda time: time.month,
}
minutes = st.integers(0, 40_000_000).map(lambda minute: minute * 60_000)


def values(output: Output, times: list[int]) -> list[float]:
    """Over the same candle at these open times, one by one and in a batch."""
    one_by_one, batch = IndicatorSeries(1), IndicatorSeries(1)
    row = (1.0, 1.0, 1.0, 1.0, 1.0)
    for series in (one_by_one, batch):
        series.want([output.indicator])
    single = [one_by_one.extend([row], [time])[output.column][1] for time in times]
    assert batch.extend([row] * len(times), times)[output.column][1:] == single
    return single


def at(text: str) -> int:
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)


@pytest.mark.parametrize("shown", CLOCKS)
@pytest.mark.parametrize("name", ZONES)
@given(start=minutes, steps=st.lists(st.integers(1, 100_000), min_size=1, max_size=20))
def test_hand_shows_what_the_calendar_says(shown: str, name: str, start: int, steps: list[int]) -> None:
    times = [start + 60_000 * int(step) for step in np.cumsum(steps)]
    hand = Hand(shown, name)
    expected = [READ[shown]((EPOCH + timedelta(milliseconds=time)).astimezone(zone(name))) for time in times]
    assert [hand.update(float(time)) for time in times] == expected


@given(minutes, st.integers(0, 1439), st.integers(1, 1440), st.sets(st.integers(0, 6), min_size=1))
def test_session_is_open_as_its_hours_say(time: int, opens: int, length: int, days: set[int]) -> None:
    closes = (opens + length) % 1440 or 1440
    if closes == opens:
        return  # a whole day that is none of the calendar's
    from_text, to_text = (f"{minute // 60:02}:{minute % 60:02}" for minute in (opens, closes))
    output = session(from_text, to_text, "America/New_York", ",".join(DAYS[day] for day in days))
    local = (EPOCH + timedelta(milliseconds=time)).astimezone(zone("America/New_York"))
    minute = local.hour * 60 + local.minute
    today = local.weekday() in days and opens <= minute < (closes if closes > opens else 1440)
    from_yesterday = closes < opens and minute < closes and (local.weekday() - 1) % 7 in days
    assert values(output, [time]) == [float(today or from_yesterday)]


def test_session_keeps_local_hours_when_clocks_change() -> None:
    wall_street = session("09:30", "16:00", "America/New_York", "mon-fri")
    times = [
        "2025-03-07 14:25", "2025-03-07 14:30", "2025-03-07 20:55", "2025-03-07 21:00",  # winter: UTC-5, a Friday
        "2025-03-08 15:00",  # Saturday
        "2025-03-10 13:25", "2025-03-10 13:30", "2025-03-10 19:55", "2025-03-10 20:00",  # summer: UTC-4, a Monday
    ]  # fmt: skip
    assert values(wall_street, [at(time) for time in times]) == [0, 1, 1, 0, 0, 0, 1, 1, 0]


def test_night_session_belongs_to_the_day_on_which_it_opens() -> None:
    friday_night = session("22:00", "02:00", "UTC", "fri")
    times = ["2025-03-07 01:00", "2025-03-07 22:00", "2025-03-08 01:59", "2025-03-08 02:00", "2025-03-08 22:00"]
    assert values(friday_night, [at(time) for time in times]) == [0, 1, 1, 0, 0]


def test_days_may_pass_the_end_of_the_week_and_be_written_in_any_way() -> None:
    assert session("0:00", "24:00", days="fri-mon") == session("00:00", "24:00", "UTC", " Sat, sun,MON ,fri")
    assert session("09:00", "10:00").column == session("9:00", "10:00", "UTC", "tue-mon").column


def test_equal_clocks_are_one_computation() -> None:
    assert clock("hour").indicator == clock("hour", "UTC").indicator
    assert clock("hour").indicator != clock("hour", "Europe/London").indicator


@pytest.mark.parametrize("shown", CLOCKS)
def test_a_declared_clock_is_the_one_that_an_expression_reads(shown: str) -> None:
    declared = resolve(shown.upper(), {"time_zone": "Europe/London"}, where="clock")
    assert declared == clock(shown, "Europe/London").indicator
    assert declared.definition == clock(shown).indicator.definition
    assert resolve(shown, {}, where="clock") == clock(shown).indicator


@pytest.mark.parametrize("output", [*map(clock, CLOCKS), session("09:00", "17:00")], ids=lambda one: one.name)
def test_whole_numbers_are_floats_one_by_one_as_in_batches(output: Output) -> None:
    found = values(output, [at("2025-03-07 09:00"), at("2025-03-07 09:01")])
    assert [type(value) for value in found] == [float, float]


def test_without_open_times_a_clock_is_never_ready() -> None:
    series = IndicatorSeries(1)
    hour = clock("hour")
    series.want([hour.indicator])
    assert np.isnan(series.extend([(1.0, 1.0, 1.0, 1.0, 1.0)] * 3)[hour.column]).all()


@pytest.mark.parametrize(
    ("opens", "closes", "name", "days", "message"),
    [
        ("9", "16:00", "UTC", "mon", 'expected a time of day from 00:00 to 24:00, such as 09:30, found "9"'),
        ("24:01", "16:00", "UTC", "mon", 'such as 09:30, found "24:01"'),
        ("09:30", "09:3\N{FULLWIDTH DIGIT ZERO}", "UTC", "mon", "expected a time of day"),
        ("09:30", "09:30", "UTC", "mon", 'that opens before midnight and lasts, found "09:30" to "09:30"; a whole day'),
        ("24:00", "09:30", "UTC", "mon", 'found "24:00" to "09:30"; a whole day is "00:00" to "24:00"'),
        ("09:30", "16:00", "UTC", "mon-fry", 'expected days such as mon-fri or sat,sun, found "fry"'),
        ("09:30", "16:00", "UTC", "", 'expected days such as mon-fri or sat,sun, found ""'),
        ("09:30", "16:00", "New_York", "mon", 'found "New_York"'),
        ("09:30", "16:00", "../../etc/passwd", "mon", "expected an IANA time zone"),
    ],
)
def test_session_that_means_nothing_is_refused(opens: str, closes: str, name: str, days: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the text is matched below
        session(opens, closes, name, days)
    assert message in str(caught.value)
