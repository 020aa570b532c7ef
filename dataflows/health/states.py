"""The states of a step's keys, measured: how many came back, what a snapshot takes, who is in quarantine, who waits."""

import pickle  # to weigh what Bytewax is about to pickle; nothing is ever loaded
import time
from collections.abc import Callable, Hashable
from typing import Any, cast

from dataflows.health.buckets import Buckets
from dataflows.health.meter import Meter
from dataflows.health.readings import SNAPSHOT_BYTES
from operators.lift import Snapshot
from operators.together.waits import wait_of

WEIGH_EVERY = 64
"""One snapshot in so many is weighed, the first among them: to weigh one costs as much as to store it."""


class StepStates:
    """Looks on at one step. A key is in quarantine while its snapshot says why; so it counts from the next epoch on."""

    def __init__(self, step_id: str, meter: Meter) -> None:
        self._step_id = step_id
        self._meter = meter
        self._taken = 0
        self._bytes = meter.readings.snapshot_bytes.setdefault(step_id, Buckets(SNAPSHOT_BYTES))

    def restored(self, key: Hashable, state: Snapshot) -> None:
        """A key goes on from a snapshot."""
        restored = self._meter.readings.restored
        restored[self._step_id] = restored.get(self._step_id, 0) + 1
        self._meter.vitals.restored()
        self._note(key, state)

    def snapshot(self, key: Hashable, take: Callable[[], Snapshot]) -> Snapshot:
        """The snapshot that ``take`` gives."""
        begun = time.perf_counter()
        state = take()
        self._meter.snapshot_took(self._step_id, time.perf_counter() - begun)
        if self._taken % WEIGH_EVERY == 0:
            self._bytes.add(len(pickle.dumps(state)))
        self._taken += 1
        self._note(key, state)
        return state

    def forgotten(self, key: Hashable) -> None:
        """A key needs no state any more."""
        self._meter.readings.quarantined.discard(key)

    def _note(self, key: Hashable, state: Snapshot) -> None:
        if state.get("quarantined") is not None:
            self._meter.readings.quarantined.add(key)
        else:
            self._meter.readings.quarantined.discard(key)


class TogetherStates(StepStates):
    """Looks on at the step that works a strategy on all its series: which are in quarantine, and for whom it waits."""

    def __init__(self, step_id: str, meter: Meter) -> None:
        super().__init__(step_id, meter)
        self._known: dict[str, set[str]] = {}

    def _note(self, key: Hashable, state: Snapshot) -> None:  # noqa: ARG002  # the strategy's name tells keys apart too
        told, readings = cast("dict[str, Any]", state), self._meter.readings
        strategy: str = told["strategy"]
        out_of_service = {name for name, kept in told["series"].items() if kept["quarantined"] is not None}
        readings.quarantined |= out_of_service
        readings.quarantined -= self._known.get(strategy, set()) - out_of_service
        self._known[strategy] = out_of_service
        wait = wait_of(told["order"])
        if wait is None:
            readings.waits.pop(strategy, None)
        else:
            readings.waits[strategy] = wait
