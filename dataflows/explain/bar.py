"""What is known of one strategy at one bar: what its rules saw, and every record that came of it."""

from dataclasses import dataclass, field

from dataflows.explain.latest import Latest
from operators.strategy.at_bar import Asked
from schemas.audit import Execution
from schemas.position import PositionChange
from schemas.record import Record
from schemas.signal import Signal


@dataclass(frozen=True)
class Bar:
    """A bar of a series: times in milliseconds, prices in quote currency; ``partial``: it lacks candles."""

    symbol: str
    timeframe: str
    open_time: int
    close_time: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    partial: bool = False


@dataclass(frozen=True)
class AtBar:
    """A strategy at a bar.

    Attributes:
        bar: which.
        before: what was known of the series before the bar, what took effect with it included.
        after: what was known after it.
        asked: every question to a rule at its close, in order; empty where none was asked.
        records: what came of it, in order, of commands that took effect with it, too.
        following: what came of the bar after it: the fills of orders that waited for its open.
        next_close: when the bar after it closed, in milliseconds, be it in the next session; None where none came.
        waits: in words, for which other symbols of the strategy the bar waits, not worked yet; empty where it does not.
        beside: the keys of the other series of the strategy that held something as it was worked, or waited for a fill,
            where they are counted together.
    """

    bar: Bar
    before: Latest
    after: Latest
    asked: tuple[Asked, ...] = ()
    records: tuple[Record, ...] = ()
    following: tuple[Record, ...] = field(default=())
    next_close: int | None = None
    waits: str = ""
    beside: tuple[str, ...] = ()

    @property
    def signals(self) -> tuple[Signal, ...]:
        """Its signals."""
        return tuple(one for one in self.records if isinstance(one, Signal))

    @property
    def changes(self) -> tuple[PositionChange, ...]:
        """What happened to the position, refusals included."""
        return tuple(one for one in self.records if isinstance(one, PositionChange))

    @property
    def executions(self) -> tuple[Execution, ...]:
        """Its audit records."""
        return tuple(one for one in self.records if isinstance(one, Execution))

    @property
    def filled_later(self) -> tuple[PositionChange, ...]:
        """What became of its orders at the bar after it."""
        own = {one.id for one in self.signals}
        return tuple(one for one in self.following if isinstance(one, PositionChange) and one.signal in own)
