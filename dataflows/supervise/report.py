"""What a worker process tells its supervisor: one JSON object a line, and in the end its exit code."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from dataflows.supervise.figures import Figures

ENDED_WELL: Final = 0
FAILED: Final = 1
PERMANENT: Final = 3
"""Trying again would end alike."""


class Kind(StrEnum):
    """What a report is of."""

    READY = "ready"
    """All is loaded: the worker waits for the word to go."""
    FIGURES = "figures"
    """What it has counted so far."""
    ASKED = "asked"
    """Somebody asked this one process to end: its cluster cannot go on without it."""
    DONE = "done"
    """It has ended well; with its last figures."""
    FAILED = "failed"
    """It ends with an error."""


@dataclass(frozen=True)
class Report:
    """One line.

    Attributes:
        message: what failed, for a person.
        permanent: whether trying again would end alike.
        consequence: whether it failed because another worker of the cluster was gone.
        unworked: whether it failed before it had worked anything, so that no snapshot is owed.
    """

    kind: Kind
    figures: Figures | None = None
    message: str = ""
    permanent: bool = False
    consequence: bool = False
    unworked: bool = False

    def line(self) -> bytes:
        """The report as bytes, with the end of the line.

        >>> Report(Kind.READY).line().decode().strip()
        '{"kind": "ready"}'
        """
        document = {name: value for name, value in asdict(self).items() if value}
        return json.dumps(document).encode() + b"\n"


def read_report(line: bytes) -> Report:
    """The report that ``line`` gave.

    >>> read_report(Report(Kind.DONE, Figures(candles=3)).line())
    Report(kind=<Kind.DONE: 'done'>, figures=Figures(candles=3, ...), message='', permanent=False, ...)
    """
    document = json.loads(line)
    figures = document.pop("figures", None)
    kind = Kind(document.pop("kind"))
    return Report(kind, None if figures is None else Figures(**figures), **document)
