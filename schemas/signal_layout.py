"""Where the numbers of a signal stand among the texts that its rule always says."""

from collections.abc import Mapping
from operator import itemgetter
from struct import Struct
from struct import error as StructError  # noqa: N812  # it is an exception
from typing import Any, Final

from schemas.avro.pieces import block, text, texts
from schemas.candle_row import varint
from schemas.signal import EvaluatedCondition, Signal

_END: Final = b"\x00"
_NULL, _SOME = b"\x00", b"\x02"  # the branches of ["null", "double"]
_WIDTH: Final = len(EvaluatedCondition._fields)
_nothing = itemgetter(slice(0))


class SignalLayout:
    """All that follows the times of a signal: constant bytes and numbers in turn, packed by one call.

    It serves every signal that says and names the same, with as many conditions. ``parts`` are the signal's own:
    confidence, price, the values, the fields of all conditions, the terms of its confidence, and ``partial``.
    """

    __slots__ = ("_constants", "_expected", "_numbers", "_pack", "_same")

    def __init__(self, signal: Signal, parts: list[Any]) -> None:
        drawn = _Drawing(signal, parts)
        self._constants = drawn.constants
        self._numbers = itemgetter(*drawn.numbers)
        self._same = itemgetter(*drawn.same) if drawn.same else _nothing
        self._expected = self._same(parts)
        self._pack = Struct(drawn.format).pack

    def write(self, parts: list[Any]) -> bytes | None:
        """The bytes; None where the conditions are others, or have values where they had none, or none where some."""
        if self._same(parts) != self._expected:
            return None
        packed = self._constants.copy()
        packed[1::2] = self._numbers(parts)
        try:
            return self._pack(*packed)
        except StructError:  # no number
            return None


class _Drawing:
    """A layout in the making, from its first signal.

    ``numbers`` are the places of numbers among the parts, ``same`` those of what is the same for every signal.
    ``constants`` has each constant with room for the number after it, ``format`` says how both are packed.
    """

    def __init__(self, signal: Signal, parts: list[Any]) -> None:
        self.format = "<"
        self.constants: list[Any] = []
        self.numbers: list[int] = []
        self.same: list[int] = []
        self._said = b""
        values, conditions, terms = signal.values, signal.conditions, signal.confidence_terms
        after_values = 2 + len(values)
        after_conditions = after_values + _WIDTH * len(conditions)
        self._say(texts((signal.rule, signal.type, signal.side)))
        self._leave("d", 0)
        self._leave("d", 1)
        self._say(texts((signal.position_before, signal.position_after, signal.condition)))
        self._add_values(values, 2)
        self._say(block(conditions))
        for place in range(after_values, after_conditions, _WIDTH):
            self._add_condition(parts, place)
        self._say(_END + text(signal.confidence_method))
        self._add_values(terms, after_conditions)
        self._leave("?", after_conditions + len(terms))

    def _say(self, constant: bytes) -> None:
        self._said += constant

    def _leave(self, code: str, place: int) -> None:
        """Room for a number, after all that was said since the one before."""
        self.format += f"{len(self._said)}s{code}"
        self.constants += (self._said, None)
        self.numbers.append(place)
        self._said = b""

    def _add_values(self, values: Mapping[str, float], first: int) -> None:
        self._say(block(values))
        for place, name in enumerate(values, first):
            self._say(text(name))
            self._leave("d", place)
        self._say(_END)

    def _add_condition(self, parts: list[Any], first: int) -> None:
        self._say(varint(parts[first]) + text(parts[first + 1]))
        self.same += (first, first + 1)
        self._leave("?", first + 2)
        for place in (first + 3, first + 4):
            if parts[place] is None:
                self._say(_NULL)
                self.same.append(place)
            else:
                self._say(_SOME)
                self._leave("d", place)
