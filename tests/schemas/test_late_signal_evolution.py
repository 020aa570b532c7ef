"""Late signals from before they said with what they would have been weighed."""

from schemas.avro import schema_text
from schemas.avro.schema import parse_avro_schema
from schemas.codec import Codec
from schemas.composite import LateSignal
from schemas.framing import SingleObject
from tests.schemas.avro_by_hand import long, single_object, string

OLD = parse_avro_schema(schema_text("late_signal_without_weighed"))
OLD_BODY = (
    string("e" * 32) + string("macd") + string("BTCUSDT") + string("1m") + (long(60_000) + long(120_000) + long(7))
)


def test_what_was_written_before_has_the_key_that_it_was_written_with() -> None:
    late = Codec(SingleObject()).decode(single_object(OLD.canonical, OLD_BODY), LateSignal)
    assert (late.weighed, late.key, late.count) == ("timeframes", "macd|BTCUSDT", 7)
