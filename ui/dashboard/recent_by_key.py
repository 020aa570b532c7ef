"""The newest records of one kind, found by key at the cost of that key's own."""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Generic, Protocol, TypeVar


class Keyed(Protocol):
    """A record that can be told from every other, of a key."""

    @property
    def id(self) -> str:
        """The same for the same record, wherever it was read."""
        ...

    @property
    def key(self) -> str:
        """What it belongs to."""
        ...


R = TypeVar("R", bound=Keyed)


class RecentByKey(Generic[R]):
    """At most ``capacity`` records of all keys together, the oldest to come goes first. Each key's come in order."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._order: deque[R] = deque()
        self._ids: set[str] = set()
        self._by_key: dict[str, deque[tuple[int, R]]] = {}

    def __len__(self) -> int:
        return len(self._order)

    def put(self, record: R, sequence: int) -> bool:
        """Keep a record under a number that never falls; False for one that is there."""
        if record.id in self._ids:
            return False
        if len(self._order) >= self._capacity:
            self._drop(self._order.popleft())
        self._order.append(record)
        self._ids.add(record.id)
        self._by_key.setdefault(record.key, deque()).append((sequence, record))
        return True

    def latest(self, key: str, count: int) -> list[R]:
        """The last of a key to come, newest first."""
        return list(islice(self._newest_first(key), count))

    def since(self, key: str, sequence: int) -> list[R]:
        """Those of a key that came after ``sequence``, oldest first."""
        found: list[R] = []
        for came, record in reversed(self._by_key.get(key, ())):
            if came <= sequence:
                break
            found.append(record)
        return found[::-1]

    def _newest_first(self, key: str) -> Iterator[R]:
        return (record for _, record in reversed(self._by_key.get(key, ())))

    def _drop(self, record: R) -> None:
        """The oldest of all is the oldest of its key."""
        self._ids.discard(record.id)
        mine = self._by_key[record.key]
        mine.popleft()
        if not mine:
            del self._by_key[record.key]
