"""What of an output is on its partition already: records that a resumed run makes once more are held back.

A run that goes on from a snapshot makes again, key by key in the same order, what was made after it. What of that is on
the partition from the snapshot's end on is held back; the rest is written.

Retention and compaction take records away, and what was taken away must not be written again behind newer records of
its key. They leave holes: offsets that are looked for and hold nothing. Compaction keeps the newest of each key, and
retention takes the oldest of the partition, so what was removed is before a record of its key that is there, in the
order of the key and on the partition. While there are holes that are not accounted for, a record that is not found was
removed if the newest record of its key that was there at the start, behind a hole, was not seen again yet, and is not
older by ``rank``. It is held back, and a hole is accounted for. Where nothing was removed there is no hole, and nothing
is held back that is not there.

A run may also never come to what is there: it was made of candles or commands that are gone, or with other settings.
What that run makes of later candles has a higher rank than all that is there of its key, and is written. What it makes
otherwise of the candles of then may be held back as long as there are holes, unless it was told that it began cold;
so may records without a rank (answers to commands) until the newest of their key is seen again.

Once the newest of a key was seen, or something newer came, what else comes of the key is new: while there are holes,
its other records are not waited for any more.

Where a key has equal records (the acknowledgements of a strategy can be equal, and its metrics of one close) one that
is found counts as the oldest of them. Is it in truth the newest, and the others were removed, then what lies between is
written once more, and after it the newest again: the key ends with what it should end with.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise

import numpy as np

Runs = Sequence[Sequence[int]]
"""Offsets as ``[first, count]``, ascending."""

Rank = Callable[[bytes], int | None]
"""Of a record's bytes: a number that never falls along its key, or None. See ``dataflows.kafka.rank``."""


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


@dataclass(slots=True)
class _Key:
    """What is there of one key.

    ``left`` is how many of its records are still to be seen again, ``offsets`` has all that there were. ``suspect``:
    there was a hole before the newest, which is still to come; then ``newest`` is that one's value, until its ``rank``
    was asked for.
    """

    left: int
    offsets: list[int]
    suspect: bool = False
    newest: bytes | None = None
    rank: int | None = None


def _no_rank(_value: bytes) -> int | None:
    return None


class Already:
    """The records of one partition that are still to be seen again, by digest; equal ones as often as they are there.

    About 150 bytes a record, and 250 for each key that has any; where records were removed, also the newest of each
    key. False when empty.

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

    What is there is never made again, and what comes is newer:

    >>> there = Already(Sought(end=7), int)
    >>> there.add(b"key", b"12", offset=9)
    >>> there.whole(end=10)
    >>> [there.take(b"key", value) for value in (b"11", b"13", b"14")]
    [True, False, False]
    """

    def __init__(self, sought: Sought, rank: Rank = _no_rank, *, holds_back_removed: bool = True) -> None:
        self._before = sought
        self._rank = rank
        self._holds_back_removed = holds_back_removed
        self._expected = sum(count for _, count in sought.waiting)
        self._run = 0
        self._of_runs_before = 0
        self._found = 0
        self._oldest: dict[bytes, int] = {}
        self._more: dict[bytes, list[int]] = {}
        self._of_key: dict[bytes, _Key] = {}
        self._suspects = 0
        self._holes = sought.holes
        self._given_up: set[int] = set()
        self._runs: Runs | None = None

    def __bool__(self) -> bool:
        return bool(self._oldest)

    def add(self, key: bytes, value: bytes, offset: int) -> None:
        """Note a record of the partition. Offsets rise from call to call; those that are not sought are passed over."""
        before = self._sought_before(offset)
        if before is None:
            return
        digest = _digest(key, value)
        if digest in self._oldest:
            self._more.setdefault(digest, []).append(offset)
        else:
            self._oldest[digest] = offset
        known = self._of_key.get(key)
        if known is None:
            known = self._of_key[key] = _Key(1, [offset])
        else:
            known.left += 1
            known.offsets.append(offset)
        if self._holes + before > self._found:
            self._suspects += not known.suspect
            known.suspect, known.newest = True, value
        self._found += 1

    def whole(self, end: int) -> None:
        """All that is sought and there was noted; the partition ends at ``end``. What is missing was removed."""
        self._holes += self._expected + max(0, end - self._before.end) - self._found
        self._forget_holes()

    def take(self, key: bytes, value: bytes) -> bool:
        """Whether a record must not be written: it is there, and its oldest copy is used up by that, or was removed."""
        known = self._of_key.get(key)
        if known is None:
            return False
        digest = _digest(key, value)
        offset = self._oldest.get(digest)
        if offset is None:
            if not self._was_removed(known, value):
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
        known.left -= 1
        if self._holes and offset == known.offsets[-1]:
            self._give_up(known)
        if not known.left:
            del self._of_key[key]
        return True

    def sought(self, end: int) -> Sought:
        """Where one has to look who goes on from now: ``end`` is beyond all that is written."""
        if self._runs is None:
            left = [*self._oldest.values(), *(offset for more in self._more.values() for offset in more)]
            self._runs = _runs([offset for offset in left if offset not in self._given_up] if self._given_up else left)
        return Sought(end, self._runs, self._holes)

    def _sought_before(self, offset: int) -> int | None:
        """How many offsets before this one are sought; None where this one is not."""
        end, runs = self._before.end, self._before.waiting
        if offset >= end:
            return self._expected + offset - end
        while self._run < len(runs) and offset >= sum(runs[self._run]):
            self._of_runs_before += runs[self._run][1]
            self._run += 1
        if self._run == len(runs) or offset < runs[self._run][0]:
            return None
        return self._of_runs_before + offset - runs[self._run][0]

    def _was_removed(self, known: _Key, value: bytes) -> bool:
        """Of a record that is not found, and of whose key there are others."""
        if not (self._holes and known.suspect and self._holds_back_removed):
            return False
        if known.newest is not None:
            known.rank, known.newest = self._rank(known.newest), None
        if known.rank is not None:
            rank = self._rank(value)
            if rank is not None and rank > known.rank:
                self._give_up(known)
                return False
        return True

    def _give_up(self, known: _Key) -> None:
        """What is still there of a key is older than what was seen of it: it is not waited for after a snapshot."""
        if known.left:
            self._given_up.update(known.offsets)
            self._runs = None
        self._suspects -= known.suspect
        known.suspect, known.newest = False, None
        self._forget_holes()

    def _forget_holes(self) -> None:
        if not self._suspects:  # nothing that still has to come is newer than what was removed
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
