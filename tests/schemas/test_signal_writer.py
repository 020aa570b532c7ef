"""The fast writer of signals gives the bytes of Avro's general one."""

from hypothesis import given, settings

from schemas.avro.binary import write_datum
from schemas.avro.known import current_schema
from schemas.avro.mapping import RecordMapping
from schemas.codec import Codec
from schemas.framing import SingleObject
from schemas.record import trusted
from schemas.signal import Signal
from tests.records import BY_TYPE

MAPPING = RecordMapping(Signal)


@settings(deadline=None)
@given(BY_TYPE[Signal], BY_TYPE[Signal])
def test_fast_bytes_equal_general_bytes_also_when_parts_are_remembered(one: Signal, other: Signal) -> None:
    codec = Codec(SingleObject())
    schema = current_schema(Signal)
    header = SingleObject().header(schema)
    for signal in (one, other, one, other.model_copy(update={"values": one.values}), one):
        assert codec.encode(signal) == write_datum(schema, MAPPING.to_avro(signal), header)


@settings(deadline=None)
@given(BY_TYPE[Signal])
def test_a_trusted_record_is_the_validated_one(signal: Signal) -> None:
    fields = {name: getattr(signal, name) for name in Signal.model_fields}
    made = trusted(Signal, fields)
    assert made == signal
    assert made.model_dump_json() == signal.model_dump_json()
    assert Signal.model_validate(made.model_dump()) == signal
