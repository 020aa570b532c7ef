"""Pieces of Avro's binary encoding that come again and again, each encoded once."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from schemas.candle_row import varint

MAX_REMEMBERED = 65_536
"""So many pieces of one kind are remembered at once, where nothing else is said."""

K = TypeVar("K")
V = TypeVar("V")


class Pieces(dict[K, V]):
    """What ``make`` gives for a key, made when it is first looked up; all is forgotten when there are ``most``.

    >>> texts = Pieces(text)
    >>> texts["1m"].hex(), len(texts)
    ('04316d', 1)
    """

    def __init__(self, make: Callable[[K], V], most: int = MAX_REMEMBERED) -> None:
        super().__init__()
        self._make = make
        self._most = most

    def __missing__(self, key: K) -> V:
        made = self._make(key)
        remember(self, key, made, self._most)
        return made


def remember(known: dict[K, V], key: K, made: V, most: int = MAX_REMEMBERED) -> None:
    """Keep it under its key, after all others are forgotten where there are ``most``.

    >>> known = {1: "one", 2: "two"}
    >>> remember(known, 3, "three", most=2)
    >>> known
    {3: 'three'}
    """
    if len(known) >= most:
        known.clear()
    known[key] = made


def text(content: str) -> bytes:
    """A string: its length in bytes, then its UTF-8.

    >>> text("1m").hex()
    '04316d'
    """
    encoded = content.encode()
    return varint(len(encoded)) + encoded


def texts(contents: Sequence[str]) -> bytes:
    """Strings, one after the other."""
    return b"".join(map(text, contents))


def block(entries: Sequence[object] | Mapping[str, object]) -> bytes:
    """What stands before the entries of an array or a map: their number; nothing where there are none.

    After the entries comes a zero, by which alone an empty array or map is written.

    >>> block(["one", "two"]).hex(), block([]).hex()
    ('04', '')
    """
    return varint(len(entries)) if entries else b""
