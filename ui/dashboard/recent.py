"""The newest records of one kind: bounded, each once, with a note of when it came."""

from collections import deque
from collections.abc import Callable, Iterator
from heapq import nlargest
from typing import Any, Generic, Protocol, TypeVar


class Identified(Protocol):
    """A record that can be told from every other."""

    @property
    def id(self) -> str:
        """The same for the same record, wherever it was read."""
        ...


R = TypeVar("R", bound=Identified)


class Recent(Generic[R]):
    """At most ``capacity`` records, the oldest to come goes first.

    Args:
        capacity: how many are kept.
        order: what records are sorted by: event time first.
    """

    def __init__(self, capacity: int, order: Callable[[R], tuple[Any, ...]]) -> None:
        self._capacity = capacity
        self._order = order
        self._records: deque[tuple[int, R]] = deque()
        self._ids: set[str] = set()

    def __iter__(self) -> Iterator[R]:
        """In the order in which they came."""
        return (record for _, record in self._records)

    def put(self, record: R, sequence: int) -> bool:
        """Keep a record under a number that never falls; False for one that is there."""
        if record.id in self._ids:
            return False
        if len(self._records) >= self._capacity:
            self._ids.discard(self._records.popleft()[1].id)
        self._records.append((sequence, record))
        self._ids.add(record.id)
        return True

    def latest(self, count: int, wanted: Callable[[R], bool] = lambda _record: True) -> list[R]:
        """The newest of those that are wanted by event time, newest first."""
        return nlargest(count, filter(wanted, self), key=self._order)

    def since(self, sequence: int, wanted: Callable[[R], bool]) -> list[R]:
        """Those of the wanted ones that came after ``sequence``, by event time, oldest first."""
        found: list[R] = []
        for came, record in reversed(self._records):
            if came <= sequence:
                break
            if wanted(record):
                found.append(record)
        return sorted(found, key=self._order)
