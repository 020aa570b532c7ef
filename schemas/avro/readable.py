"""What can be read of bytes that are no whole record: field by field, up to the first that cannot."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO  # memory, not I/O: fastavro reads file objects
from struct import error as StructError  # noqa: N812  # it is an exception
from typing import Any

from fastavro import schemaless_reader

from schemas.avro.schema import AvroSchema, parse_avro_schema
from schemas.record import from_milliseconds


@dataclass(frozen=True, slots=True)
class ReadableField:
    """One field of a record as its bytes have it; ``value`` is any that Avro has, a time as a datetime."""

    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class Readable:
    """The fields before the first one that cannot be read, in the schema's order.

    Attributes:
        fields: those that can be read.
        unread: the name of the first that cannot; empty where all can.
        left_over: bytes after the last field, where all can be read.
    """

    fields: tuple[ReadableField, ...]
    unread: str
    left_over: int


def readable(schema: AvroSchema, payload: bytes, start: int) -> Readable:
    """Read ``payload[start:]`` by the schema as far as it goes. Raises nothing, whatever the bytes.

    For looking into a record that was refused: it is read once for each of its fields.

    >>> schema = parse_avro_schema('{"type": "record", "name": "a.B", "fields": ['
    ...                            '{"name": "c", "type": "int"}, {"name": "d", "type": "string"}]}')
    >>> found = readable(schema, bytes([84, 8]) + b"ab", 0)
    >>> [(one.name, one.value) for one in found.fields], found.unread
    ([('c', 42)], 'd')
    """
    names = [field["name"] for field in schema.parsed["fields"]]
    values: dict[str, Any] = {}
    left_over = 0
    for part in _beginnings(schema):
        source = BytesIO(payload)
        source.seek(start)
        try:
            found = schemaless_reader(source, part.parsed, None)
        except (EOFError, ValueError, TypeError, IndexError, KeyError, OverflowError, StructError):
            break
        if not isinstance(found, dict):
            break
        values, left_over = found, len(payload) - source.tell()
    fields = tuple(ReadableField(name, _typed(schema, name, value)) for name, value in values.items())
    unread = names[len(fields)] if len(fields) < len(names) else ""
    return Readable(fields, unread, 0 if unread else left_over)


def _beginnings(schema: AvroSchema) -> Iterator[AvroSchema]:
    """The schema with its first field alone, with its first two, and so on: a later one may name a type of those."""
    whole = json.loads(schema.text)
    for count in range(1, len(whole["fields"]) + 1):
        yield parse_avro_schema(json.dumps({**whole, "fields": whole["fields"][:count]}))


def _typed(schema: AvroSchema, name: str, value: Any) -> Any:  # noqa: ANN401  # any that Avro has
    if schema.logical_types.get(name) == "timestamp-millis" and isinstance(value, int):
        try:
            return from_milliseconds(value)
        except OverflowError:
            return value  # outside of the calendar, which may be why it was refused
    return value
