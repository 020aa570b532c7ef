"""What is written is what is read, for every record and both framings."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.avro.known import RECORD_TYPES
from schemas.codec import Codec
from schemas.framing import ConfluentWire, SingleObject
from schemas.record import Record
from tests.records import BY_TYPE
from tests.schemas.fake_registry import FakeRegistry

SINGLE_OBJECT = Codec(SingleObject())
CONFLUENT = Codec(ConfluentWire(FakeRegistry()))


def test_there_is_a_generator_for_every_record_type() -> None:
    assert set(BY_TYPE) == set(RECORD_TYPES)


@pytest.mark.parametrize("codec", [SINGLE_OBJECT, CONFLUENT], ids=["single object", "confluent"])
@pytest.mark.parametrize("model", RECORD_TYPES)
@settings(deadline=None)
@given(data=st.data())
def test_every_record_survives(codec: Codec, model: type[Record], data: st.DataObject) -> None:
    record = data.draw(BY_TYPE[model])
    assert codec.decode(codec.encode(record), model) == record


@settings(deadline=None)
@given(record=st.one_of(*BY_TYPE.values()))
def test_a_record_has_one_encoding(record: Record) -> None:
    again = SINGLE_OBJECT.decode_any(SINGLE_OBJECT.encode(record), RECORD_TYPES)
    assert type(again) is type(record)
    assert SINGLE_OBJECT.encode(again) == SINGLE_OBJECT.encode(record)
