"""How a payload says by which schema its record was written: the few bytes before the record."""

from typing import Protocol

from schemas.avro.known import KnownSchemas
from schemas.avro.schema import AvroSchema, parse_avro_schema
from schemas.dead_letter import Reason
from schemas.decode_error import DecodeError

SINGLE_OBJECT_MARKER = b"\xc3\x01"
CONFLUENT_MAGIC = b"\x00"


class Framing(Protocol):
    """Between a schema and the header of the payloads that are written by it."""

    header_size: int
    """The length of every header in bytes."""

    def header(self, schema: AvroSchema) -> bytes:
        """The header of records written by this schema. May ask the outside world."""

    def writer_schema(self, payload: bytes) -> AvroSchema:
        """The schema that the payload's header names; DecodeError where there is no header or no such schema."""


class SchemaIds(Protocol):
    """What the Confluent wire format asks of a schema registry."""

    def register(self, subject: str, schema: str) -> int:
        """The id of this schema text under this subject, new or not."""

    def schema(self, schema_id: int) -> str:
        """The schema text with this id; LookupError where there is none. Other errors: it could not be asked."""


class SingleObject:
    """Avro's single-object encoding: C3 01, and the CRC-64-AVRO fingerprint in 8 little-endian bytes.

    Needs no registry; a record by a schema that is not in ``known`` is refused. Source: Avro 1.11 specification,
    "Single-object encoding".
    """

    header_size = 10

    def __init__(self, known: KnownSchemas | None = None) -> None:
        self._known = KnownSchemas() if known is None else known

    def header(self, schema: AvroSchema) -> bytes:
        """The marker and the schema's fingerprint."""
        return SINGLE_OBJECT_MARKER + schema.fingerprint

    def writer_schema(self, payload: bytes) -> AvroSchema:
        """The known schema whose fingerprint the payload carries."""
        if payload[:2] != SINGLE_OBJECT_MARKER[: len(payload)]:
            cause = (
                ": is it in the Confluent wire format, and no registry configured?"
                if payload[:1] == CONFLUENT_MAGIC
                else ""
            )
            raise DecodeError(
                Reason.UNKNOWN_FORMAT, f"expected the single-object marker c301 first, got {payload[:2].hex()}{cause}"
            )
        if len(payload) < self.header_size:
            raise DecodeError(Reason.TRUNCATED, f"expected a header of {self.header_size} bytes, got {len(payload)}")
        fingerprint = payload[2:10]
        schema = self._known.find(fingerprint)
        if schema is None:
            raise DecodeError(
                Reason.UNKNOWN_SCHEMA,
                f"no known schema has the fingerprint {fingerprint.hex()}: was it written by a newer version?",
            )
        return schema


class ConfluentWire:
    """Confluent's wire format: a zero byte, and the registry's schema id in 4 big-endian bytes.

    Schemas are registered under their full name (Confluent's RecordNameStrategy), so that one topic may carry several
    kinds of record and a record need not know its topic. Source: Confluent's "Wire format".
    """

    header_size = 5

    def __init__(self, ids: SchemaIds) -> None:
        self._ids = ids

    def header(self, schema: AvroSchema) -> bytes:
        """The magic byte and the schema's id, which the registry gives it."""
        return CONFLUENT_MAGIC + self._ids.register(schema.name, schema.text).to_bytes(4, "big")

    def writer_schema(self, payload: bytes) -> AvroSchema:
        """The registry's schema with the payload's id. What is raised when the registry fails passes through."""
        if payload[:1] != CONFLUENT_MAGIC:
            cause = ": is it single-object encoded?" if payload[:2] == SINGLE_OBJECT_MARKER else ""
            raise DecodeError(
                Reason.UNKNOWN_FORMAT, f"expected the magic byte 00 first, got {payload[:1].hex()}{cause}"
            )
        if len(payload) < self.header_size:
            raise DecodeError(Reason.TRUNCATED, f"expected a header of {self.header_size} bytes, got {len(payload)}")
        schema_id = int.from_bytes(payload[1:5], "big")
        try:
            text = self._ids.schema(schema_id)
        except LookupError:
            raise DecodeError(Reason.UNKNOWN_SCHEMA, f"the registry knows no schema with the id {schema_id}") from None
        try:
            return parse_avro_schema(text)
        except ValueError as error:
            raise DecodeError(Reason.UNKNOWN_SCHEMA, f"schema {schema_id} of the registry: {error}") from None
