"""Records that are on a topic already: each may hold back one record that is produced again."""

from hashlib import blake2b


class Already:
    """The records of one partition from some offset on, by digest; equal ones count as often as they are there.

    About 150 bytes a record. False when empty.

    >>> there = Already()
    >>> there.add(b"key", b"value", offset=7)
    >>> there.take(b"key", b"other"), there.take(b"key", b"value"), there.take(b"key", b"value")
    (False, True, False)
    """

    def __init__(self) -> None:
        self._offsets: dict[bytes, list[int]] = {}

    def __bool__(self) -> bool:
        return bool(self._offsets)

    def add(self, key: bytes, value: bytes, offset: int) -> None:
        """Note a record. Offsets rise from call to call."""
        self._offsets.setdefault(_digest(key, value), []).append(offset)

    def take(self, key: bytes, value: bytes) -> bool:
        """Whether such a record is there; the oldest of them is used up by that."""
        digest = _digest(key, value)
        offsets = self._offsets.get(digest)
        if offsets is None:
            return False
        del offsets[0]
        if not offsets:
            del self._offsets[digest]
        return True

    @property
    def oldest(self) -> int | None:
        """The lowest offset among the records not taken yet; None where all are."""
        return min((offsets[0] for offsets in self._offsets.values()), default=None)


def _digest(key: bytes, value: bytes) -> bytes:
    return blake2b(value, digest_size=16, key=blake2b(key, digest_size=32).digest()).digest()
