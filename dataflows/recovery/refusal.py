"""How a store is refused: where, what, and the ways out in the order in which to try them."""

from pathlib import Path
from typing import Final

from dataflows.errors import RecoveryRefused

RESTORE: Final = (
    "put back a copy of the whole directory, as `candelabra recovery backup` makes one: it is gone on from there, and "
    "nothing is repeated"
)
_ALL_AGAIN: Final = "works every candle again from the first, which leaves the output topics as they would have been"
_FROM_THE_OLDEST: Final = (
    "begins at the oldest candle that is left, with the settings of now; that the output follows from what is on the "
    "topics already is then not promised"
)
REBUILD: Final = f"`candelabra run --rebuild`: sets this store aside and {_ALL_AGAIN}"
COLD: Final = f"`candelabra run --cold`: sets this store aside and {_FROM_THE_OLDEST}"
REBUILD_WITHOUT: Final = f"`candelabra run --rebuild`: {_ALL_AGAIN}"
"""Where there is no store to set aside; so the next."""
COLD_WITHOUT: Final = f"`candelabra run --cold`: {_FROM_THE_OLDEST}"


class RecoveryDiskFull(RecoveryRefused):
    """There is no space to write snapshots to; what was written before is whole, and is gone on from.

    Permanent as its base: a run that tries again makes no space, and would only be told of after its last try.
    """


def told(folder: Path, what: str, *ways: str) -> str:
    """The text of a refusal.

    >>> print(told(Path("rec"), "part-1.sqlite3 is missing", "put it back", "`candelabra run --rebuild`"))
    recovery store rec: part-1.sqlite3 is missing. Ways out, the first that fits:
      1. put it back
      2. `candelabra run --rebuild`
    """
    listed = "".join(f"\n  {number}. {way}" for number, way in enumerate(ways, 1))
    return f"recovery store {folder}: {what}. Ways out, the first that fits:{listed}"


def refusal(folder: Path, what: str, *ways: str) -> RecoveryRefused:
    """The error to raise."""
    return RecoveryRefused(told(folder, what, *ways))
