"""Why windows are an own keyed step and not those of ``bytewax.operators.windowing``.

A keyed step hands on what it made key by key: of a batch of many candles, first all signals of one timeframe, then all
of the next. A clock of pure event time, which Bytewax allows, then sees the first timeframe's last signal before the
second one's first, and what is late depends on the size of the batch. To wait longer does not help: nobody knows how
long a batch is.

Behind the barrier, which puts signals into the order of event time and says how far it has come, Bytewax's windows are
exact as well. But then the barrier has done the work, and they cost an item for each step of the watermark, keep each
signal once for each window that it lies in, and hold their start but not their end.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.operators import KeyedStream, StatefulBatchLogic
from bytewax.operators.windowing import UTC_MIN, Clock, ClockLogic, SlidingWindower, collect_window
from bytewax.testing import TestingSink, TestingSource, run_main

from operators.correlation.barrier import Barrier
from operators.correlation.correlate import CorrelateStep
from operators.events import Roll, Worked
from operators.lift import lift
from operators.tally import Tally
from schemas.composite import Composite
from schemas.correlation import CorrelationConfig
from schemas.record import from_milliseconds
from schemas.signal import Signal
from schemas.trading_style import TradingStyle
from tests.operators.correlation.stories import START, UNIT, signal

TIMEFRAMES: tuple[tuple[str, TradingStyle], ...] = (("1m", "day"), ("5m", "day"))
LENGTH, EVERY = timedelta(minutes=10), timedelta(minutes=5)
SIGNALS = [
    signal(2 * minute + place, ("s", timeframe), 2 * minute, "long" if minute % 2 else "short")
    for minute in range(1, 61)
    for place, (timeframe, length) in enumerate((("1m", 1), ("5m", 5)))
    if minute % length == 0
]
"""An hour of them, in the order of event time."""
WEIGHING = CorrelationConfig.model_validate(
    {"windows": {"day": {"length": "10m", "every": "5m"}}, "minimum_supporting": 0}
)


class EventTime(ClockLogic[Any, datetime]):
    """As far as the newest item: no system time anywhere."""

    def __init__(self, watermark: datetime) -> None:
        self._watermark = watermark

    def before_batch(self) -> None:
        """Nothing: a batch has no time of its own."""

    def on_item(self, value: Signal | datetime) -> tuple[datetime, datetime]:
        time = value.close_time if isinstance(value, Signal) else value
        if isinstance(value, datetime) or not self.waits:
            self._watermark = max(self._watermark, time)
        return time, self._watermark

    waits = False
    """Whether only an item that is nothing but a time moves the watermark."""

    def on_notify(self) -> datetime:
        return self._watermark

    def on_eof(self) -> datetime:
        return self._watermark

    def to_system_utc(self, timestamp: datetime) -> datetime | None:  # noqa: ARG002  # no system time follows
        return None

    def snapshot(self) -> datetime:
        return self._watermark


class Announced(EventTime):
    """As far as an item that is nothing but a time says."""

    waits = True


@dataclass
class PureClock(Clock[Any, datetime]):
    logic: type[EventTime]

    def build(self, resume_state: datetime | None) -> EventTime:
        return self.logic(resume_state or UTC_MIN)


class Passing(StatefulBatchLogic[Worked, Worked, None]):
    """The strategy step, as far as order goes: everything of a key at once."""

    def on_batch(self, values: list[Worked]) -> tuple[Iterable[Worked], bool]:
        return values, False

    def snapshot(self) -> None:
        return None


def rolled(size: int) -> list[list[Worked]]:
    """The signals as the market would send them in batches of this many minutes."""
    batches: list[list[Worked]] = []
    since: int | None = None
    for first in range(0, 60, size):
        last = min(first + size, 60)
        start, until = START + 2 * first * UNIT, START + 2 * last * UNIT
        items = []
        for timeframe, _ in TIMEFRAMES:
            said = [
                one
                for one in SIGNALS
                if one.timeframe == timeframe and from_milliseconds(start) < one.close_time <= from_milliseconds(until)
            ]
            items += [(timeframe, tuple(said))] if said else []
        roll = Roll(since, until, len(items), TIMEFRAMES)
        batches.append([Worked("s", 1, "BTCUSDT", timeframe, roll, None, said, WEIGHING) for timeframe, said in items])
        since = until
    return batches


def flow_of(size: int) -> tuple[Dataflow, KeyedStream[Worked]]:
    """The signals on their way to ``strategy|symbol``, as a batch of so many minutes leaves the strategy step."""
    flow = Dataflow("windows")
    items = [(f"s|BTCUSDT|{one.timeframe}", one) for batch in rolled(size) for one in batch]
    source = op.input("signals", flow, TestingSource(items, batch_size=1000 if size > 1 else 1))
    worked = op.stateful_batch("strategy", source, lambda _resume: Passing())
    return flow, op.map("by_strategy", worked, lambda item: (f"{item[1].strategy}|{item[1].symbol}", item[1]))


Seen = tuple[list[tuple[int, list[str]]], list[str]]
"""The content of each window that closed, by its number, and what was late."""


def windows_of_bytewax(flow: Dataflow, up: KeyedStream[Signal | datetime], logic: type[EventTime]) -> Seen:
    windower = SlidingWindower(length=LENGTH, offset=EVERY, align_to=datetime(2025, 5, 1, tzinfo=UTC))
    out = collect_window("windows", up, PureClock(logic), windower)
    found: list[Any] = []
    late: list[Any] = []
    op.output("found", out.down, TestingSink(found))
    op.output("late", out.late, TestingSink(late))
    run_main(flow)  # type: ignore[no-untyped-call]  # Bytewax does not type it
    content = [(number, [one for one in items if isinstance(one, Signal)]) for _, (number, items) in found]
    return (
        sorted((number, sorted(one.id for one in signals)) for number, signals in content if signals),
        sorted({one.id for _, (_, one) in late}),
    )


def by_event_time(size: int) -> Seen:
    flow, up = flow_of(size)
    each: KeyedStream[Signal | datetime] = op.flat_map_value("each", up, lambda one: one.signals)
    return windows_of_bytewax(flow, each, EventTime)


class Ordered(StatefulBatchLogic[Worked, Signal | datetime, None]):
    """The barrier alone: signals in the order of event time, and after them how far it has come."""

    def __init__(self) -> None:
        self._barrier = Barrier()
        self._known: dict[str, Signal] = {}

    def on_batch(self, values: list[Worked]) -> tuple[Iterable[Signal | datetime], bool]:
        out: list[Signal | datetime] = []
        for one in values:
            self._known |= {each.id: each for each in one.signals}
            assert one.roll is not None
            self._barrier.add(one.roll, one.signals)
        for release in self._barrier.released():
            out += [self._known.pop(one.signal) for one in release.heard]
            out.append(from_milliseconds(release.until))
        return out, False

    def snapshot(self) -> None:
        return None


def behind_the_barrier(size: int) -> Seen:
    flow, up = flow_of(size)
    return windows_of_bytewax(flow, op.stateful_batch("barrier", up, lambda _resume: Ordered()), Announced)


def ours(size: int) -> list[str]:
    flow, up = flow_of(size)
    found: list[tuple[str, Any]] = []
    op.output("found", lift("correlate", up, lambda resume: CorrelateStep(Tally(), resume)), TestingSink(found))
    run_main(flow)  # type: ignore[no-untyped-call]  # Bytewax does not type it
    assert all(isinstance(one, Composite) for _, one in found)
    return [one.model_dump_json() for _, one in found]


def test_windows_of_bytewax_depend_on_the_size_of_the_batch() -> None:
    live, replayed = by_event_time(1), by_event_time(60)
    assert live[1] == []
    assert replayed[1], "a whole timeframe comes when its windows are closed"
    assert live[0] != replayed[0]


def test_every_signal_that_bytewax_calls_late_is_of_the_timeframe_that_comes_second() -> None:
    late = set(by_event_time(60)[1])
    assert {one.timeframe for one in SIGNALS if one.id in late} == {"5m"}


@pytest.mark.parametrize("size", [1, 7])
def test_behind_the_barrier_windows_of_bytewax_are_exact(size: int) -> None:
    assert behind_the_barrier(size) == behind_the_barrier(60)
    assert behind_the_barrier(size)[1] == []


@pytest.mark.parametrize("size", [1, 7])
def test_our_windows_do_not_depend_on_the_size_of_the_batch(size: int) -> None:
    composites = ours(size)
    assert composites == ours(60)
    assert len(composites) == 12, "one for each five minutes of the hour"
