"""One strategy on all its series, so that its positions can be counted together."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, Protocol, cast

from operators.events import Frames, Item, Reached, Rolled, Shared, Transition, Worked
from operators.lift import Snapshot
from operators.risk.report import Report, primitives, restored
from operators.snapshot import check_version
from operators.strategy.catalog import Catalog
from operators.strategy.step import Output as SeriesOutput
from operators.strategy.step import StrategyStep
from operators.tally import Tally
from operators.together.order import Order
from operators.together.parts import Part, parts_of, unrolled
from schemas.correlation import CorrelationConfig
from schemas.signal import Signal
from schemas.timeframe import timeframe_ms

SCHEMA_VERSION: Final = 1
"""Of the snapshot: the first. A change of its form raises it, and brings a ``migrated`` from every version before, as
``operators.market.migration`` has; what is of another version is refused."""

Output = tuple[str, SeriesOutput]
"""What a series says, with its key ``strategy|symbol|timeframe``."""


class SeriesStep(Protocol):
    """One series of the strategy: ``StrategyStep``, or what works as it does."""

    def on_batch(self, events: Iterable[Frames | Transition | Rolled], /) -> Iterable[SeriesOutput]:
        """Work events in order."""
        ...

    def snapshot(self) -> Snapshot:
        """Its state, as primitives."""
        ...

    @property
    def finished(self) -> bool:
        """Whether it can be forgotten."""
        ...

    @property
    def is_occupied(self) -> bool:
        """Whether it holds something, or waits for a fill."""
        ...

    def count_with(self, others: Callable[[], int], symbol: str, timeframe: str) -> None:
        """Count its position together with others."""
        ...


OpenSeries = Callable[[str, Snapshot | None], SeriesStep]
"""Makes the step of a series by its key, from its last snapshot; None for one that begins."""


@dataclass(slots=True)
class _Said:
    """What has come of the parts of an item that is not worked to its end."""

    signals: list[Signal] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    correlation: CorrelationConfig | None = None


class TogetherStep:
    """Key ``strategy``. Works the series of a strategy in one order, each as ``StrategyStep`` does.

    The order is that of event time: a bar at its close, a command when it takes effect. A time is worked once every
    symbol that the strategy names has told all up to it, so the slowest of them is waited for, however long. At one
    time the series that hold something, or wait for a fill, come first: what one leaves is free for who enters at the
    same close. Then by symbol, the shorter timeframe first.

    An entry from flat is refused while ``max_concurrent_positions`` other series hold something or wait for a fill.

    ``open_series`` makes the step of a series; without it each is a ``StrategyStep``.

    State: that of each series, and what waits for other symbols.
    """

    def __init__(
        self, catalog: Catalog, tally: Tally, resume: Snapshot | None = None, open_series: OpenSeries | None = None
    ) -> None:
        self._catalog = catalog
        self._open_series = open_series or (lambda _key, kept: StrategyStep(catalog, tally, kept))
        self._strategy = ""
        self._order = Order()
        self._series: dict[str, SeriesStep] = {}
        self._occupied: set[str] = set()
        """Series that hold something, or wait for a fill: what the limit counts. Known again from their snapshots."""
        self._written: dict[str, Snapshot] = {}
        """Snapshots of series that have not been worked since: one candle of many symbols wakes them all."""
        self._versions: dict[str, int] = {}
        """Of each series, the version whose columns its frames have: that of the last command that came for it."""
        self._said: dict[str, _Said] = {}
        """By series, of an item that came in parts of which some wait."""
        if resume is not None:
            self._restore(cast("dict[str, Any]", resume))  # written by snapshot() below

    def _restore(self, state: dict[str, Any]) -> None:
        check_version(f"strategy {state['strategy']!r} on all its series", state["schema_version"], SCHEMA_VERSION)
        strategy = self._strategy = state["strategy"]
        self._versions = dict(state["versions"])
        self._order = Order(state["order"], partial(self._catalog.version, strategy))
        for key, kept in state["series"].items():
            self._opened(key, kept)
        for key, (signals, reports, correlation) in state["said"].items():
            self._said[key] = _Said(
                [Signal.model_validate_json(one) for one in signals],
                [restored(one) for one in reports],
                None if correlation is None else CorrelationConfig.model_validate_json(correlation),
            )

    def snapshot(self) -> Snapshot:
        """Every series, how far each symbol has come and what waits, as primitives."""
        for key in self._series.keys() - self._written.keys():
            self._written[key] = self._series[key].snapshot()
        return {
            "schema_version": SCHEMA_VERSION,
            "strategy": self._strategy,
            "versions": dict(sorted(self._versions.items())),
            "order": self._order.snapshot(),
            "series": dict(sorted(self._written.items())),
            "said": {key: _primitives(said) for key, said in sorted(self._said.items())},
        }

    @property
    def finished(self) -> bool:
        """Never: how far its symbols have come has to be known when it is started again."""
        return False

    def on_batch(self, events: Iterable[Shared | Reached]) -> list[Output]:
        """Take what symbols have for the strategy; what comes of all that is complete by now."""
        for event in events:
            self._strategy = event.strategy
            if isinstance(event, Reached):
                self._order.reached(event)
            else:
                self._take(event.key, event.event)
        out: list[Output] = []
        for each in self._order.released():
            for key in sorted(each, key=self._turn):
                self._work(key, each[key], out)
        return out

    def _take(self, key: str, item: Item) -> None:
        event = unrolled(item)
        if isinstance(event, Transition):
            self._catalog.add(event.version)
            self._versions[key] = event.version.version
        number = self._versions.get(key)
        if number is not None:  # frames never come before the transition that announces them
            self._order.add(key, parts_of(item, self._catalog.get(self._strategy, number).columns))

    def _turn(self, key: str) -> tuple[bool, str, int, str]:
        """When a series comes among those of one time."""
        _, symbol, timeframe = key.split("|")
        return key not in self._occupied, symbol, timeframe_ms(timeframe), key

    def _work(self, key: str, parts: Iterable[Part], out: list[Output]) -> None:
        step = self._series.get(key) or self._opened(key, None)
        self._written.pop(key, None)
        for part in parts:
            for said in step.on_batch([part.event]):
                record = self._gathered(key, said, is_last=part.is_last) if isinstance(said, Worked) else said
                if record is not None:
                    out.append((key, record))
        if step.finished:
            del self._series[key]
        self._look_at(key, step)

    def _gathered(self, key: str, worked: Worked, *, is_last: bool) -> Worked | None:
        """What has come of a whole item, once its last part is worked: in rolls an item is told of once."""
        said = self._said.setdefault(key, _Said())
        said.signals += worked.signals
        said.reports += worked.reports
        said.correlation = worked.correlation or said.correlation
        if not is_last:
            return None
        del self._said[key]
        return replace(worked, signals=tuple(said.signals), reports=tuple(said.reports), correlation=said.correlation)

    def _opened(self, key: str, resume: Snapshot | None) -> SeriesStep:
        step = self._series[key] = self._open_series(key, resume)
        _, symbol, timeframe = key.split("|")
        step.count_with(partial(self._occupied_beside, key), symbol, timeframe)
        self._look_at(key, step)
        return step

    def _look_at(self, key: str, step: SeriesStep) -> None:
        """See whether a series holds something, or waits for a fill, now that it was worked."""
        if step.is_occupied:
            self._occupied.add(key)
        else:
            self._occupied.discard(key)

    def occupied_beside(self, key: str) -> list[str]:
        """The other series that hold something, or wait for a fill, by their keys."""
        return sorted(self._occupied - {key})

    def _occupied_beside(self, key: str) -> int:
        """How many other series hold something, or wait for a fill."""
        return len(self._occupied) - (key in self._occupied)


def _primitives(said: _Said) -> list[Any]:
    correlation = None if said.correlation is None else said.correlation.model_dump_json()
    return [[one.model_dump_json() for one in said.signals], [primitives(one) for one in said.reports], correlation]
