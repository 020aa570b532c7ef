"""A feed that delivers to plan: as fast, in such batches and with such stops as a case wants."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

from dataflows.prove.delivery import Item, Plan
from dataflows.prove.moved_clock import MovedClock

PartState = tuple[int, int]
"""The number of the next piece, and how many stops are behind it."""


@dataclass(frozen=True)
class PlannedSource(FixedPartitionedSource[Item, PartState]):
    """Every partition by its plan. Each execution ends at the next stop of each partition, the last one at its end."""

    plans: Mapping[str, Plan]
    clock: MovedClock

    def list_parts(self) -> list[str]:
        """The partitions of the plan."""
        return list(self.plans)

    def build_part(self, step_id: str, for_part: str, resume_state: PartState | None) -> "PlannedPart":
        """One partition, at its beginning or where it was stopped."""
        del step_id
        return PlannedPart(self.plans[for_part], self.clock, resume_state or (0, 0))


class PlannedPart(StatefulSourcePartition[Item, PartState]):
    """One partition."""

    def __init__(self, plan: Plan, clock: MovedClock, resume: PartState) -> None:
        self._plan = plan
        self._clock = clock
        self._next, self._stopped = resume
        self._ending = False
        self._looks = 0
        self._move_clock()

    def next_batch(self) -> Iterable[Item]:
        """The next piece, after the looks that find nothing."""
        pieces, stops = self._plan.pieces, self._plan.stops
        if self._ending or (self._next == len(pieces) and self._stopped == len(stops)):
            raise StopIteration
        if self._stopped < len(stops) and self._next >= stops[self._stopped]:
            self._ending = True
            self._stopped += 1  # a look before the end, so that the snapshot has it
            return []
        piece = pieces[self._next]
        self._move_clock()
        if self._looks < piece.empty:
            self._looks += 1
            return []
        if piece.sleep_s:
            time.sleep(piece.sleep_s)
        self._looks = 0
        self._next += 1
        return piece.items

    def _move_clock(self) -> None:
        """To where the next piece has it; partitions that lag behind do not undo it."""
        if self._next < len(self._plan.pieces):
            wanted = self._plan.pieces[self._next].clock_s
            now = self._clock.offset_s
            self._clock.offset_s = min(now, wanted) if wanted < 0 else max(now, wanted)

    def snapshot(self) -> PartState:
        """Where to go on."""
        return self._next, self._stopped
