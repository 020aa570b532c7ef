"""One order of all that several symbols have for one strategy, whatever order it comes in."""

from collections.abc import Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush
from math import inf
from typing import Any

from operators.events import Reached, Rolled, Transition
from operators.together.parts import Part, read_part, written_part
from schemas.lifecycle import StrategyVersion


class Order:
    """Holds back parts of items until every symbol has told all up to their time; then gives them, time by time.

    Parts of one series come in order, and none at a time up to which its symbol has told all. A part that closes before
    the one in front of it is worked with that one: before a symbol's base is settled its time may go back. What is
    given is the same for whatever order parts of different series come in, and however they are cut into batches.

    State: how far each symbol has come, and what is held back.

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
        self, resume: Mapping[str, Any] | None = None, versions: Mapping[int, StrategyVersion] | None = None
    ) -> None:
        self._reached: dict[str, float] = {}
        self._held: dict[int, dict[str, list[Part]]] = {}
        self._latest: dict[str, int] = {}
        if resume is not None:
            self._reached = {symbol: -inf if until is None else until for symbol, until in resume["reached"].items()}
            for at_ms, key, parts in resume["held"]:
                self._held.setdefault(at_ms, {})[key] = [read_part(one, versions or {}) for one in parts]
                self._latest[key] = at_ms
        self._times = list(self._held)
        heapify(self._times)

    def snapshot(self) -> dict[str, Any]:
        """As primitives."""
        return {
            "reached": {symbol: None if until == -inf else until for symbol, until in sorted(self._reached.items())},
            "held": [
                [at_ms, key, [written_part(part) for part in parts]]
                for at_ms, each in sorted(self._held.items())
                for key, parts in sorted(each.items())
            ],
        }

    def versions(self) -> list[int]:
        """The versions that commands which are held back bring, each once."""
        held = (part.event for each in self._held.values() for parts in each.values() for part in parts)
        events = (event.event if isinstance(event, Rolled) else event for event in held)
        return sorted({event.version.version for event in events if isinstance(event, Transition)})

    def add(self, key: str, parts: Iterable[Part]) -> None:
        """What a series has, in order."""
        for part in parts:
            at_ms = self._latest[key] = max(part.close_ms, self._latest.get(key, part.close_ms))
            each = self._held.get(at_ms)
            if each is None:
                each = self._held[at_ms] = {}
                heappush(self._times, at_ms)
            each.setdefault(key, []).append(part)

    def reached(self, told: Reached) -> None:
        """A symbol has told all up to a time. One with a slash is the one without."""
        for symbol in told.among:
            self._reached.setdefault(symbol, -inf)
        self._reached[told.symbol.replace("/", "")] = told.until

    def released(self) -> Iterator[dict[str, list[Part]]]:
        """All parts of one time, by series; time by time, up to where every symbol has come."""
        complete = min(self._reached.values(), default=-inf)
        while self._times and self._times[0] <= complete:
            yield self._held.pop(heappop(self._times))
