"""The fast writers of positions, trades, metrics, equity and executions give the bytes of Avro's general one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.audit import Execution
from schemas.avro.binary import write_datum
from schemas.avro.figures import Figures
from schemas.avro.known import current_schema
from schemas.avro.mapping import RecordMapping
from schemas.codec import Codec
from schemas.framing import SingleObject
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.position import PositionChange
from schemas.record import Record
from schemas.trade import Trade
from tests.records import BY_TYPE, numbers
from tests.schemas.avro_by_hand import NULL, double, some

KINDS = (PositionChange, Trade, StrategyMetrics, EquityPoint, Execution)


def _general(record: Record) -> bytes:
    schema = current_schema(type(record))
    return write_datum(schema, RecordMapping(type(record)).to_avro(record), SingleObject().header(schema))


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None)
@given(data=st.data())
def test_fast_bytes_equal_general_bytes_also_when_parts_are_remembered(kind: type[Record], data: st.DataObject) -> None:
    codec = Codec(SingleObject())
    one, other = data.draw(BY_TYPE[kind]), data.draw(BY_TYPE[kind])
    fields = data.draw(st.sets(st.sampled_from(sorted(kind.model_fields))))
    mixed = other.model_copy(update={name: getattr(one, name) for name in fields})
    for record in (one, other, one, mixed, one):
        assert codec.encode(record) == _general(record)


@given(st.lists(st.tuples(st.booleans(), st.none() | numbers), min_size=1, max_size=12))
def test_figures_are_doubles_and_unions_one_after_the_other(row: list[tuple[bool, float | None]]) -> None:
    """Each is asked for twice: first it is worked out, then it is known."""
    pattern = "".join("?" if optional else "d" for optional, _ in row)
    values = tuple(value if optional else value or 0.0 for optional, value in row)
    expected = b"".join(
        (NULL if value is None else some(double(value))) if kind == "?" else double(value or 0.0)
        for kind, value in zip(pattern, values, strict=True)
    )
    figures = Figures(pattern)
    assert [figures.write(values), figures.write(values)] == [expected, expected]
