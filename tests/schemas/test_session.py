"""Sessions: hours and days as people write them."""

import pytest
from pydantic import ValidationError

from schemas.session import SessionConfig, minute_of_day, weekdays


@pytest.mark.parametrize(("text", "minute"), [("00:00", 0), ("09:30", 570), ("23:59", 1_439)])
def test_a_time_of_day_is_minutes_since_midnight(text: str, minute: int) -> None:
    assert minute_of_day(text) == minute


@pytest.mark.parametrize("text", ["25:00", "24:00", "9:30", "09:60", "0930", "09:30:00", "", "09:30\n", "٠٩:٣٠"])
def test_any_other_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a time of day from 00:00 to 23:59, such as 09:30, got"):
        minute_of_day(text)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon-sun", (0, 1, 2, 3, 4, 5, 6)),
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("sun-thu", (0, 1, 2, 3, 6)),
        ("sat", (5,)),
        ("fri,mon,wed", (0, 2, 4)),
        ("sat-sun,tue", (1, 5, 6)),
        ("wed-wed", (2,)),
    ],
)
def test_days_are_listed_or_spanned(text: str, days: tuple[int, ...]) -> None:
    assert weekdays(text) == days


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("mon-fry", r"got 'mon-fry' with 'fry' \(did you mean \"fri\"\?\)"),
        ("", "expected days such as mon-fri or mon,wed,fri, got ''"),
        ("mon,", "got 'mon,' with ''"),
        ("mon-wed,tue", "expected each day once, got 'mon-wed,tue'"),
        ("mon-tue-wed", "with 'tue-wed'"),
        ("Mon", r"got 'Mon' \(did you mean \"mon\"\?\)"),
    ],
)
def test_other_days_are_refused_with_the_nearest(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        weekdays(text)


def test_a_session_says_its_hours_and_days_as_numbers() -> None:
    session = SessionConfig(zone="America/New_York", opens="09:30", closes="16:00", days="mon-fri")
    assert (session.opens_minute, session.closes_minute, session.weekdays) == (570, 960, (0, 1, 2, 3, 4))
    whole = SessionConfig(zone="UTC")
    assert (whole.opens_minute, whole.closes_minute, whole.weekdays) == (0, None, (0, 1, 2, 3, 4, 5, 6))


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"opens": "09:00", "closes": "09:00"}, "expected closes to differ from opens \\(09:00\\), got the same"),
        ({"opens": "25:00"}, "expected a time of day"),
        ({"closes": "4pm"}, "expected a time of day"),
        ({"days": "weekdays"}, "expected days such as mon-fri"),
        ({"days": "mon," * 11}, "at most 40 characters"),
        ({"zone": ""}, "match pattern"),
        ({"zone": "../etc/passwd"}, "match pattern"),
    ],
)
def test_a_session_that_is_none_is_refused(fields: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        SessionConfig.model_validate({"zone": "UTC", **fields})
