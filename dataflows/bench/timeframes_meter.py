"""What each part of a worker takes of its thread's CPU time, while the worker runs."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from dataflows.bench.timeframes_workload import STYLES
from dataflows.kafka.control_source import ControlPart
from dataflows.kafka.sink import RecordPart
from dataflows.kafka.source import CandlePart
from operators.correlation.consensus import ConsensusStep
from operators.correlation.correlate import CorrelateStep
from operators.market.book import Book
from operators.market.folds import Folds
from operators.market.rolls import Rolls
from operators.market.series import Series
from operators.market.step import MarketStep
from operators.strategy.signals import Signals
from operators.strategy.step import StrategyStep
from schemas.codec import Codec

Clock = Callable[[], int]
Label = str | Callable[..., str]
"""The name of a part, or what gives it from the arguments of the call."""

CALIBRATING = 2_000
"""Empty calls by which the meter learns what it costs itself."""


class Place(NamedTuple):
    """A method whose time is a part's, but for what it calls of other parts."""

    owner: type[Any]
    method: str
    part: Label


def _indicators(series: Series, *_arguments: object) -> str:
    return f"indicators {series.timeframe}" if series.timeframe in STYLES else "kept bars"


def _work(series: Series, *_arguments: object) -> str:
    return "frames" if series.timeframe in STYLES else "kept bars"


PARTS: Final[tuple[str, ...]] = (
    "consume",
    "decode",
    "clean",
    "fold",
    *(f"indicators {timeframe}" for timeframe in STYLES),
    "kept bars",
    "join as of",
    "frames",
    "rolls",
    "rules",
    "signals",
    "correlate",
    "consensus",
    "encode",
    "sink",
    "snapshots",
)
"""In the order in which a candle comes through them."""

PLACES: Final[tuple[Place, ...]] = (
    Place(CandlePart, "next_batch", "consume"),
    Place(ControlPart, "next_batch", "consume"),
    Place(CandlePart, "_decode", "decode"),
    Place(MarketStep, "on_batch", "clean"),
    Place(Folds, "extend", "fold"),
    Place(Series, "_take", _indicators),
    Place(Series, "put", "kept bars"),
    Place(Series, "_as_of", "join as of"),
    Place(Series, "work", _work),
    Place(Book, "flush", "frames"),
    Place(Rolls, "wrapped", "rolls"),
    Place(StrategyStep, "on_batch", "rules"),
    Place(Signals, "of", "signals"),
    Place(CorrelateStep, "on_batch", "correlate"),
    Place(ConsensusStep, "on_batch", "consensus"),
    Place(Codec, "encode", "encode"),
    Place(RecordPart, "write_batch", "sink"),
    *(
        Place(owner, "snapshot", "snapshots")
        for owner in (CandlePart, MarketStep, StrategyStep, CorrelateStep, ConsensusStep, RecordPart)
        if "snapshot" in owner.__dict__
    ),
)


class Meter:
    """Time by part, in nanoseconds of a clock: what a part calls of another is the other's, the meter's own nobody's.

    For one thread: a worker's.

    >>> ticks = iter(range(0, 1000, 10))
    >>> meter = Meter(lambda: next(ticks), calibrating=0)
    >>> inner = meter.wrap(lambda: None, "inner")
    >>> meter.wrap(lambda: inner(), "outer")()
    >>> meter.taken
    {'outer': 20.0, 'inner': 10.0}
    """

    def __init__(self, clock: Clock = time.thread_time_ns, *, calibrating: int = CALIBRATING) -> None:
        self._clock = clock
        self._spent: dict[str, int] = {}
        self.calls: Counter[str] = Counter()
        self._callees: Counter[str] = Counter()
        self._stack: list[str] = []
        self._last = 0
        self._first: int | None = None
        self._to_itself = self._to_its_caller = 0.0
        if calibrating:
            self._calibrate(calibrating)

    @property
    def taken(self) -> dict[str, float]:
        """Nanoseconds by part, less what the meter takes itself."""
        return {
            part: max(0.0, spent - self.calls[part] * self._to_itself - self._callees[part] * self._to_its_caller)
            for part, spent in self._spent.items()
        }

    @property
    def own(self) -> float:
        """Nanoseconds that the meter takes itself."""
        return self.calls.total() * (self._to_itself + self._to_its_caller)

    @property
    def span(self) -> float:
        """Nanoseconds of the thread from the first call to the end of the last, less what the meter takes itself."""
        return 0.0 if self._first is None else max(0.0, self._last - self._first - self.own)

    def wrap(self, function: Callable[..., Any], part: Label) -> Callable[..., Any]:
        """The function, timed."""
        clock, stack, spent, calls, callees = self._clock, self._stack, self._spent, self.calls, self._callees

        def timed(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401  # whatever the function takes and gives
            name = part if isinstance(part, str) else part(*arguments)
            now = clock()
            if stack:
                caller = stack[-1]
                spent[caller] = spent.get(caller, 0) + now - self._last
                callees[caller] += 1
            elif self._first is None:
                self._first = now
            spent.setdefault(name, 0)
            calls[name] += 1
            stack.append(name)
            self._last = now
            try:
                return function(*arguments, **named)
            finally:
                stack.pop()
                now = clock()
                spent[name] += now - self._last
                self._last = now

        return timed

    def _calibrate(self, count: int) -> None:
        """Learn what an empty call is said to take, and what it adds to who calls it."""
        empty = self.wrap(_nothing, "empty")

        def calls(times: int) -> None:
            for _ in range(times):
                empty()

        self.wrap(calls, "calling")(count)
        bare = self._clock()
        for _ in range(count):
            _nothing()
        bare = self._clock() - bare
        self._to_itself = self._spent["empty"] / count
        self._to_its_caller = max(0.0, (self._spent["calling"] - bare) / count)
        self._spent.clear()
        self.calls.clear()
        self._callees.clear()
        self._first = None


@contextmanager
def metered(meter: Meter) -> Iterator[Meter]:
    """Have the parts of whatever runs in here timed."""
    originals = [(owner, method, owner.__dict__[method]) for owner, method, _ in PLACES]
    try:
        for owner, method, part in PLACES:
            setattr(owner, method, meter.wrap(owner.__dict__[method], part))
        yield meter
    finally:
        for owner, method, original in originals:
            setattr(owner, method, original)


def _nothing() -> None:
    """Take no time."""
