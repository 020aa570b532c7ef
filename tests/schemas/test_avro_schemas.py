"""The Avro schemas beside the models: no drift, documented, safe, and fingerprinted as the specification says."""

import json
from types import NoneType
from typing import Any, get_args

import pytest
from pydantic_core import to_jsonable_python

from schemas.audit import Execution
from schemas.avro import CURRENT, HISTORY, schema_text
from schemas.avro.known import RECORD_TYPES, KnownSchemas, current_schema
from schemas.avro.schema import parse_avro_schema
from schemas.candle import Candle
from schemas.composite import Composite, Consensus, Voice
from schemas.metrics import CurveFigures, StrategyMetrics, TradeFigures
from schemas.position import Fill, LimitReached, PositionChange
from schemas.record import Record
from schemas.signal import EvaluatedCondition, Signal
from schemas.strategy import StrategyConfig
from schemas.trade import Trade
from tests.schemas.avro_by_hand import crc_64_avro


@pytest.mark.parametrize(
    ("canonical", "published"),
    [
        ('"null"', 0x63DD24E7CC258F8A),
        ('"boolean"', 0x9F42FC78A4D4F764),
        ('"int"', 0x7275D51A3F395C8F),
        ('"long"', 0xD054E14493F41DB7),
    ],
)
def test_the_reference_fingerprint_agrees_with_published_vectors(canonical: str, published: int) -> None:
    assert crc_64_avro(canonical) == published


@pytest.mark.parametrize("name", [*CURRENT, *HISTORY])
def test_fingerprints_are_the_reference_fingerprint_of_the_canonical_form(name: str) -> None:
    schema = parse_avro_schema(schema_text(name))
    assert schema.fingerprint == crc_64_avro(schema.canonical).to_bytes(8, "little")


def test_the_canonical_form_of_a_candle_is_the_specifications() -> None:
    fields = ["symbol:string", "timeframe:string", "open_time:long", "open:double", "high:double", "low:double"]
    fields += ["close:double", "volume:double", "closed:boolean"]
    written = ",".join('{{"name":"{}","type":"{}"}}'.format(*field.split(":")) for field in fields)
    expected = '{"name":"candelabra.Candle","type":"record","fields":[' + written + "]}"
    assert current_schema(Candle).canonical == expected


@pytest.mark.parametrize("model", RECORD_TYPES)
def test_model_and_schema_have_the_same_fields_and_defaults(model: type[Record]) -> None:
    schema = json.loads(current_schema(model).text)
    assert schema["name"] == model.__name__
    assert schema["namespace"] == "candelabra"
    assert [field["name"] for field in schema["fields"]] == list(model.model_fields)
    in_avro = {field["name"]: field["default"] for field in schema["fields"] if "default" in field}
    optional_fields = {name: info for name, info in model.model_fields.items() if not info.is_required()}
    in_model = {name: info.get_default(call_default_factory=True) for name, info in optional_fields.items()}
    assert in_avro == to_jsonable_python(in_model)
    optional = {field["name"] for field in schema["fields"] if "null" in field["type"]}
    assert optional == {name for name, info in model.model_fields.items() if NoneType in get_args(info.annotation)}


@pytest.mark.parametrize(
    ("model", "holder", "part"),
    [
        (Signal, "conditions", EvaluatedCondition),
        (Composite, "base", Voice),
        (Consensus, "agreeing", Voice),
        (PositionChange, "fills", Fill),
        (PositionChange, "refusal", LimitReached),
        (Trade, "fills", Fill),
        (Execution, "fills", Fill),
        (Execution, "refusals", LimitReached),
        (StrategyMetrics, "performance", CurveFigures),
        (StrategyMetrics, "trades", TradeFigures),
    ],
    ids=[
        "condition of a signal",
        "voice of a composite",
        "voice of a consensus",
        "fill of a change",
        "limit of a refusal",
        "fill of a trade",
        "fill of an execution",
        "limit of an execution",
        "figures of a curve",
        "figures of trades",
    ],
)
def test_parts_of_a_record_have_the_fields_and_defaults_of_their_model(
    model: type[Record],
    holder: str,
    part: Any,  # noqa: ANN401  # a named tuple
) -> None:
    schema = json.loads(current_schema(model).text)
    (written,) = [field["type"] for field in schema["fields"] if field["name"] == holder]
    if isinstance(written, list):
        (written,) = [one for one in written if one != "null"]
    record = written["items"] if written["type"] == "array" else written
    assert record["name"] == part.__name__
    assert [field["name"] for field in record["fields"]] == list(part._fields)
    in_avro = {field["name"]: field["default"] for field in record["fields"] if "default" in field}
    assert in_avro == part._field_defaults
    assert all(field["doc"] for field in record["fields"])


@pytest.mark.parametrize("name", [*CURRENT, *HISTORY])
def test_every_schema_and_field_is_documented_and_times_are_in_milliseconds(name: str) -> None:
    schema = json.loads(schema_text(name))
    assert schema["doc"]
    assert all(field["doc"] for field in schema["fields"])
    endings = ("_time", "_from", "_bar", "_at", "window_start", "window_end", "watermark")
    times = {field["name"] for field in schema["fields"] if field["name"].endswith(endings)}
    assert parse_avro_schema(schema_text(name)).logical_types == dict.fromkeys(times, "timestamp-millis")


def test_what_was_ever_written_by_is_known() -> None:
    known = KnownSchemas()
    for name in [*CURRENT, *HISTORY]:
        schema = parse_avro_schema(schema_text(name))
        found = known.find(schema.fingerprint)
        assert found is not None
        assert found.canonical == schema.canonical
    assert known.find(bytes(8)) is None


def test_a_model_without_a_schema_is_named() -> None:
    with pytest.raises(TypeError, match=r"expected one of Candle, .*, got StrategyConfig, which has no Avro schema"):
        current_schema(StrategyConfig)


def _record(*fields: object) -> str:
    named = [{"name": f"f{number}", "type": type_} for number, type_ in enumerate(fields)]
    return json.dumps({"type": "record", "name": "Candle", "namespace": "candelabra", "fields": named})


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("no JSON", "expected an Avro record schema: JSONDecodeError"),
        ('"string"', "expected an Avro record schema, got"),
        ('["null", "string"]', "expected an Avro record schema, got"),
        ('{"type": "enum", "name": "E", "symbols": ["A"]}', "expected an Avro record schema, got"),
        ('{"type": "record"}', "expected an Avro record schema: KeyError: 'fields'"),
        (_record("Nowhere"), "unknown type 'candelabra.Nowhere'"),
        (
            _record({"type": "error", "name": "E", "fields": []}),
            "expected a type of the Avro specification, got 'error'",
        ),
        ("[" * 100_000, "expected an Avro record schema: RecursionError"),
        (_record("null"), "got null outside a union"),
        (_record({"type": "array", "items": "null"}), "got null outside a union"),
        (_record({"type": "array", "items": {"type": "null"}}), "got null outside a union"),
        (_record({"type": "map", "values": "Candle"}), "'Candle' inside itself"),
        (_record(["null", "candelabra.Candle"]), "'candelabra.Candle' inside itself"),
        (_record({"type": "array", "items": {"type": "record", "name": "N", "fields": []}}), "'N' without fields"),
        (_record({"type": "array", "items": {"type": "fixed", "name": "F", "size": 0}}), "got a fixed of 0"),
    ],
)
def test_a_schema_that_is_none_or_could_be_a_bomb_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_avro_schema(text)


def test_harmless_nesting_is_taken() -> None:
    inner = {"type": "record", "name": "x.Inner", "fields": [{"name": "a", "type": ["null", {"type": "int"}]}]}
    schema = parse_avro_schema(_record(inner, "x.Inner", {"type": "array", "items": "x.Inner"}, ["null", "string"]))
    assert schema.name == "candelabra.Candle"
