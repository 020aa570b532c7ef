"""The fast writers of composites and consensuses give the bytes of Avro's general one."""

from hypothesis import given, settings

from schemas.avro.binary import write_datum
from schemas.avro.known import current_schema
from schemas.avro.mapping import RecordMapping
from schemas.codec import Codec
from schemas.composite import Composite, Consensus
from schemas.framing import SingleObject
from schemas.record import Record
from tests.records import BY_TYPE


def _general(record: Record) -> bytes:
    schema = current_schema(type(record))
    return write_datum(schema, RecordMapping(type(record)).to_avro(record), SingleObject().header(schema))


@settings(deadline=None)
@given(BY_TYPE[Composite], BY_TYPE[Composite])
def test_fast_bytes_of_composites_equal_general_bytes_also_when_parts_are_remembered(
    one: Composite, other: Composite
) -> None:
    codec = Codec(SingleObject())
    mixed = other.model_copy(update={"base": one.base, "timeframes": one.timeframes})
    for composite in (one, other, one, mixed, one):
        assert codec.encode(composite) == _general(composite)


@settings(deadline=None)
@given(BY_TYPE[Consensus], BY_TYPE[Consensus])
def test_fast_bytes_of_consensuses_equal_general_bytes_also_when_parts_are_remembered(
    one: Consensus, other: Consensus
) -> None:
    codec = Codec(SingleObject())
    mixed = other.model_copy(update={"agreeing": one.opposing, "window_end": one.window_start})
    for consensus in (one, other, one, mixed, one):
        assert codec.encode(consensus) == _general(consensus)
