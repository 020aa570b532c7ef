"""The one file of this package that knows Bytewax: it lifts a pure step to a keyed operator."""

from collections.abc import Callable, Hashable, Iterable
from typing import Generic, Protocol, TypeVar, cast

import bytewax.operators as op
from bytewax.operators import KeyedStream, StatefulBatchLogic

In = TypeVar("In")
Out = TypeVar("Out")
In_contra = TypeVar("In_contra", contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)

Snapshot = dict[str, object]
"""Primitives only, with a ``schema_version``."""


class Step(Protocol[In_contra, Out_co]):
    """A pure state machine of one key: a batch of events in, events out."""

    def on_batch(self, events: Iterable[In_contra], /) -> Iterable[Out_co]:
        """Work events in order. No clock, no I/O."""
        ...

    def snapshot(self) -> Snapshot:
        """A copy of the state, from which ``build`` makes an equal step."""
        ...

    @property
    def finished(self) -> bool:
        """Whether the key can be forgotten."""
        ...


class StateWatch(Protocol):
    """Looks on at the states of one step's keys. Never an input to the step; ``key`` tells keys apart, no more."""

    def restored(self, key: Hashable, state: Snapshot) -> None:
        """A key goes on from a snapshot."""
        ...

    def snapshot(self, key: Hashable, take: Callable[[], Snapshot]) -> Snapshot:
        """What ``take`` gives, which is called once."""
        ...

    def forgotten(self, key: Hashable) -> None:
        """A key needs no state any more."""
        ...


class _Logic(StatefulBatchLogic[In, Out, Snapshot], Generic[In, Out]):
    def __init__(self, step: Step[In, Out]) -> None:
        self._step = step

    def on_batch(self, values: list[In]) -> tuple[Iterable[Out], bool]:
        return self._step.on_batch(values), self._step.finished

    def snapshot(self) -> Snapshot:
        return self._step.snapshot()


class _WatchedLogic(_Logic[In, Out]):
    def __init__(self, step: Step[In, Out], resume: Snapshot | None, watch: StateWatch) -> None:
        super().__init__(step)
        self._watch = watch
        if resume is not None:
            watch.restored(self, resume)

    def on_batch(self, values: list[In]) -> tuple[Iterable[Out], bool]:
        done = self._step.on_batch(values), self._step.finished
        if done[1]:
            self._watch.forgotten(self)
        return done

    def snapshot(self) -> Snapshot:
        return self._watch.snapshot(self, self._step.snapshot)


def lift(
    step_id: str,
    up: KeyedStream[In],
    build: Callable[[Snapshot | None], Step[In, Out]],
    watch: Callable[[str], StateWatch] | None = None,
) -> KeyedStream[Out]:
    """The step as a Bytewax operator. ``build`` gets None for a new key, else the key's last snapshot.

    The step id names the state in the recovery store: it is a stored format and must never change. ``watch`` gives who
    looks on at the states of a step, by its id; it changes nothing.
    """
    watching = None if watch is None else watch(step_id)

    def builder(resume: Snapshot | None) -> StatefulBatchLogic[In, Out, Snapshot]:
        step = build(resume)
        return _Logic(step) if watching is None else _WatchedLogic(step, resume, watching)

    return cast("KeyedStream[Out]", op.stateful_batch(step_id, up, builder))
