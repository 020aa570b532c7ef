"""The hot path of signals: Avro bytes by the current schema, with what repeats from signal to signal encoded once."""

from datetime import datetime
from itertools import chain
from operator import itemgetter
from typing import Any, Final

from schemas.avro.pieces import Pieces, remember, text
from schemas.candle_row import varint
from schemas.decode_error import EncodeError, shown
from schemas.record import to_milliseconds
from schemas.signal import Signal
from schemas.signal_layout import SignalLayout

MAX_LAYOUTS = 16_384
"""So many layouts are remembered at once; each takes a few kilobytes."""

_ID_LENGTH: Final = varint(32)
_NEVER: Final[tuple[datetime | None, bytes]] = (None, b"")

_ORIGIN = itemgetter("strategy", "version", "symbol", "timeframe")
_SAID = itemgetter("rule", "type", "side", "position_before", "position_after", "condition", "confidence_method")
_CHANGING = itemgetter(
    "id", "open_time", "close_time", "confidence", "price", "values", "conditions", "confidence_terms", "partial"
)
_in_one = chain.from_iterable


class SignalWriter:
    """Writes signals after ``header``: the bytes that Avro's general writer gives, at a small part of its cost.

    What a rule says is text, the same at every signal: it is encoded once, and for each signal only numbers are, all of
    them in one call.

    Source: Avro 1.11 specification, "Binary encoding"; the order of the fields is that of ``avro/signal.avsc``.
    """

    def __init__(self, header: bytes) -> None:
        self._header = header + _ID_LENGTH
        self._origins = Pieces(_origin)
        self._layouts: dict[tuple[Any, ...], SignalLayout] = {}
        self._times: dict[datetime, tuple[datetime | None, bytes]] = {}

    def write(self, signal: Signal) -> bytes:
        """The payload of a signal."""
        fields = signal.__dict__
        id_, opened, closed, confidence, price, values, conditions, terms, partial = _CHANGING(fields)
        parts = [confidence, price, *values.values(), *_in_one(conditions), *terms.values(), partial]
        rule = _SAID(fields), tuple(values), len(conditions), tuple(terms)
        layout = self._layouts.get(rule)
        body = None if layout is None else layout.write(parts)
        if body is None:  # of a rule that is new, or whose conditions are not what they were
            body = self._write_first(rule, signal, parts)
        known, times = self._times.get(opened, _NEVER)
        if known != closed:
            times = self._time(opened, closed)
        return b"".join((self._header, id_.encode(), self._origins[_ORIGIN(fields)], times, body))

    def _write_first(self, rule: tuple[Any, ...], signal: Signal, parts: list[Any]) -> bytes:
        layout = SignalLayout(signal, parts)
        body = layout.write(parts)
        if body is None:
            raise EncodeError(f"signal of {shown(signal.strategy)}: expected numbers, got {shown(str(parts), 200)}")
        remember(self._layouts, rule, layout, MAX_LAYOUTS)
        return body

    def _time(self, opened: datetime, closed: datetime) -> bytes:
        """Both times of a candle, found again by the first: that is one object for all strategies of a series."""
        encoded = varint(to_milliseconds(opened)) + varint(to_milliseconds(closed))
        remember(self._times, opened, (closed, encoded))
        return encoded


def _origin(origin: tuple[str, int, str, str]) -> bytes:
    strategy, version, symbol, timeframe = origin
    return text(strategy) + varint(version) + text(symbol) + text(timeframe)
