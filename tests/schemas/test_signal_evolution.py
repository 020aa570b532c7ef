"""Signals from before bars could lack candles, and readers of that time."""

import pytest

from schemas.avro import schema_text
from schemas.avro.binary import read_datum
from schemas.avro.known import current_schema
from schemas.avro.schema import parse_avro_schema
from schemas.codec import Codec
from schemas.framing import ConfluentWire, SingleObject
from schemas.signal import EvaluatedCondition, Signal
from tests.schemas.avro_by_hand import TRUE, confluent, double, long, single_object, some, string
from tests.schemas.fake_registry import FakeRegistry

OLD = schema_text("signal_without_partial")
OLD_BODY = (
    (string("0" * 32) + string("dip") + long(2) + string("ETHUSDT") + string("1h"))
    + (long(3_600_000) + long(7_200_000) + string("low") + string("entry") + string("long"))
    + (double(0.75) + double(3.0) + string("flat") + string("long") + string("rsi < 30"))
    + (long(1) + string("rsi") + double(28.5) + long(0))
    + (long(1) + long(0) + string("rsi < 30") + TRUE + some(double(28.5)) + some(double(30.0)) + long(0))
    + (string("fixed") + long(1) + string("value") + double(0.75) + long(0))
)


@pytest.mark.parametrize("framing", ["single object", "registry"])
def test_what_was_written_before_is_of_a_whole_bar(framing: str) -> None:
    if framing == "registry":
        signal = Codec(ConfluentWire(FakeRegistry(OLD))).decode(confluent(1, OLD_BODY), Signal)
    else:
        signal = Codec(SingleObject()).decode(single_object(parse_avro_schema(OLD).canonical, OLD_BODY), Signal)
    assert not signal.partial
    assert signal.conditions == (EvaluatedCondition(0, "rsi < 30", holds=True, left=28.5, right=30.0),)
    assert (signal.confidence_method, signal.confidence_terms) == ("fixed", {"value": 0.75})


def test_an_older_reader_passes_over_whether_candles_lacked() -> None:
    reader = parse_avro_schema(OLD)
    datum = read_datum(current_schema(Signal), reader, OLD_BODY + TRUE, 0)
    assert datum == read_datum(reader, None, OLD_BODY, 0)
    assert "partial" not in datum
