"""What is true of every record: frozen, strict, closed, and in UTC milliseconds."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from schemas.avro.known import RECORD_TYPES
from schemas.dead_letter import DeadLetter
from schemas.record import Record, UtcTime, from_milliseconds, to_milliseconds
from tests.records import BY_TYPE, milliseconds

TIME = TypeAdapter[datetime](UtcTime)


@pytest.mark.parametrize("model", RECORD_TYPES)
@given(data=st.data())
def test_records_are_frozen_hold_nothing_unknown_and_lack_nothing(model: type[Record], data: st.DataObject) -> None:
    record = data.draw(BY_TYPE[model])
    fields = dict(record)
    assert model.model_validate(fields) == record
    first = next(iter(fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(record, first, fields[first])
    with pytest.raises(ValidationError, match="surprise\n  Extra inputs are not permitted"):
        model.model_validate(fields | {"surprise": 1})
    with pytest.raises(ValidationError, match=f"{first}\n  Field required"):
        model.model_validate({name: value for name, value in fields.items() if name != first})


@pytest.mark.parametrize("model", [model for model in RECORD_TYPES if model is not DeadLetter])
@given(data=st.data())
def test_records_of_text_survive_json(model: type[Record], data: st.DataObject) -> None:
    record = data.draw(BY_TYPE[model])
    assert model.model_validate_json(record.model_dump_json()) == record


@pytest.mark.parametrize(
    ("time", "complaint"),
    [
        (datetime(2025, 5, 9, 18), "expected a time in UTC such as 2025-05-09T18:18:00Z, got 2025-05-09T18:00:00"),  # noqa: DTZ001  # the fault in question
        (datetime(2025, 5, 9, tzinfo=timezone(timedelta(hours=2))), r"expected a time in UTC .*, got .*\+02:00"),
        (
            datetime(2025, 5, 9, microsecond=1, tzinfo=UTC),
            "expected whole milliseconds, got 2025-05-09T00:00:00.000001",
        ),
        ("2025-05-09T18:18:00Z", "valid datetime"),
        (1_746_814_680_000, "valid datetime"),
    ],
)
def test_times_are_whole_milliseconds_of_utc(time: object, complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        TIME.validate_python(time, strict=True)


def test_a_time_at_offset_zero_becomes_utc() -> None:
    greenwich = timezone(timedelta(0), "GMT")
    assert TIME.validate_python(datetime(2025, 1, 1, tzinfo=greenwich), strict=True).tzinfo is UTC


@given(milliseconds)
def test_milliseconds_are_exact(number: int) -> None:
    assert to_milliseconds(from_milliseconds(number)) == number
