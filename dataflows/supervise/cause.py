"""Which of several workers has the cause: when one is gone the others fail too, and only of that."""

from collections.abc import Sequence
from typing import Final, Protocol

from dataflows.supervise.supervisor import Failure

CAUSE_SECONDS: Final = 2.0
"""For the worker with the cause to be heard, once one has lost its connection to it."""
TOGETHER_SECONDS: Final = 60.0
"""After the first has ended well: they end together, or one of them hangs."""


class Member(Protocol):
    """A worker of a cluster."""

    @property
    def number(self) -> int:
        """Which one, from 0."""
        ...

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        ...

    @property
    def ended_well(self) -> bool:
        """Whether it is over, as it should be."""
        ...

    @property
    def is_consequence(self) -> bool:
        """Whether it failed because another one was gone."""
        ...

    def failure(self) -> Failure:
        """What it failed with, if it did."""
        ...


def why(members: Sequence[Member], waited: float) -> Failure | None:
    """Why a cluster cannot go on; None as long as it can, or where the cause may still be heard.

    ``waited`` is in seconds since the first of them ended. A permanent failure comes before any other; one of a worker
    that had worked nothing comes after them, and what is only a consequence last.
    """
    failed = [one for one in members if one.ended and not one.ended_well]
    causes = [one.failure() for one in failed if not one.is_consequence]
    if causes:
        return min(causes, key=lambda cause: (not cause.permanent, cause.unworked))
    running = [str(one.number) for one in members if not one.ended]
    if failed:
        return failed[0].failure() if waited > CAUSE_SECONDS or not running else None
    if len(running) < len(members) and running and waited > TOGETHER_SECONDS:
        return Failure(f"worker {' and '.join(running)} did not end within {TOGETHER_SECONDS:.0f} s of the others")
    return None
