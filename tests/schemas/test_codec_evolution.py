"""Readers and writers of different versions: Avro's resolution, on schemas that were or could be in use."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.avro import schema_text
from schemas.avro.binary import read_datum
from schemas.avro.known import KnownSchemas, current_schema
from schemas.avro.schema import parse_avro_schema
from schemas.candle import Candle
from schemas.codec import Codec, DecodeError
from schemas.dead_letter import Reason
from schemas.framing import ConfluentWire, SingleObject
from schemas.signal import Signal
from tests.schemas.avro_by_hand import FALSE, TRUE, confluent, double, long, single_object, some, string
from tests.schemas.fake_registry import FakeRegistry

CANDLE = Candle(
    symbol="ETHUSDT",
    timeframe="1h",
    open_time=datetime(1970, 1, 1, 1, tzinfo=UTC),
    open=2.0,
    high=4.0,
    low=1.0,
    close=3.0,
    volume=0.5,
)
ROW = ("ETHUSDT", "1h", 3_600_000, 2.0, 4.0, 1.0, 3.0, 0.5, True)
SERIES = string("ETHUSDT") + string("1h") + long(3_600_000)
NUMBERS = b"".join(double(number) for number in (2.0, 4.0, 1.0, 3.0, 0.5))

OLD = schema_text("candle_without_closed")


def changed(change: Callable[[dict[str, Any]], None]) -> str:
    """Today's candle schema after a change."""
    schema = json.loads(current_schema(Candle).text)
    change(schema)
    return json.dumps(schema)


def _more_fields(schema: dict[str, Any]) -> None:
    trades = {"name": "trades", "type": "long", "default": 0}
    venue = {"name": "venue", "type": ["null", "string"], "default": None}
    schema["fields"][3:3] = [trades, venue]


NEWER = changed(_more_fields)
NEWER_BODY = SERIES + long(17) + (long(1) + string("Binance")) + NUMBERS + FALSE


def test_a_newer_reader_fills_in_the_default() -> None:
    payload = single_object(parse_avro_schema(OLD).canonical, SERIES + NUMBERS)
    codec = Codec(SingleObject())
    assert codec.decode(payload, Candle) == CANDLE
    assert [codec.decode_candle_row(payload) for _ in range(2)] == [ROW, ROW]


def test_a_newer_reader_fills_in_the_default_with_a_registry() -> None:
    codec = Codec(ConfluentWire(FakeRegistry(OLD)))
    payload = confluent(1, SERIES + NUMBERS)
    assert codec.decode(payload, Candle) == CANDLE
    assert [codec.decode_candle_row(payload) for _ in range(2)] == [ROW, ROW]


OLD_SIGNAL = schema_text("signal_without_conditions")
OLD_SIGNAL_BODY = (
    (string("0" * 32) + string("dip") + long(2) + string("ETHUSDT") + string("1h"))
    + (long(3_600_000) + long(7_200_000) + string("low") + string("entry") + string("long"))
    + (double(0.75) + double(3.0) + string("flat") + string("long") + string("rsi < 30"))
    + (long(1) + string("rsi") + double(28.5) + long(0))
)


@pytest.mark.parametrize("registry", [False, True], ids=["single object", "registry"])
def test_a_signal_from_before_there_were_trees_has_an_empty_one_and_a_fixed_confidence(registry: bool) -> None:  # noqa: FBT001  # a parameter of the test
    if registry:
        signal = Codec(ConfluentWire(FakeRegistry(OLD_SIGNAL))).decode(confluent(1, OLD_SIGNAL_BODY), Signal)
    else:
        payload = single_object(parse_avro_schema(OLD_SIGNAL).canonical, OLD_SIGNAL_BODY)
        signal = Codec(SingleObject()).decode(payload, Signal)
    assert (signal.strategy, signal.confidence, signal.values) == ("dip", 0.75, {"rsi": 28.5})
    assert (signal.conditions, signal.confidence_method, signal.confidence_terms) == ((), "fixed", {})


def test_a_reader_from_before_there_were_trees_passes_over_them() -> None:
    part = long(0) + string("rsi < 30") + TRUE + some(double(28.5)) + some(double(30.0))
    tree = long(1) + part + long(0)
    terms = long(1) + string("value") + double(0.75) + long(0)
    datum = read_datum(
        current_schema(Signal),
        parse_avro_schema(OLD_SIGNAL),
        OLD_SIGNAL_BODY + tree + string("fixed") + terms,
        0,
    )
    assert (datum["condition"], datum["values"], len(datum)) == ("rsi < 30", {"rsi": 28.5}, 16)


def test_an_older_reader_passes_over_new_fields() -> None:
    codec = Codec(ConfluentWire(FakeRegistry(NEWER)))
    payload = confluent(1, NEWER_BODY)
    assert codec.decode(payload, Candle) == CANDLE.model_copy(update={"closed": False})
    assert [codec.decode_candle_row(payload) for _ in range(2)] == [(*ROW[:8], False)] * 2


def test_without_a_registry_the_writers_schema_has_to_be_known() -> None:
    newer = parse_avro_schema(NEWER)
    payload = single_object(newer.canonical, NEWER_BODY)
    with pytest.raises(DecodeError) as refused:
        Codec(SingleObject()).decode(payload, Candle)
    assert refused.value.reason is Reason.UNKNOWN_SCHEMA
    told = Codec(SingleObject(KnownSchemas([newer])))
    assert told.decode(payload, Candle) == CANDLE.model_copy(update={"closed": False})


def test_numbers_are_promoted_and_fields_go_by_name() -> None:
    def change(schema: dict[str, Any]) -> None:
        fields = {field["name"]: field for field in schema["fields"]}
        fields["volume"]["type"] = "long"
        fields["open"]["type"] = "int"
        schema["fields"].reverse()
        schema["namespace"] = "com.example"

    prices = double(3.0) + double(1.0) + double(4.0) + long(2)
    body = TRUE + long(12) + prices + long(3_600_000) + string("1h") + string("ETHUSDT")
    codec = Codec(ConfluentWire(FakeRegistry(changed(change))))
    assert codec.decode(confluent(1, body), Candle) == CANDLE.model_copy(update={"volume": 12.0})


def test_a_time_without_its_logical_type_is_still_in_milliseconds() -> None:
    def change(schema: dict[str, Any]) -> None:
        schema["fields"][2]["type"] = "long"

    codec = Codec(ConfluentWire(FakeRegistry(changed(change))))
    assert codec.decode(confluent(1, SERIES + NUMBERS + TRUE), Candle) == CANDLE


@pytest.mark.parametrize(
    ("change", "body"),
    [
        (lambda schema: schema["fields"].pop(7), SERIES + NUMBERS[:-8] + TRUE),
        (lambda schema: schema["fields"][3].update(type="string"), SERIES + string("2.0") + NUMBERS[8:] + TRUE),
    ],
    ids=["no volume", "text price"],
)
def test_schemas_that_do_not_resolve_are_the_wrong_type(change: Callable[[dict[str, Any]], None], body: bytes) -> None:
    codec = Codec(ConfluentWire(FakeRegistry(changed(change))))
    with pytest.raises(DecodeError, match=r"wrong_type: candelabra\.Candle does not resolve to ours"):
        codec.decode(confluent(1, body), Candle)
