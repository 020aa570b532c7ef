"""Tripwires around every part and every key of a live flow: wrapped from outside, so that what is on trial is as it is.

The three seams are where sources build their parts, where sinks do, and where steps are lifted to operators.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any, Generic

from bytewax.inputs import StatefulSourcePartition
from bytewax.operators import KeyedStream
from bytewax.outputs import StatefulSinkPartition

from dataflows import graph
from dataflows.aligned import AlignedSources
from dataflows.chaos.faults import Point
from dataflows.chaos.report import JUMPED, READY, WORKED
from dataflows.chaos.tripwire import Tripwire
from dataflows.kafka.sink import RecordSink
from dataflows.prove.moved_clock import MovedClock
from operators.events import Command, Enrolment, Listing
from operators.lift import In, Out, Snapshot, Step, lift

Jumps = Sequence[tuple[float, float]]
"""When, in seconds since this process began to look for candles, the wall clock is set, and how far from the truth."""


class Wired:
    """What is wrapped around the flow of this process."""

    def __init__(self, tripwire: Tripwire, clock: MovedClock, jumps: Jumps) -> None:
        self.tripwire = tripwire
        self.clock = clock
        self._jumps = list(jumps)
        self._began: float | None = None

    def lay(self, stack: ExitStack) -> None:
        """Wrap everything that is built from now on, until ``stack`` is closed."""
        for kind, part in ((AlignedSources, _Source), (RecordSink, _Sink)):
            _replace(stack, kind, "build_part", self._building(kind.build_part, part))
        _replace(stack, graph, "lift", self._lifting(lift))

    def jump(self) -> None:
        """Set the clock if it is time to."""
        if not self._jumps:
            return
        now = time.monotonic()
        self._began = self._began or now
        if now - self._began >= self._jumps[0][0]:
            self.clock.offset_s = self._jumps.pop(0)[1]
            self.tripwire.report.tell(JUMPED, self.clock.offset_s)

    def _building(self, build: Callable[..., Any], wrap: Callable[[Any, "Wired"], Any]) -> Callable[..., Any]:
        def build_part(source: object, step_id: str, for_part: str, resume_state: object) -> Any:  # noqa: ANN401  # a part of either kind
            part = build(source, step_id, for_part, resume_state)
            self.tripwire.passes(Point.BUILD)
            return wrap(part, self)

        return build_part

    def _lifting(self, true: Callable[..., Any]) -> Callable[..., Any]:
        def wired(
            step_id: str,
            up: KeyedStream[In],
            build: Callable[[Snapshot | None], Step[In, Out]],
            *more: object,
            **named: object,
        ) -> Any:  # noqa: ANN401  # the stream that comes out
            def builder(resume: Snapshot | None) -> Step[In, Out]:
                step = build(resume)
                if resume is not None:
                    self.tripwire.passes(Point.RESTORE)
                return _Key(step, self.tripwire, first=step_id == graph.MARKET_STEP)

            return true(step_id, up, builder, *more, **named)

        return wired


def _replace(stack: ExitStack, owner: object, name: str, stand_in: object) -> None:
    stack.callback(setattr, owner, name, getattr(owner, name))
    setattr(owner, name, stand_in)


class _Key(Generic[In, Out]):
    """A key of a step."""

    def __init__(self, step: Step[In, Out], tripwire: Tripwire, *, first: bool) -> None:
        self._step = step
        self._tripwire = tripwire
        self._first = first

    def on_batch(self, events: Iterable[In]) -> Iterable[Out]:
        found = self._step.on_batch(events)
        if self._first:
            self._tripwire.report.once(WORKED)
        return found

    def snapshot(self) -> Snapshot:
        found = self._step.snapshot()
        self._tripwire.passes(Point.SNAPSHOT)
        return found

    @property
    def finished(self) -> bool:
        return self._step.finished


class _Source(StatefulSourcePartition[Any, Any]):
    """A part of a source. Its clock may be wrong, as that of the whole machine would be."""

    def __init__(self, part: StatefulSourcePartition[Any, Any], wired: Wired) -> None:
        self._part = part
        self._wired = wired
        self._tripwire = wired.tripwire

    def next_batch(self) -> Iterable[Any]:
        self._tripwire.report.once(READY)
        self._wired.jump()
        items = list(self._part.next_batch())
        if any(isinstance(item[1], Command | Enrolment | Listing) for item in items):
            self._tripwire.passes(Point.COMMAND)
        return items

    def next_awake(self) -> datetime | None:
        return self._part.next_awake()

    def snapshot(self) -> Any:  # noqa: ANN401  # the part's own state
        found = self._part.snapshot()
        self._tripwire.passes(Point.SNAPSHOT)
        return found

    def close(self) -> None:
        self._part.close()


class _Sink(StatefulSinkPartition[Any, Any]):
    """A part of a sink."""

    def __init__(self, part: StatefulSinkPartition[Any, Any], wired: Wired) -> None:
        self._part = part
        self._tripwire = wired.tripwire

    def write_batch(self, values: list[Any]) -> None:
        self._part.write_batch(values)
        self._tripwire.passes(Point.WRITTEN)

    def snapshot(self) -> Any:  # noqa: ANN401  # as above
        self._tripwire.passes(Point.SNAPSHOT)
        found = self._part.snapshot()
        self._tripwire.passes(Point.FLUSHED)
        return found

    def close(self) -> None:
        self._part.close()
