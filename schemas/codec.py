"""Records to bytes and back: the one codec of every topic."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

from schemas.audit import Execution
from schemas.audit_writer import ExecutionWriter
from schemas.avro.binary import read_datum, write_datum
from schemas.avro.known import RECORD_TYPES, current_schema
from schemas.avro.mapping import RecordMapping
from schemas.avro.schema import AvroSchema
from schemas.candle import Candle
from schemas.candle_row import CandleRow, CandleRows, CandleRowWriter
from schemas.composite import Composite, Consensus
from schemas.composite_writer import CompositeWriter, ConsensusWriter
from schemas.dead_letter import MAX_KEPT_BYTES, DeadLetter, Reason
from schemas.decode_error import DecodeError, EncodeError
from schemas.equity_writer import EquityWriter
from schemas.framing import Framing
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.metrics_writer import MetricsWriter
from schemas.position import PositionChange
from schemas.position_writer import ChangeWriter, TradeWriter
from schemas.record import Record, to_milliseconds
from schemas.signal import Signal
from schemas.signal_writer import SignalWriter
from schemas.trade import Trade

__all__ = ["CandleRow", "Codec", "DecodeError", "EncodeError"]

R = TypeVar("R", bound=Record)

MAX_RECORD_BYTES = 65_536
LEAST_RECORD_BYTES = 1_024
"""A limit below this would refuse the engine's own records; no candle comes near it."""


class _FastWriter(Protocol):
    """A writer of one kind of record."""

    @property
    def write(self) -> Callable[[Any], bytes]:
        """From a record to its payload."""


_MODELS: dict[str, type[Record]] = {model.__name__: model for model in RECORD_TYPES}
_MAPPINGS: dict[type[Record], RecordMapping[Any]] = {model: RecordMapping(model) for model in RECORD_TYPES}
_FAST_WRITERS: dict[type[Record], Callable[[bytes], _FastWriter]] = {
    Composite: CompositeWriter,
    Consensus: ConsensusWriter,
    EquityPoint: EquityWriter,
    Execution: ExecutionWriter,
    PositionChange: ChangeWriter,
    Signal: SignalWriter,
    StrategyMetrics: MetricsWriter,
    Trade: TradeWriter,
}
"""Each is made with the header of its records."""


class _Writer(NamedTuple):
    """How to read what was written by one schema."""

    schema: AvroSchema
    model: type[Record] | None
    reader: AvroSchema | None
    """Our schema to resolve to, None where it is the writer's own."""


class Codec:
    """Encodes and decodes every record by Avro, framed by ``framing``.

    A payload longer than ``max_record_bytes`` is refused in both directions, before it is looked at; a dead letter may
    be longer by the value that it keeps. Records by earlier and later schemas are resolved by Avro's rules: a field
    that the writer did not know takes its default, one that we do not know is passed over.

    Any bytes at all give a record or a DecodeError, in time and memory in proportion to their number. What the
    framing's registry raises when it cannot be asked passes through: that is no fault of the record.
    """

    def __init__(self, framing: Framing, max_record_bytes: int = MAX_RECORD_BYTES) -> None:
        if max_record_bytes < LEAST_RECORD_BYTES:
            raise ValueError(f"max_record_bytes: expected at least {LEAST_RECORD_BYTES:,}, got {max_record_bytes:,}")
        self._framing = framing
        self._max_record_bytes = max_record_bytes
        self._headers: dict[type[Record], bytes] = {}
        self._writers: dict[bytes, _Writer] = {}
        self._rows = CandleRows(framing.header_size)
        self._row_writer: CandleRowWriter | None = None
        self._writes: dict[type[Record], Callable[[Any], bytes]] = {}

    def encode(self, record: Record) -> bytes:
        """The record's payload. EncodeError where it would be too long for any reader."""
        model = type(record)
        write = self._writes.get(model) or self._write_of(model)
        payload = write(record)
        limit = self._limit((model,))
        if len(payload) > limit:
            raise EncodeError(f"expected {model.__name__} of at most {limit:,} bytes, got {len(payload):,}")
        return payload

    def decode(self, payload: bytes | None, expected: type[R]) -> R:
        """The one record in the payload, validated. DecodeError says why it is none, or not of the expected kind."""
        return self.decode_any(payload, (expected,))

    def decode_any(self, payload: bytes | None, expected: tuple[type[R], ...]) -> R:
        """As ``decode``, for a topic that carries several kinds of record."""
        if not payload:
            raise DecodeError(
                Reason.EMPTY, f"expected {_names(expected)}, got {'no value' if payload is None else 'no bytes'}"
            )
        limit = self._limit(expected)
        if len(payload) > limit:
            raise DecodeError(Reason.OVERSIZED, f"expected at most {limit:,} bytes, got {len(payload):,}")
        writer = self._writer(payload)
        for model in expected:
            if writer.model is model:
                datum = read_datum(writer.schema, writer.reader, payload, self._framing.header_size)
                mapping: RecordMapping[R] = _MAPPINGS[model]
                return mapping.from_avro(datum)
        raise DecodeError(Reason.WRONG_TYPE, f"expected {_names(expected)}, got {writer.schema.name[:100]}")

    def decode_candle_row(self, payload: bytes | None) -> CandleRow:
        """A candle as a tuple: what ``decode(payload, Candle)`` accepts, refuses and says, without building the model.

        About a microsecond for candles by the current schema, several for others.
        """
        if payload and (row := self._rows.read(payload)) is not None:
            return row
        candle = self.decode(payload, Candle)
        if payload and self._writer(payload).reader is None:
            self._rows.learn(payload[: self._framing.header_size], candle.symbol, candle.timeframe)
        return (
            candle.symbol,
            candle.timeframe,
            to_milliseconds(candle.open_time),
            candle.open,
            candle.high,
            candle.low,
            candle.close,
            candle.volume,
            candle.closed,
        )

    def encode_candle_row(self, row: CandleRow) -> bytes:
        """What ``encode`` gives for the candle of these values; EncodeError where they are none."""
        if self._row_writer is None:
            self._row_writer = CandleRowWriter(self._header(Candle))
        return self._row_writer.write(row)

    def _write_of(self, model: type[Record]) -> Callable[[Any], bytes]:
        """How records of this model are written: by the writer of their own, or by the general one."""
        header = self._header(model)
        fast = _FAST_WRITERS.get(model)
        write = partial(_write_by_schema, header) if fast is None else fast(header).write
        self._writes[model] = write
        return write

    def _header(self, model: type[Record]) -> bytes:
        header = self._headers.get(model)
        if header is None:
            header = self._headers[model] = self._framing.header(current_schema(model))
        return header

    def _writer(self, payload: bytes) -> _Writer:
        header = payload[: self._framing.header_size]
        writer = self._writers.get(header)
        if writer is None:
            writer = _resolve(self._framing.writer_schema(payload))
            self._writers[header] = writer
        return writer

    def _limit(self, expected: tuple[type[Record], ...]) -> int:
        return self._max_record_bytes + (MAX_KEPT_BYTES if DeadLetter in expected else 0)


def _write_by_schema(header: bytes, record: Record) -> bytes:
    model = type(record)
    return write_datum(current_schema(model), _MAPPINGS[model].to_avro(record), header)


def _resolve(schema: AvroSchema) -> _Writer:
    model = _MODELS.get(schema.name.rpartition(".")[2])
    if model is None:
        return _Writer(schema, None, None)
    own = current_schema(model)
    for field, logical_type in schema.logical_types.items():
        expected = own.logical_types.get(field)
        if expected is not None and expected != logical_type:
            raise DecodeError(
                Reason.UNKNOWN_SCHEMA, f"{schema.name}.{field}: expected {expected}, its writer has {logical_type[:80]}"
            )
    return _Writer(schema, model, None if schema.canonical == own.canonical else own)


def _names(expected: tuple[type[Record], ...]) -> str:
    return " or ".join(model.__name__ for model in expected)
