"""The states of a step's keys, measured: how many were restored, what a snapshot takes, who is in quarantine."""

import pickle  # to weigh what Bytewax is about to pickle; nothing is ever loaded
import time
from collections.abc import Callable, Hashable

from dataflows.health.buckets import Buckets
from dataflows.health.meter import Meter
from dataflows.health.readings import SNAPSHOT_BYTES
from operators.lift import Snapshot

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
