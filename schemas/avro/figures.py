"""Doubles in a row, some of which may be missing, packed by one call."""

from collections.abc import Sequence
from operator import itemgetter
from struct import Struct

from schemas.avro.pieces import Pieces

_BRANCHES = (2, 0)  # of ["null", "double"], as the one byte that each is written by: a value, and none


class Figures:
    """Writes values after a pattern: ``d`` for each that is always there, ``?`` for each that may be None.

    Which of them are None changes seldom: what follows from that is worked once.

    >>> Figures("d?").write((1.0, None)).hex()
    '000000000000f03f00'
    >>> Figures("?").write((1.0,)).hex()
    '02000000000000f03f'
    """

    __slots__ = ("_ways", "_whole")

    def __init__(self, pattern: str) -> None:
        self._ways: Pieces[tuple[bool, ...], _Way] = Pieces(lambda missing: _Way(pattern, missing))
        self._whole = self._ways[(False,) * len(pattern)]

    def write(self, values: tuple[float | None, ...]) -> bytes:
        """The bytes of as many values as the pattern has."""
        way = self._ways[tuple([value is None for value in values])] if None in values else self._whole
        return way.write(values)


class _Way:
    """How values are written of which the same are missing."""

    __slots__ = ("_choose", "_pack")

    def __init__(self, pattern: str, missing: Sequence[bool]) -> None:
        some, null = len(pattern), len(pattern) + 1  # places of the branches, behind the values
        places: list[int] = []
        codes = "<"
        for place, (kind, is_missing) in enumerate(zip(pattern, missing, strict=True)):
            if kind == "?" and is_missing:
                places.append(null)
                codes += "B"
            elif kind == "?":
                places += (some, place)
                codes += "Bd"
            else:
                places.append(place)
                codes += "d"
        self._choose = itemgetter(*places) if len(places) > 1 else itemgetter(slice(places[0], places[0] + 1))
        self._pack = Struct(codes).pack

    def write(self, values: tuple[float | None, ...]) -> bytes:
        return self._pack(*self._choose(values + _BRANCHES))
