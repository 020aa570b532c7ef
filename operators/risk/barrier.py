"""Completeness in event time, for reports of many series on many symbols that come in any order across series.

Signals of one symbol have ``operators.correlation.barrier`` for this, where the market says in a chain of rolls what is
complete. No such chain runs through several symbols. Here each series says itself when it speaks next, and an instant
is complete when none can speak at or before it any more.
"""

from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush
from math import inf
from typing import Any, Final, NamedTuple

from operators.risk.report import Report, primitives, restored

_FOREVER_MS: Final = 2**63


class Instant(NamedTuple):
    """All reports of one instant, by key.

    ``late`` has reports of instants that had been released before, by time and key. Only series that nobody waited for
    bring any.
    """

    at_ms: int
    reports: list[Report]
    late: list[Report]


class Barrier:
    """Collects reports and releases each instant once it is complete.

    Reports of one key come in order, of different keys in any. What is released depends on what was added alone, never
    on the order, as long as every series was expected before it speaks. A series that was not is waited for from its
    first report on; what it says of instants that have been released is late.

    One that has stopped without a word, because its symbol has stopped trading, would be waited for for ever. So it is
    waited for only until some other is more than ``patience_ms`` of event time ahead of what it promised. If it goes on
    after all, as after an outage of one feed alone, it is late: choose it longer than any gap that a feed makes up for.

    State: the promise of each key, and what has not been released. A report costs a few microseconds, however many keys
    there are.

    Args:
        patience_ms: event time, milliseconds; None to wait for ever.
        resume: what ``snapshot`` gave.

    >>> barrier = Barrier()
    >>> barrier.expect("a|BTC|1m", 0), barrier.expect("a|ETH|1m", 0)
    (None, None)
    >>> barrier.add(Report("a|ETH|1m", 60_000, 120_000, 1_000.0, 0.0, 0.0, 9.0))
    >>> list(barrier.released())
    []
    >>> barrier.add(Report("a|BTC|1m", 60_000, 120_000, 1_000.0, 0.0, 0.0, 50.0))
    >>> [(instant.at_ms, [report.symbol for report in instant.reports]) for instant in barrier.released()]
    [(60000, ['BTC', 'ETH'])]
    """

    def __init__(self, patience_ms: int | None = None, resume: dict[str, Any] | None = None) -> None:
        self.patience_ms = patience_ms
        self._promises: dict[str, int] = {}
        self._pending: dict[int, list[Report]] = {}
        self._late: list[Report] = []
        self._watermark: int | None = None
        self._newest_ms: float = -inf
        self._oldest_ms: float = inf
        if resume is not None:
            self._promises = dict(resume["promises"])
            self._watermark = resume["watermark"]
            self._newest_ms = -inf if resume["newest_ms"] is None else resume["newest_ms"]
            self._oldest_ms = inf if resume["oldest_ms"] is None else resume["oldest_ms"]
            self._late = [restored(one) for one in resume["late"]]
            for at_ms, one in resume["pending"]:
                self._pending.setdefault(at_ms, []).append(restored(one))
        self._instants = list(self._pending)
        heapify(self._instants)
        self._nearest = [(next_ms, key) for key, next_ms in self._promises.items()]
        heapify(self._nearest)

    def snapshot(self) -> dict[str, Any]:
        """As primitives, by key."""
        pending = [(at_ms, one) for at_ms, each in sorted(self._pending.items()) for one in sorted(each, key=_in_order)]
        return {
            "promises": dict(sorted(self._promises.items())),
            "watermark": self._watermark,
            "newest_ms": None if self._newest_ms == -inf else self._newest_ms,
            "oldest_ms": None if self._oldest_ms == inf else self._oldest_ms,
            "late": [primitives(one) for one in sorted(self._late, key=_in_order)],
            "pending": [[at_ms, primitives(one)] for at_ms, one in pending],
        }

    def expect(self, key: str, next_ms: int | None) -> None:
        """A series will speak, at ``next_ms`` at the earliest, None for whenever.

        One that is expected already is not changed by it.
        """
        if key not in self._promises:
            self._promised(key, -_FOREVER_MS if next_ms is None else next_ms)

    def forget(self, key: str) -> None:
        """A series will not speak again."""
        self._promises.pop(key, None)

    def add(self, report: Report) -> None:
        """What a series says."""
        if report.next_ms is None:
            self.forget(report.key)
        else:
            self._promised(report.key, report.next_ms)
        self._take(report, report.at_ms)

    def reached(self, source: str, until_ms: int, reports: Iterable[Report]) -> None:
        """All that a source of several series says up to an instant, which is itself what is waited for.

        >>> barrier = Barrier()
        >>> barrier.expect("BTC", 0), barrier.expect("ETH", 0)
        (None, None)
        >>> barrier.reached("BTC", 120_000, [Report("a|BTC|1m", 60_000, 120_000, 1_000.0, 0.0, 0.0, 50.0)])
        >>> barrier.reached("ETH", 60_000, [])
        >>> [(instant.at_ms, len(instant.reports)) for instant in barrier.released()]
        [(60000, 1)]
        """
        least_ms = self._promises.get(source, -_FOREVER_MS)
        self._promised(source, until_ms + 1)
        self._newest_ms = max(self._newest_ms, until_ms)
        self._oldest_ms = min(self._oldest_ms, until_ms)
        for report in reports:
            # What it should have said before goes where it may still speak, whatever has been released by now.
            self._take(report, max(report.at_ms, least_ms))

    def _take(self, report: Report, at_ms: int) -> None:
        self._newest_ms = max(self._newest_ms, at_ms)
        self._oldest_ms = min(self._oldest_ms, at_ms)
        if self._watermark is not None and at_ms <= self._watermark:
            self._late.append(report)
        elif at_ms in self._pending:
            self._pending[at_ms].append(report)
        else:
            self._pending[at_ms] = [report]
            heappush(self._instants, at_ms)

    def released(self) -> Iterator[Instant]:
        """Every instant that can be released now, in order. What is late goes with the next of them."""
        while self._instants and self._instants[0] < self.complete_before():
            at_ms = self._watermark = heappop(self._instants)
            found = sorted(self._pending.pop(at_ms), key=_in_order)
            late = sorted([*self._late, *(one for one in found if one.at_ms < at_ms)], key=_in_order)
            self._late = []
            yield Instant(at_ms, [one for one in found if one.at_ms == at_ms], late)

    def complete_before(self) -> float:
        """The first instant at which some series that is waited for may still speak, infinity where none is.

        Those with whom patience is over are waited for no more from then on.
        """
        nearest = self._nearest
        while nearest:
            next_ms, key = nearest[0]
            if self._promises.get(key) == next_ms:
                # Of one that has never spoken nothing is known but that all others began at some time.
                behind_ms = self._newest_ms - max(next_ms, self._oldest_ms)
                if self.patience_ms is None or behind_ms <= self.patience_ms:
                    return next_ms
                self.forget(key)
            heappop(nearest)
        return inf

    def _promised(self, key: str, next_ms: int) -> None:
        self._promises[key] = next_ms
        heappush(self._nearest, (next_ms, key))


def _in_order(report: Report) -> tuple[int, str]:
    return report.at_ms, report.key
