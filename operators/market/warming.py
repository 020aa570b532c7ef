"""From which bar of a series on a strategy is shown it: once all that it reads is what it would always have been."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from operators.indicators.anchors import first_exact_bar, whole_spans
from operators.market.needs import Held, Needs


class Warmed(Protocol):
    """What is asked of a series."""

    timeframe: str
    keep: int
    newest_close: int | None

    @property
    def count(self) -> int:
        """How many bars there were."""
        ...

    def close_of_bar(self, bar: int) -> int:
        """When a bar closed that is kept, in milliseconds."""
        ...

    def bar_from(self, close_time: int) -> int:
        """The first bar that is kept and closed then or later; ``count`` if none did."""
        ...


SeriesOf = Callable[[str], Warmed]
"""The series of a timeframe."""


@dataclass
class Wait:
    """What a strategy waits for on one series. It is shown the series from the first bar on at which nothing is left.

    A rule may look one bar back, so the bar before has to be exact too.

    Attributes:
        own: by its key, the first bar of the series that may be shown, for what is computed of its own bars.
        held: by its key, the bar of the higher series that has to be closed, and seen by a bar of this one.
        since: by its key, the first bar that saw an exact value of what is held, where ``unplaced`` asks.
        unplaced: what reads something held that is not exact yet; then it has to wait for its own window of it.
    """

    own: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    since: dict[str, int] = field(default_factory=dict)
    unplaced: list[str] = field(default_factory=list)

    def over(self, bar: int) -> bool:
        """Whether the bar that comes next, with this number, may be shown."""
        return not self.held and not self.unplaced and all(first <= bar for first in self.own.values())

    def snapshot(self) -> dict[str, Any]:
        """As primitives."""
        return {
            "own": dict(self.own),
            "held": dict(self.held),
            "since": dict(self.since),
            "unplaced": list(self.unplaced),
        }

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> "Wait":
        """What ``snapshot`` gave."""
        return cls(dict(state["own"]), dict(state["held"]), dict(state["since"]), list(state["unplaced"]))


def wait_for(needs: Needs, own: Warmed, series: SeriesOf, before: Needs | None, waited: Wait | None) -> Wait:
    """What a strategy has to wait for that begins on a series now.

    Only the last ``keep`` bars of each series count, even where a neighbour has made it keep more.

    Args:
        needs: of the strategy.
        own: the series.
        series: those of the symbol by timeframe.
        before: what the strategy needed until now; of that nothing has to be waited for again.
        waited: what it was still waiting for.
    """
    bar = own.count
    oldest = max(0, bar - own.keep)
    since = _exact_since(needs, own, series)
    known = frozenset() if before is None else {one.key for one in before.computed}
    waited = waited or Wait()
    wait = Wait()
    for key, held in needs.held.items():
        if key in waited.held:
            wait.held[key] = waited.held[key]
        elif key not in since and (before is None or key not in before.held):
            wait.held[key] = _first_exact(held, series(held.timeframe))
    for one in needs.computed:
        behind = needs.behind.get(one.key, frozenset())
        if one.key in known and one.key not in waited.unplaced:
            wait.own[one.key] = waited.own.get(one.key, bar)
        elif one.key not in known and behind <= since.keys():
            least = max([oldest, *(since[key] for key in behind)])
            wait.own[one.key] = first_exact_bar(one.reach, oldest=least, bar=bar - 1) + 1
        else:
            wait.unplaced.append(one.key)
    for key in {held for one in wait.unplaced for held in needs.behind[one]}:
        if key in waited.since or key in since:
            wait.since[key] = waited.since.get(key, since.get(key, bar))
        else:
            wait.held.setdefault(key, _first_exact(needs.held[key], series(needs.held[key].timeframe)))
    wait.own = {key: first for key, first in wait.own.items() if first > bar}
    return wait


def settle(wait: Wait, needs: Needs, own: Warmed, series: SeriesOf) -> bool:
    """Take note of what has closed since; True if that left less to wait for."""
    changed = False
    bar = own.count
    for key, first in list(wait.held.items()):
        higher = series(needs.held[key].timeframe)
        if first < higher.count and own.newest_close is not None and higher.close_of_bar(first) <= own.newest_close:
            del wait.held[key]
            wait.since[key] = bar - 1
            changed = True
    reaches = {one.key: one.reach for one in needs.computed}
    for key in list(wait.unplaced):
        behind = needs.behind[key]
        if behind <= wait.since.keys():
            wait.unplaced.remove(key)
            least = max(wait.since[held_key] for held_key in behind)
            wait.own[key] = first_exact_bar(reaches[key], oldest=least, bar=bar - 1) + 1
            changed = True
    if any(first <= bar for first in wait.own.values()):
        wait.own = {key: first for key, first in wait.own.items() if first > bar}
        changed = True
    return changed


def _exact_since(needs: Needs, own: Warmed, series: SeriesOf) -> dict[str, int]:
    """For what is held, the first bar of the series that saw an exact value of it; nothing where none did."""
    since: dict[str, int] = {}
    bar = own.count
    for key, held in needs.held.items():
        higher = series(held.timeframe)
        first = _first_exact(held, higher)
        if first == 0 or first < higher.count:
            begins = 0 if first == 0 else own.bar_from(higher.close_of_bar(first))
            if begins < bar or bar == 0:
                since[key] = begins
    return since


def _first_exact(held: Held, higher: Warmed) -> int:
    """The first bar of a higher series whose value needs none that may not be kept."""
    oldest = max(0, higher.count - higher.keep)
    return 0 if oldest == 0 else whole_spans(oldest + held.native.reach)
