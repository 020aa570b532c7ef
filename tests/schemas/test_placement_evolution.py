"""Placements of the releases that knew no feeds, and no claims, and readers of those releases."""

from schemas.avro import schema_text
from schemas.avro.binary import read_datum
from schemas.avro.known import current_schema
from schemas.avro.schema import parse_avro_schema
from schemas.codec import Codec
from schemas.framing import SingleObject
from schemas.placement import Placement
from tests.schemas.avro_by_hand import long, single_object, string

OLDER = "placement_without_feed"
OLD_BODY = long(3) + long(2) + long(90) + long(4) + long(7) + string("")


def test_what_was_written_before_knows_neither_feed_nor_count() -> None:
    payload = single_object(parse_avro_schema(schema_text(OLDER)).canonical, OLD_BODY)
    found = Codec(SingleObject()).decode(payload, Placement)
    assert found == Placement(partition=3, run=2, candles=90, first=4, end=7)
    assert (found.feed, found.since, found.records) == ("", 1, 0)


def test_an_older_reader_passes_over_them() -> None:
    reader = parse_avro_schema(schema_text(OLDER))
    datum = read_datum(current_schema(Placement), reader, OLD_BODY + string("a|b") + long(2) + long(3) + string(""), 0)
    assert datum == read_datum(reader, None, OLD_BODY, 0)


def test_what_was_written_without_claims_claims_nothing() -> None:
    writer = parse_avro_schema(schema_text("placement_without_claim"))
    payload = single_object(writer.canonical, OLD_BODY + string("a|b") + long(2) + long(3))
    found = Codec(SingleObject()).decode(payload, Placement)
    assert found == Placement(partition=3, run=2, candles=90, first=4, end=7, feed="a|b", since=2, records=3)
    assert found.claim == ""
