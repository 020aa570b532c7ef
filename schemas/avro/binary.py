"""Avro's binary encoding between bytes and dicts, by fastavro, on memory only."""

from io import BytesIO  # memory, not I/O: fastavro reads and writes file objects
from struct import error as StructError  # noqa: N812  # it is an exception
from typing import Any

from fastavro import schemaless_reader, schemaless_writer
from fastavro.read import SchemaResolutionError

from schemas.avro.schema import AvroSchema
from schemas.dead_letter import Reason
from schemas.decode_error import DecodeError, EncodeError, shown


def write_datum(schema: AvroSchema, datum: dict[str, Any], header: bytes) -> bytes:
    """The header and after it the datum in Avro's binary encoding; EncodeError where the schema cannot hold it."""
    out = BytesIO()
    out.write(header)
    try:
        schemaless_writer(out, schema.parsed, datum)
    except (ValueError, TypeError, OverflowError, KeyError, StructError) as error:
        raise EncodeError(f"{schema.name} cannot hold this record: {shown(str(error), 200)}") from error
    return out.getvalue()


def read_datum(writer: AvroSchema, reader: AvroSchema | None, payload: bytes, start: int) -> dict[str, Any]:
    """The one datum that fills ``payload[start:]``, read by ``writer`` and resolved to ``reader`` (None: the same).

    DecodeError says ``truncated`` where bytes are missing, ``invalid`` where they are left over or are not Avro, and
    ``wrong_type`` where the two schemas do not resolve. Takes time and memory in proportion to the payload, whatever
    lengths it claims.
    """
    source = BytesIO(payload)
    source.seek(start)
    try:
        datum = schemaless_reader(source, writer.parsed, None if reader is None else reader.parsed)
    except SchemaResolutionError as error:
        raise DecodeError(
            Reason.WRONG_TYPE, f"{writer.name} does not resolve to ours: {shown(str(error), 240)}"
        ) from None
    except EOFError:
        raise DecodeError(Reason.TRUNCATED, f"{writer.name} ends early, after {len(payload)} bytes") from None
    except UnicodeDecodeError:
        raise DecodeError(Reason.INVALID, f"{writer.name} holds text that is not UTF-8") from None
    except (ValueError, TypeError, IndexError, KeyError, OverflowError, StructError) as error:
        if source.tell() >= len(payload):
            raise DecodeError(Reason.TRUNCATED, f"{writer.name} ends early, after {len(payload)} bytes") from None
        raise DecodeError(Reason.INVALID, f"{writer.name} is not Avro: {shown(str(error), 200)}") from None
    left = len(payload) - source.tell()
    if left:
        raise DecodeError(Reason.INVALID, f"{left} bytes are left over after the end of {writer.name}")
    if not isinstance(datum, dict):
        raise DecodeError(Reason.WRONG_TYPE, f"expected a record, got {type(datum).__name__}")
    return datum
