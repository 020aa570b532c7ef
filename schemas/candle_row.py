"""The hot path of candles: bytes to a tuple and back without a model, for the one layout that this program writes."""

from datetime import UTC, datetime
from struct import Struct
from struct import error as StructError  # noqa: N812  # it is an exception
from typing import TypeAlias

from pydantic import TypeAdapter, ValidationError

from schemas.candle import NO_TIME, NO_TIME_PROBLEM, candle_problem
from schemas.decode_error import EncodeError, shown
from schemas.record import Symbol, to_milliseconds

CandleRow: TypeAlias = tuple[str, str, int, float, float, float, float, float, bool]
"""Symbol, timeframe, open time (ms since the epoch), open, high, low, close, volume, closed."""

MAX_SERIES = 65_536
"""So many series are remembered at once; each takes a few hundred bytes."""

# After symbol and timeframe come, from July 1970 to September 2039: a varint of six bytes, five doubles, a boolean.
_TAIL = Struct("<6B5dB")
_NUMBERS = Struct("<5d?")
_MORE = 0x80  # the bit by which a byte of a varint announces another one
_ALL_MORE = sum(_MORE << 7 * place for place in range(5))  # those bits of a varint of six bytes, where they end up
_FIRST_TIME = to_milliseconds(datetime.min.replace(tzinfo=UTC))
_LAST_TIME = to_milliseconds(datetime.max.replace(tzinfo=UTC))
_IS_SYMBOL = TypeAdapter[str](Symbol).validate_python


def is_candle(row: CandleRow) -> bool:
    """Whether the numbers of a row are a candle of its timeframe; of its symbol nothing is asked.

    >>> numbers = 0, 1.0, 2.0, 1.0, 2.0, 5.0, True
    >>> is_candle(("A", "1m", *numbers)), is_candle(("A", "1y", *numbers))
    (True, False)
    """
    try:
        return candle_problem(row[1], *row[2:8]) is None
    except ValueError:  # no such timeframe
        return False


class CandleRows:
    """Reads and writes candles by the current schema, after a header of ``header_size`` bytes.

    Header, symbol and timeframe of a payload are one dict look-up, for a series that ``learn`` was told of. Whatever is
    unusual is left to the general path, which decides and explains; so this class accepts less than it, never more.
    """

    def __init__(self, header_size: int) -> None:
        self._start = header_size
        self._series: dict[bytes, tuple[str, str]] = {}

    def read(self, payload: bytes) -> CandleRow | None:
        """The candle in the payload, or None where the general path has to look. Raises nothing, whatever the bytes."""
        try:
            end = self._start + 1 + (payload[self._start] >> 1)
            end += 1 + (payload[end] >> 1)
            symbol, timeframe = self._series[payload[:end]]
            b0, b1, b2, b3, b4, b5, open_, high, low, close, volume, closed = _TAIL.unpack(payload[end:])
        except (IndexError, KeyError, StructError):
            return None
        if b5 < _MORE <= b0 & b1 & b2 & b3 & b4 and closed <= 1:
            zigzag = b0 + (b1 << 7) + (b2 << 14) + (b3 << 21) + (b4 << 28) + (b5 << 35) - _ALL_MORE
            open_time = (zigzag >> 1) ^ -(zigzag & 1)
            if candle_problem(timeframe, open_time, open_, high, low, close, volume) is None:
                return symbol, timeframe, open_time, open_, high, low, close, volume, closed == 1
        return None

    def learn(self, header: bytes, symbol: str, timeframe: str) -> None:
        """Remember a series that the general path has read, after a header that stands for the current schema."""
        if len(self._series) >= MAX_SERIES:
            self._series.clear()
        self._series[header + _head(symbol, timeframe)] = (symbol, timeframe)


class CandleRowWriter:
    """Writes candle rows by the current schema, each after ``header``."""

    def __init__(self, header: bytes) -> None:
        self._header = header
        self._heads: dict[tuple[str, str], bytes] = {}

    def write(self, row: CandleRow) -> bytes:
        """The payload of a candle; EncodeError says what is wrong where the row is none."""
        symbol, timeframe, open_time, open_, high, low, close, volume, closed = row
        head = self._heads.get((symbol, timeframe))
        if not _FIRST_TIME <= open_time <= _LAST_TIME:
            expected = f"expected a time from year 1 to 9999, got {open_time} ms"
            raise EncodeError(f"candle of {shown(symbol)}: {NO_TIME_PROBLEM if open_time == NO_TIME else expected}")
        try:
            problem = candle_problem(timeframe, open_time, open_, high, low, close, volume)
            if head is None and problem is None:
                head = self._learn(_IS_SYMBOL(symbol, strict=True), timeframe)
        except ValidationError as error:
            raise EncodeError(f"symbol {shown(symbol)}: {error.errors()[0]['msg']}") from None
        except ValueError as error:
            raise EncodeError(f"candle of {shown(symbol)}: {error}") from None
        if head is None or problem is not None:
            raise EncodeError(f"candle of {shown(symbol)} {timeframe}: {problem}")
        return head + varint(open_time) + _NUMBERS.pack(open_, high, low, close, volume, closed)

    def _learn(self, symbol: str, timeframe: str) -> bytes:
        if len(self._heads) >= MAX_SERIES:
            self._heads.clear()
        head = self._header + _head(symbol, timeframe)
        self._heads[symbol, timeframe] = head
        return head


def varint(number: int) -> bytes:
    """A 64 bit number in Avro's variable-length zig-zag form. Source: Avro 1.11 specification, "Binary encoding".

    >>> varint(0).hex(), varint(-1).hex(), varint(1).hex(), varint(64).hex()
    ('00', '01', '02', '8001')
    """
    left = (number << 1) ^ (number >> 63)
    out = bytearray()
    while left >= _MORE:
        out.append(left & 0x7F | _MORE)
        left >>= 7
    out.append(left)
    return bytes(out)


def _head(symbol: str, timeframe: str) -> bytes:
    encoded, length = symbol.encode(), timeframe.encode()
    return varint(len(encoded)) + encoded + varint(len(length)) + length
