"""What a worker under a soak holds at a moment: its process, and its recovery store as it is seen from outside."""

import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from dataflows.bench.soak_process import Held


@dataclass(frozen=True)
class Sample(Held):
    """A moment of a worker.

    Attributes:
        snapshots_mb: the newest snapshot of every key together; 0 before the first.
        store_mb: files of the recovery store.
    """

    snapshots_mb: float
    store_mb: float

    @classmethod
    def of(cls, held: Held, store: Path) -> Self:
        """What a process holds and its store. Not to be asked in that process: see ``dataflows.recovery.partition``."""
        return cls(
            **asdict(held),
            snapshots_mb=round(sum(map(_snapshots, store.glob("part-*.sqlite3"))) / 1e6, 2),
            store_mb=round(sum(file.stat().st_size for file in store.glob("part-*") if file.exists()) / 1e6, 1),
        )


def _snapshots(file: Path) -> int:
    """Bytes of the newest snapshot of each key; 0 while the store is being made."""
    newest = "SELECT ser_change, max(snap_epoch) FROM snaps GROUP BY step_id, state_key"
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as store:
            found = store.execute(f"SELECT sum(length(ser_change)) FROM ({newest})").fetchone()  # noqa: S608  # constants
    except sqlite3.OperationalError:
        return 0
    return int(found[0] or 0)
