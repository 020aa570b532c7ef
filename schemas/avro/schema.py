"""An Avro schema, checked and ready for use."""

import json
from dataclasses import dataclass, field
from typing import Any

import fastavro.schema
from fastavro.schema import SchemaParseException, UnknownType

from schemas.avro.bounded import check_bounded


@dataclass(frozen=True, eq=False)
class AvroSchema:
    """A record schema: its full ``name``, its JSON ``text``, its parsing canonical form and its fingerprint.

    ``fingerprint`` is the CRC-64-AVRO of the canonical form, in the 8 little-endian bytes of single-object encoding.
    ``parsed`` is what fastavro reads and writes by; it knows no logical types, so that times stay numbers.
    ``logical_types`` holds them by field name.
    """

    name: str
    text: str = field(repr=False)
    canonical: str = field(repr=False)
    fingerprint: bytes
    parsed: dict[str, Any] = field(repr=False)
    logical_types: dict[str, str] = field(repr=False)


def parse_avro_schema(text: str) -> AvroSchema:
    """The record schema in a JSON text; ValueError where it is none, or no safe one to read foreign bytes by.

    >>> parse_avro_schema('{"type": "record", "name": "a.B", "fields": [{"name": "c", "type": "int"}]}').name
    'a.B'
    """
    try:
        raw = json.loads(text)
        bare = _without_logical_types(raw)
        check_bounded(bare)
        parsed = fastavro.schema.parse_schema(bare)
        canonical = fastavro.schema.to_parsing_canonical_form(bare)
    except UnknownType as error:
        raise ValueError(f"expected an Avro record schema, got the unknown type {str(error.name)[:80]!r}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, SchemaParseException) as error:
        raise ValueError(f"expected an Avro record schema: {type(error).__name__}: {str(error)[:160]}") from error
    if not isinstance(parsed, dict) or parsed["type"] != "record":
        raise ValueError(f"expected an Avro record schema, got {text[:80]!r}")
    logical_types = {each["name"]: found for each in raw["fields"] if (found := _logical_type(each["type"]))}
    fingerprint = bytes.fromhex(fastavro.schema.fingerprint(canonical, "CRC-64-AVRO"))
    return AvroSchema(str(parsed["name"]), text, canonical, fingerprint, parsed, logical_types)


def _without_logical_types(node: Any) -> Any:  # noqa: ANN401  # any JSON
    if isinstance(node, list):
        return [_without_logical_types(item) for item in node]
    if isinstance(node, dict):
        return {key: _without_logical_types(value) for key, value in node.items() if key != "logicalType"}
    return node


def _logical_type(type_: Any) -> str | None:  # noqa: ANN401  # any JSON
    branches = type_ if isinstance(type_, list) else [type_]
    found = (branch.get("logicalType") for branch in branches if isinstance(branch, dict))
    return next((logical for logical in found if isinstance(logical, str)), None)
