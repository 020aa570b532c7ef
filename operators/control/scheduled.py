"""A command with everything that is needed to carry it out, and which of several waiting commands count."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from operators.strategy.catalog import Catalog
from schemas.lifecycle import DesiredState, StrategyVersion
from schemas.record import to_milliseconds

MAX_WAITING = 64
"""Commands of one strategy that may wait for their time at once; the oldest give way."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A command with the version that it names."""

    desired: DesiredState
    version: StrategyVersion
    text: str = field(init=False, compare=False, repr=False)
    """The desired state as it is kept in snapshots; written once, for snapshots are taken all the time."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self.desired.model_dump_json())

    @property
    def from_ms(self) -> int | None:
        """The event time after which it takes effect; None for the next candle."""
        effective_from = self.desired.effective_from
        return None if effective_from is None else to_milliseconds(effective_from)


def superseded(queue: list[Scheduled], newest: Scheduled) -> list[Scheduled]:
    """The queue after a new command: what was due before it stays, what was due at its time or later gives way.

    A command that is in the queue already, and comes again, changes nothing.
    """
    if any(one.desired == newest.desired for one in queue):
        return queue
    return [*still_due(queue, newest), newest]


class Timed(Protocol):
    """Something that takes effect at an event time."""

    @property
    def from_ms(self) -> int | None:
        """The event time after which it takes effect; None for the next candle."""


T = TypeVar("T", bound=Timed)


def still_due(queue: Sequence[T], newest: Timed) -> list[T]:
    """What of a queue counts beside something newer: what was due before it, of that the last ``MAX_WAITING``."""
    start = newest.from_ms
    kept = [] if start is None else [one for one in queue if one.from_ms is None or one.from_ms < start]
    return kept[-MAX_WAITING:]


def looked_up(text: str, catalog: Catalog) -> Scheduled:
    """A command from its snapshot, with its version from the catalog."""
    desired = DesiredState.model_validate_json(text)
    return Scheduled(desired, catalog.version(desired.strategy, desired.version))
