"""Several sources as one, looked at by a clock that only runs forward.

Bytewax ends epochs for each input on its own, and holds a part back until the whole flow is done with the epoch
before. Two inputs whose epochs end at different moments so wait for each other, for up to a whole epoch, in every
epoch: measured with candles and control as inputs of their own, 150 ms at the median with epochs of one second. Parts
of one input end their epochs together.

Bytewax also keeps the time of a part's next look as wall-clock time: where the system's clock is set back by an hour,
an idle part is not looked at for an hour. So parts always ask to be looked at, and the wait is done here, by the steady
clock.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

REST_SECONDS = 0.0005
"""Of a worker all of whose parts are idle, between two looks: what another worker sends waits no longer."""
LONGEST_SECONDS = 1.0
"""A part that asks to be looked at later than this, by a clock that may just have jumped, is looked at then."""

_PAST = datetime(1970, 1, 1, tzinfo=UTC)


class Looks:
    """When each part of a process is to be looked at next, in seconds of the steady clock."""

    def __init__(self) -> None:
        self._due: dict[str, float] = {}

    def is_due(self, part: str) -> bool:
        """Whether to look at a part now. Where no part is due, the thread has rested a little by then."""
        now = time.monotonic()
        if self._due.get(part, now) <= now:
            return True
        first = min(list(self._due.values()))  # a copy: the workers of a test are threads of one process
        if first > now:
            time.sleep(min(first - now, REST_SECONDS))
        return self._due[part] <= time.monotonic()

    def looked(self, part: str, wait: float) -> None:
        """A part was looked at, and is to be again so many seconds later."""
        self._due[part] = time.monotonic() + wait

    def ended(self, part: str) -> None:
        """A part will not be looked at any more."""
        self._due.pop(part, None)


@dataclass(frozen=True)
class AlignedSources(FixedPartitionedSource[Any, Any]):
    """The parts of all sources, each named ``source/part``: a stored format, as part names are."""

    sources: Mapping[str, FixedPartitionedSource[Any, Any]]
    looks: Looks = field(default_factory=Looks, repr=False, compare=False)

    def list_parts(self) -> list[str]:
        """Every part of every source."""
        return [f"{name}/{part}" for name, source in self.sources.items() for part in source.list_parts()]

    def build_part(self, step_id: str, for_part: str, resume_state: Any) -> "PacedPart":  # noqa: ANN401  # each source knows its own state
        """The part, made by its source."""
        name, part = for_part.split("/", 1)
        return PacedPart(for_part, self.sources[name].build_part(step_id, part, resume_state), self.looks)


class PacedPart(StatefulSourcePartition[Any, Any]):
    """A part that is looked at when it asks for it, however the system's clock is set."""

    def __init__(self, name: str, part: StatefulSourcePartition[Any, Any], looks: Looks) -> None:
        self.part = part
        self._name = name
        self._looks = looks

    @property
    def recorded_ms(self) -> int:
        """The timestamp of the newest record that the part has given, milliseconds; 0 where it does not say."""
        return getattr(self.part, "recorded_ms", 0)

    def next_batch(self) -> Iterable[Any]:
        """The part's items; nothing where it is not its time yet."""
        if not self._looks.is_due(self._name):
            return ()
        try:
            items = self.part.next_batch()
        except StopIteration:
            self._looks.ended(self._name)
            raise
        self._looks.looked(self._name, _seconds_until(self.part.next_awake()))
        return items

    def next_awake(self) -> datetime:
        """Always: see above."""
        return _PAST

    def snapshot(self) -> Any:  # noqa: ANN401  # the source's own state
        """The part's state."""
        return self.part.snapshot()

    def close(self) -> None:
        """Close the part."""
        self._looks.ended(self._name)
        self.part.close()


def _seconds_until(awake: datetime | None) -> float:
    return 0.0 if awake is None else min(max((awake - datetime.now(UTC)).total_seconds(), 0.0), LONGEST_SECONDS)
