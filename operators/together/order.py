"""One order of all that several symbols have for one strategy, whatever order it comes in."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush
from math import inf
from typing import Any

from operators.events import Reached, Transition
from operators.together.parts import Part, read_part, unrolled, written_part
from schemas.lifecycle import StrategyVersion


class Order:
    """Holds back parts of items until every symbol has told all up to their time; then gives them, time by time.

    Parts of one series come in order, and none at a time up to which its symbol has told all. One may close before
    what is in front of it. A bar inside a gap is told after the command that the candle behind the gap has brought,
    and takes it along to its own time. And before a symbol's base is settled its time may go back: then the bar waits
    with what is in front of it. What is given is the same for whatever order parts of different series come in, and
    however they are cut into batches, as long as each symbol has one spelling.

    State: how far each symbol has come, and what is held back.

    Args:
        resume: what ``snapshot`` gave.
        version: looks up the strategy's versions by number, for what a snapshot has held back.

    >>> order = Order()
    >>> order.add("dip|BTC|1m", [Part(60_000, "of BTC", True)])
    >>> order.reached(Reached("dip", "BTC", 60_000, ("BTC", "ETH")))
    >>> list(order.released())
    []
    >>> order.reached(Reached("dip", "ETH", 120_000, ("BTC", "ETH")))
    >>> list(order.released())
    [{'dip|BTC|1m': [Part(close_ms=60000, event='of BTC', is_last=True)]}]
    """

    def __init__(
        self, resume: Mapping[str, Any] | None = None, version: Callable[[int], StrategyVersion] | None = None
    ) -> None:
        self._reached: dict[str, dict[str, int]] = {}
        self._held: dict[int, dict[str, list[Part]]] = {}
        self._latest: dict[str, int] = {}
        self._written: dict[int, list[Any]] = {}
        if resume is not None and version is not None:
            self._reached = {symbol: dict(spelt) for symbol, spelt in resume["reached"].items()}
            for at_ms, each in resume["held"]:
                self._held[at_ms] = {key: [read_part(one, version) for one in parts] for key, parts in each}
                self._latest |= dict.fromkeys(self._held[at_ms], at_ms)
        self._times = list(self._held)
        heapify(self._times)

    def snapshot(self) -> dict[str, Any]:
        """As primitives; what is held back is written once."""
        for at_ms in self._held.keys() - self._written.keys():
            each = sorted(self._held[at_ms].items())
            self._written[at_ms] = [at_ms, [[key, [written_part(part) for part in parts]] for key, parts in each]]
        return {
            "reached": {symbol: dict(sorted(spelt.items())) for symbol, spelt in sorted(self._reached.items())},
            "held": [self._written[at_ms] for at_ms in sorted(self._held)],
        }

    def add(self, key: str, parts: Iterable[Part]) -> None:
        """What a series has, in order."""
        for part in parts:
            latest = self._latest.get(key)
            if latest is not None and part.close_ms < latest and self._brought_back(key, part.close_ms):
                latest = None
            self._hold(key, part.close_ms if latest is None else max(part.close_ms, latest), [part])

    def reached(self, told: Reached) -> None:
        """A symbol has told all up to a time. One with a slash is the one without: of two spellings both have to."""
        for symbol in told.among:
            self._reached.setdefault(symbol, {})
        self._reached.setdefault(told.symbol.replace("/", ""), {})[told.symbol] = told.until

    def released(self) -> Iterator[dict[str, list[Part]]]:
        """All parts of one time, by series; time by time, up to where every symbol has come."""
        complete = min((min(spelt.values(), default=-inf) for spelt in self._reached.values()), default=-inf)
        while self._times and self._times[0] <= complete:
            yield self._let_go(heappop(self._times))

    def _hold(self, key: str, at_ms: int, parts: list[Part]) -> None:
        self._latest[key] = at_ms
        self._written.pop(at_ms, None)
        each = self._held.get(at_ms)
        if each is None:
            each = self._held[at_ms] = {}
            heappush(self._times, at_ms)
        each.setdefault(key, []).extend(parts)

    def _let_go(self, at_ms: int) -> dict[str, list[Part]]:
        self._written.pop(at_ms, None)
        return self._held.pop(at_ms)

    def _brought_back(self, key: str, at_ms: int) -> bool:
        """Move the commands that a series has after a time to that time; False, and not, where it has bars there."""
        later = sorted(time for time, each in self._held.items() if time > at_ms and key in each)
        moved = [part for time in later for part in self._held[time][key]]
        if not moved or not all(isinstance(unrolled(part.event), Transition) for part in moved):
            return False
        for time in later:
            self._written.pop(time, None)
            del self._held[time][key]
            if not self._held[time]:
                del self._held[time]
                self._times.remove(time)
        heapify(self._times)
        self._hold(key, at_ms, moved)
        return True
