"""What of an output is on its partition already: records that a resumed run makes once more are held back.

A run that goes on from a snapshot makes again, key by key in the same order, what was made after it. What of that is on
the partition from the snapshot's end on is held back; the rest is written.

Retention and compaction take records away, and what was taken away must not be written again behind newer records of
its key. They leave holes: offsets that are looked for and hold nothing. While there are holes that are not accounted
for, a record that is not found was removed if records of its key are still waiting, for those are newer: compaction
keeps the newest of each key, and retention takes the oldest of the partition. It is held back, and a hole is accounted
for. Where nothing was removed there is no hole, and nothing is held back that is not there.

Where a key has equal records (only the acknowledgements of a strategy can be equal) one that is found counts as the
oldest of them. Is it in truth the newest, and the others were removed, then what lies between is written once more, and
after it the newest again: the key ends with what it should end with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise

import numpy as np

Runs = Sequence[Sequence[int]]
"""Offsets as ``[first, count]``, ascending."""


@dataclass(frozen=True)
class Sought:
    """Where to look: the offsets from ``end`` on, and those of ``waiting`` before it.

    ``holes`` is how many records were found removed before, and not accounted for yet.
    """

    end: int = 0
    waiting: Runs = ()
    holes: int = 0

    @property
    def first(self) -> int:
        """The lowest offset to look at."""
        return self.waiting[0][0] if self.waiting else self.end


class Already:
    """The records of one partition that are still to be seen again, by digest; equal ones as often as they are there.

    About 140 bytes a record, and 90 for each key that has any. False when empty.

    >>> there = Already(Sought(end=7))
    >>> there.add(b"key", b"value", offset=7)
    >>> there.whole(end=8)
    >>> there.take(b"key", b"other"), there.take(b"key", b"value"), there.take(b"key", b"value")
    (False, True, False)

    Of three records the first two are gone:

    >>> there = Already(Sought(end=7))
    >>> there.add(b"key", b"newest", offset=9)
    >>> there.whole(end=10)
    >>> [there.take(b"key", value) for value in (b"oldest", b"older", b"newest", b"next")]
    [True, True, True, False]
    """

    def __init__(self, sought: Sought, *, holds_back_removed: bool = True) -> None:
        self._before = sought
        self._holds_back_removed = holds_back_removed
        self._expected = sum(count for _, count in sought.waiting)
        self._run = 0
        self._found = 0
        self._oldest: dict[bytes, int] = {}
        self._more: dict[bytes, list[int]] = {}
        self._of_key: dict[bytes, int] = {}
        self._holes = sought.holes
        self._runs: Runs | None = None

    def __bool__(self) -> bool:
        return bool(self._oldest)

    def add(self, key: bytes, value: bytes, offset: int) -> None:
        """Note a record of the partition. Offsets rise from call to call; those that are not sought are passed over."""
        if offset < self._before.end and not self._waited_for(offset):
            return
        self._found += 1
        digest = _digest(key, value)
        if digest in self._oldest:
            self._more.setdefault(digest, []).append(offset)
        else:
            self._oldest[digest] = offset
        self._of_key[key] = self._of_key.get(key, 0) + 1

    def whole(self, end: int) -> None:
        """All that is sought and there was noted; the partition ends at ``end``. What is missing was removed."""
        self._holes += self._expected + max(0, end - self._before.end) - self._found
        self._forget_holes()

    def take(self, key: bytes, value: bytes) -> bool:
        """Whether a record must not be written: it is there, and its oldest copy is used up by that, or was removed."""
        left = self._of_key.get(key, 0)
        if not left:
            return False
        digest = _digest(key, value)
        if digest not in self._oldest:
            if not self._holes or not self._holds_back_removed:
                return False
            self._holes -= 1
            return True
        self._runs = None
        more = self._more.get(digest)
        if more is None:
            del self._oldest[digest]
        else:
            self._oldest[digest] = more.pop(0)
            if not more:
                del self._more[digest]
        if left > 1:
            self._of_key[key] = left - 1
        else:
            del self._of_key[key]
            self._forget_holes()
        return True

    def sought(self, end: int) -> Sought:
        """Where one has to look who goes on from now: ``end`` is beyond all that is written."""
        if self._runs is None:
            self._runs = _runs([*self._oldest.values(), *(offset for more in self._more.values() for offset in more)])
        return Sought(end, self._runs, self._holes)

    def _waited_for(self, offset: int) -> bool:
        runs = self._before.waiting
        while self._run < len(runs) and offset >= sum(runs[self._run]):
            self._run += 1
        return self._run < len(runs) and offset >= runs[self._run][0]

    def _forget_holes(self) -> None:
        if not self._of_key:  # nobody waits, so nothing is newer than what was removed
            self._holes = 0


def _runs(offsets: Sequence[int]) -> Runs:
    """Offsets, in any order, as runs."""
    if not offsets:
        return []
    ascending = np.sort(np.array(offsets, dtype=np.int64))
    starts = np.concatenate([[0], np.flatnonzero(np.diff(ascending) != 1) + 1, [len(ascending)]])
    return [[int(ascending[one]), int(after - one)] for one, after in pairwise(starts)]


def _digest(key: bytes, value: bytes) -> bytes:
    return blake2b(value, digest_size=16, key=blake2b(key, digest_size=32).digest()).digest()
