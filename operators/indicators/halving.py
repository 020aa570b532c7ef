"""The search for a bound: the last number that is accepted, between one that is and one that may not be."""

import math
import struct
from collections.abc import Callable

Number = int | float


def last_accepted(accepts: Callable[[Number], bool], inside: Number, outside: Number) -> Number:
    """The last number from ``inside`` towards ``outside`` that is accepted, if all before it are.

    Integers are searched if both ends are, else all floats, of which there are 64 halvings between any two.

    >>> last_accepted(lambda number: number < 1000, 0, 10**9)
    999
    >>> last_accepted(lambda number: number <= 0.1, 0.0, 1e300)
    0.1
    """
    if accepts(outside):
        return outside
    if isinstance(inside, int) and isinstance(outside, int):
        return _halved(accepts, inside, outside)
    return _float_at(_halved(lambda place: accepts(_float_at(place)), _place(inside), _place(outside)))


def _halved(accepts: Callable[[int], bool], inside: int, outside: int) -> int:
    while abs(outside - inside) > 1:
        middle = (inside + outside) // 2
        if accepts(middle):
            inside = middle
        else:
            outside = middle
    return inside


def _place(value: float) -> int:
    """The place of a float among all floats, in order."""
    (bits,) = struct.unpack("<q", struct.pack("<d", abs(value)))
    return -int(bits) if value < 0 else int(bits)


def _float_at(place: int) -> float:
    """The float at a place."""
    (value,) = struct.unpack("<d", struct.pack("<q", abs(place)))
    return math.copysign(float(value), place)
