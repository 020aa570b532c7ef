"""What a worker tells of itself while it lives: a few lines in a file, each written before anything can kill it."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dataflows.chaos.faults import Point

READY = "ready"
WORKED = "worked"
TRIPPED = "tripped"
JUMPED = "jumped"


@dataclass(frozen=True)
class Reported:
    """What was told; times by the machine's steady clock, in seconds, None where it has not come to that.

    Attributes:
        ready: every part was built.
        worked: the first candles were worked.
        tripped: where it killed itself, and after how many snapshots of its own life; None where it did not.
        jumps: to where its clock was set, in seconds from the truth, one after the other.
    """

    ready: float | None = None
    worked: float | None = None
    tripped: tuple[Point, int] | None = None
    jumps: Sequence[float] = ()


class Report:
    """The writing side."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._told: set[str] = set()

    def once(self, what: str, *details: object) -> None:
        """Tell it, the first time that it is said."""
        if what not in self._told:
            self._told.add(what)
            self.tell(what, *details)

    def tell(self, what: str, *details: object) -> None:
        """Tell it."""
        line = " ".join(map(str, (what, time.monotonic(), *details)))
        os.write(self._file, f"{line}\n".encode())


def read_report(path: Path) -> Reported:
    """What a worker has told so far; nothing where it has not begun."""
    if not path.exists():
        return Reported()
    lines = [line.split() for line in path.read_text().splitlines()]
    told = {what: (float(at), details) for what, at, *details in lines}
    times = {what: told[what][0] for what in (READY, WORKED) if what in told}
    tripped = told.get(TRIPPED)
    where = None if tripped is None else (Point(tripped[1][0]), int(tripped[1][1]))
    jumps = tuple(float(details[0]) for what, _at, *details in lines if what == JUMPED)
    return Reported(times.get(READY), times.get(WORKED), where, jumps)
