"""What is done to a deployment, by kind."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """The kinds that are counted: as a report names them."""

    KILLED = "worker killed at a random moment"
    KILLED_STARTING = "worker killed while it starts"
    KILLED_RESUMING = "worker killed while it restores state"
    KILLED_IN_SNAPSHOT = "worker killed inside a snapshot"
    KILLED_AFTER_RESUME = "worker killed before its first new snapshot"
    KILLED_WITH_COMMAND = "worker killed with a command in hand"
    RESCALED = "number of workers changed"
    DRAINED = "worker stopped by SIGTERM"
    BROKER_KILLED = "broker killed"
    BROKER_PAUSED = "broker paused"
    SLOWED = "connections slowed"
    RESET = "connections reset"
    HALF_OPEN = "connections half open"
    CLOCK_FORWARD = "clock set forward"
    CLOCK_BACK = "clock set back"
    STORE_LOST = "recovery store lost"
    STORE_PARTITION_LOST = "a partition of the recovery store lost"
    STORE_CORRUPTED = "recovery store corrupted"
    OFFSET_LOST = "offset to go on from removed"
    COMMANDED = "command sent"
    SPOILED = "garbage among the candles"

    @property
    def identifier(self) -> str:
        """Its name for machines.

        >>> Fault.BROKER_KILLED.identifier
        'broker_killed'
        """
        return self.name.lower()


class Point(StrEnum):
    """Where a worker may be made to kill itself."""

    BUILD = "build"
    """A part of a source or a sink has been built."""
    RESTORE = "restore"
    """A key has been restored from its snapshot."""
    SNAPSHOT = "snapshot"
    """A part or a key has been asked for its snapshot and has not given it back yet."""
    FLUSHED = "flushed"
    """A sink part has flushed, and its snapshot is taken; the epoch is not over."""
    WRITTEN = "written"
    """A sink part has been given records."""
    COMMAND = "command"
    """A source part holds a command, or a word of the watchlist, that it has not given to anyone."""


KIND_OF = {
    Point.BUILD: Fault.KILLED_STARTING,
    Point.RESTORE: Fault.KILLED_RESUMING,
    Point.SNAPSHOT: Fault.KILLED_IN_SNAPSHOT,
    Point.FLUSHED: Fault.KILLED_IN_SNAPSHOT,
    Point.WRITTEN: Fault.KILLED_AFTER_RESUME,
    Point.COMMAND: Fault.KILLED_WITH_COMMAND,
}


@dataclass(frozen=True)
class Trip:
    """A worker kills itself with SIGKILL when it passes ``point`` for the ``passing``-th time, counted from 1."""

    point: Point
    passing: int
