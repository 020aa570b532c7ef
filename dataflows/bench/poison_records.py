"""Malformed records of every kind, each made of a good candle that has just been sent."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from dataflows.bench.workload import MINUTE_MS, START_MS
from schemas.avro.binary import write_datum
from schemas.avro.known import current_schema
from schemas.candle import Candle
from schemas.candle_row import CandleRow
from schemas.codec import MAX_RECORD_BYTES, Codec
from schemas.dead_letter import Reason
from schemas.framing import SINGLE_OBJECT_MARKER, SingleObject
from schemas.lifecycle import DesiredState

CENTURY_MS = 36_525 * 24 * 60 * MINUTE_MS
_HEADER_BYTES = SingleObject.header_size
_FIELDS = ("symbol", "timeframe", "open_time", "open", "high", "low", "close", "volume", "closed")


class Poison(NamedTuple):
    """One malformed record: of which kind, and the reason for which it is to be refused."""

    kind: str
    reason: Reason
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True)
class Spoiler:
    """Makes malformed records; they follow from the seed."""

    codec: Codec
    chance: Random

    def spoil(self, kind: str, row: CandleRow) -> Poison:
        """A record of this kind, made of a candle that its symbol has just had."""
        reason, make = KINDS[kind]
        return Poison(kind, reason, None if kind == "no key" else row[0].encode(), make(self, row))

    def good(self, row: CandleRow) -> bytes:
        """The candle as it should be."""
        return self.codec.encode_candle_row(row)

    def with_fields(self, row: CandleRow, **fields: object) -> bytes:
        """The candle with other values in it, which no codec of ours would write."""
        datum = {**dict(zip(_FIELDS, row, strict=True)), **fields}
        return write_datum(current_schema(Candle), datum, self.good(row)[:_HEADER_BYTES])

    def random_bytes(self) -> bytes:
        """Up to 200 bytes that do not begin as a record does."""
        found = self.chance.randbytes(self.chance.randrange(1, 200))
        return found if found[:1] != SINGLE_OBJECT_MARKER[:1] else b"\xff" + found

    def unknown_schema(self, row: CandleRow) -> bytes:
        """By a schema that nobody has."""
        good = self.good(row)
        return good[:2] + self.chance.randbytes(8) + good[_HEADER_BYTES:]

    def cut(self, row: CandleRow) -> bytes:
        """Cut anywhere."""
        good = self.good(row)
        return good[: self.chance.randrange(1, len(good))]

    def another(self, row: CandleRow) -> bytes:
        """A record that belongs elsewhere."""
        command = DesiredState(strategy=row[0], version=1, state="running", command="poison")
        return self.codec.encode(command)

    def late(self, row: CandleRow) -> bytes:
        """A candle from before the first one."""
        earlier = START_MS - self.chance.randrange(1, 1_000) * MINUTE_MS
        return self.good((*row[:2], earlier, *row[3:]))

    def contradiction(self, row: CandleRow) -> bytes:
        """The same candle with another volume."""
        return self.good((*row[:7], row[7] + 1.0, row[8]))

    def finer(self, row: CandleRow) -> bytes:
        """A candle of a second in a feed of minutes."""
        return self.good((row[0], "1s", row[2] + MINUTE_MS, *row[3:]))


_NAN, _INFINITE = float("nan"), float("inf")

KINDS: dict[str, tuple[Reason, Callable[[Spoiler, CandleRow], bytes | None]]] = {
    "no value": (Reason.EMPTY, lambda _by, _row: None),
    "no bytes": (Reason.EMPTY, lambda _by, _row: b""),
    "too long": (Reason.OVERSIZED, lambda by, row: by.good(row) + bytes(MAX_RECORD_BYTES)),
    "random bytes": (Reason.UNKNOWN_FORMAT, lambda by, _row: by.random_bytes()),
    "JSON": (Reason.UNKNOWN_FORMAT, lambda _by, row: json.dumps(row).encode()),
    "no key": (Reason.UNKNOWN_FORMAT, lambda by, _row: by.random_bytes()),
    "unknown schema": (Reason.UNKNOWN_SCHEMA, lambda by, row: by.unknown_schema(row)),
    "cut": (Reason.TRUNCATED, lambda by, row: by.cut(row)),
    "another record": (Reason.WRONG_TYPE, lambda by, row: by.another(row)),
    "bytes left over": (Reason.INVALID, lambda by, row: by.good(row) + b"\0"),
    "NaN": (Reason.INVALID, lambda by, row: by.with_fields(row, close=_NAN)),
    "infinite": (Reason.INVALID, lambda by, row: by.with_fields(row, high=_INFINITE)),
    "negative price": (Reason.INVALID, lambda by, row: by.with_fields(row, low=-row[5])),
    "negative volume": (Reason.INVALID, lambda by, row: by.with_fields(row, volume=-1.0)),
    "high below low": (Reason.INVALID, lambda by, row: by.with_fields(row, high=row[5] / 2)),
    "off the grid": (Reason.INVALID, lambda by, row: by.with_fields(row, open_time=row[2] + 1)),
    "no symbol": (Reason.INVALID, lambda by, row: by.with_fields(row, symbol="")),
    "no timeframe": (Reason.INVALID, lambda by, row: by.with_fields(row, timeframe="1minute")),
    "out of order": (Reason.OUT_OF_ORDER, lambda by, row: by.late(row)),
    "conflicting duplicate": (Reason.CONFLICTING_DUPLICATE, lambda by, row: by.contradiction(row)),
    "from the future": (Reason.FROM_THE_FUTURE, lambda by, row: by.good((*row[:2], row[2] + CENTURY_MS, *row[3:]))),
    "wrong timeframe": (Reason.WRONG_TIMEFRAME, lambda by, row: by.finer(row)),
}
"""By name: the reason for which it is refused, and from a good candle to it."""
