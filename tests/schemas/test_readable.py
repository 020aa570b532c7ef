"""Bytes that are no whole record: what can be read of them is the record's own beginning."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.avro.known import RECORD_TYPES, current_schema
from schemas.avro.readable import readable
from schemas.candle import Candle
from schemas.codec import Codec
from schemas.framing import SingleObject
from schemas.record import Record
from tests.records import BY_TYPE, candles

CODEC = Codec(SingleObject())
HEADER = SingleObject.header_size
CANDLE_FIELDS = list(Candle.model_fields)


@given(candles(), st.data())
def test_of_a_candle_that_is_cut_the_fields_before_the_cut_are_read(candle: Candle, data: st.DataObject) -> None:
    payload = CODEC.encode(candle)
    end = data.draw(st.integers(HEADER, len(payload)))
    found = readable(current_schema(Candle), payload[:end], HEADER)
    whole = candle.model_dump()
    assert [(one.name, one.value) for one in found.fields] == [
        (name, whole[name]) for name in CANDLE_FIELDS[: len(found.fields)]
    ]
    left = CANDLE_FIELDS[len(found.fields) :]
    assert found.unread == (left[0] if left else "")
    assert (not left) == (end == len(payload))


@given(st.sampled_from(RECORD_TYPES), st.data())
def test_every_record_is_read_whole(model: type[Record], data: st.DataObject) -> None:
    payload = CODEC.encode(data.draw(BY_TYPE[model]))
    found = readable(current_schema(model), payload, HEADER)
    assert [one.name for one in found.fields] == list(model.model_fields)
    assert (found.unread, found.left_over) == ("", 0)


@given(st.sampled_from(RECORD_TYPES), st.binary(max_size=300))
def test_any_bytes_give_an_answer(model: type[Record], payload: bytes) -> None:
    found = readable(current_schema(model), payload, 0)
    assert len(found.fields) <= len(model.model_fields)


@given(candles(), st.binary(min_size=1, max_size=50))
def test_bytes_after_the_end_are_counted(candle: Candle, more: bytes) -> None:
    found = readable(current_schema(Candle), CODEC.encode(candle) + more, HEADER)
    assert (found.unread, found.left_over) == ("", len(more))


def test_a_time_outside_of_the_calendar_stays_a_number() -> None:
    payload = b"\x02A\x041m" + b"\xfe" + b"\xff" * 8 + b"\x01"  # a varint of 2**63 - 1
    found = readable(current_schema(Candle), payload, 0)
    assert (found.fields[2].name, found.fields[2].value) == ("open_time", 2**63 - 1)
