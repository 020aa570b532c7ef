"""Where the numbers of a signal stand among the texts that its rule always says."""

from collections.abc import Mapping
from operator import itemgetter
from struct import Struct
from struct import error as StructError  # noqa: N812  # it is an exception
from typing import Any, Final

from schemas.avro.pieces import block, text, texts
from schemas.candle_row import varint
from schemas.signal import Signal

_END: Final = b"\x00"
_NULL, _SOME = b"\x00", b"\x02"  # the branches of ["null", "double"]
_WIDTH: Final = 5  # of an evaluated condition: depth, text, whether it holds, left, right
_nothing = itemgetter(slice(0))


class SignalLayout:
    """All that follows the times of a signal: constant bytes and numbers in turn, packed by one call.

    It serves every signal with the same rule, names, and conditions. ``parts`` are the signal's own: confidence, price,
    the values, the fields of its conditions one after the other, the terms of its confidence, and ``partial``.
    """

    def __init__(self, signal: Signal, parts: list[Any]) -> None:
        self._format = "<"
        self._constants: list[Any] = []
        self._said = b""
        self._places: list[int] = []  # among the parts, of the numbers
        self._fixed: list[int] = []  # and of what has to be the same for each signal
        self._lay_out(signal, parts)
        self._numbers = itemgetter(*self._places)
        self._same = itemgetter(*self._fixed) if self._fixed else _nothing
        self._expected = self._same(parts)
        self._pack = Struct(self._format).pack

    def write(self, parts: list[Any]) -> bytes | None:
        """The bytes; None where these parts do not belong to a signal of this layout."""
        if self._same(parts) != self._expected:
            return None
        packed = self._constants.copy()
        packed[1::2] = self._numbers(parts)
        try:
            return self._pack(*packed)
        except StructError:
            return None

    def _lay_out(self, signal: Signal, parts: list[Any]) -> None:
        self._say(texts((signal.rule, signal.type, signal.side)))
        self._leave("d", 0)
        self._leave("d", 1)
        self._say(texts((signal.position_before, signal.position_after, signal.condition)))
        self._entries(signal.values, 2)
        first = 2 + len(signal.values)
        self._say(block(signal.conditions))
        after = first + _WIDTH * len(signal.conditions)
        for place in range(first, after, _WIDTH):
            self._condition(parts, place)
        self._say(_END + text(signal.confidence_method))
        self._entries(signal.confidence_terms, after)
        self._leave("?", len(parts) - 1)

    def _say(self, constant: bytes) -> None:
        self._said += constant

    def _leave(self, code: str, place: int) -> None:
        """Room for a number, after what was said since the one before."""
        self._format += f"{len(self._said)}s{code}"
        self._constants += (self._said, None)
        self._said = b""
        self._places.append(place)

    def _entries(self, entries: Mapping[str, float], first: int) -> None:
        self._say(block(entries))
        for place, name in enumerate(entries, first):
            self._say(text(name))
            self._leave("d", place)
        self._say(_END)

    def _condition(self, parts: list[Any], first: int) -> None:
        self._say(varint(parts[first]) + text(parts[first + 1]))
        self._fixed += (first, first + 1)
        self._leave("?", first + 2)
        for place in (first + 3, first + 4):
            if parts[place] is None:
                self._say(_NULL)
                self._fixed.append(place)
            else:
                self._say(_SOME)
                self._leave("d", place)
