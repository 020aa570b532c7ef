"""A copy of a store that can be put back, taken while a cluster writes to it or while none does.

Copying the files one after the other is safe only while no cluster runs: else each is of its own moment, and Bytewax
goes on without noticing that one lacks what the others have. Here a read transaction is opened on every file first,
which stops nobody, and used only if no epoch was completed meanwhile.
"""

import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dataflows.recovery.epochs import of_another_moment, resume_epoch
from dataflows.recovery.folder import MANIFEST, bytes_on_disk, partition_files
from dataflows.recovery.inspection import inspect
from dataflows.recovery.partition import Depth, Unusable, opened, read_from
from dataflows.recovery.refusal import refusal
from dataflows.recovery.verdict import refuse_faults
from dataflows.recovery.writable import disk_full, refused_by_system

PATIENCE_SECONDS: Final = 10.0
_PAUSE_SECONDS: Final = 0.02


@dataclass(frozen=True)
class Copied:
    """A copy that was made and looked through: where it is, at which epoch it is gone on from, its size in bytes."""

    folder: Path
    epoch: int
    partitions: int
    size: int


def back_up(folder: Path, to: Path) -> Copied:
    """Copy the store in ``folder`` into the new or empty directory ``to``, and look through the copy.

    To restore, put all files of the copy into an empty recovery directory while nothing runs.

    Raises:
        RecoveryRefused: there is no whole store; ``to`` has something in it, or no room; or epochs were completed
            faster than the files could be opened for as long as was waited.
    """
    found = inspect(folder)
    if found.is_new:
        raise refusal(folder, "there is none to copy", "name the directory that `candelabra run --recovery` names")
    refuse_faults(found)
    try:
        to.mkdir(parents=True, exist_ok=True)
        if any(to.iterdir()):
            raise refusal(to, "expected an empty directory for the copy, found files", "name a new one")
        with _one_moment(folder) as files:
            for path, source in files.items():
                _copy(source, to / path.name)
        if found.manifest is not None:
            shutil.copyfile(folder / MANIFEST, to / MANIFEST)
    except OSError as error:
        raise refused_by_system(to, error) from error
    except Unusable as error:
        raise refusal(folder, f"it could not be copied: a partition {error}", "try again") from error
    copy = inspect(to, Depth.EVERYTHING)
    refuse_faults(copy)
    return Copied(to, copy.epoch, copy.count, bytes_on_disk(to))


@contextmanager
def _one_moment(folder: Path) -> Iterator[Mapping[Path, sqlite3.Connection]]:
    """Connections whose reads all see the store as it was when one and the same epoch was the last complete one.

    What is recorded before a file's transaction begins is in it. So where the epoch is the same before the first
    transaction and within all of them, each has every snapshot of the epochs before; and none has thrown away what is
    still needed, which is looked at as well.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    with ExitStack() as stack:
        files = {path: stack.enter_context(opened(path)) for path in partition_files(folder).values()}
        while True:
            before = resume_epoch([read_from(path, database) for path, database in files.items()])
            for database in files.values():
                database.execute("BEGIN")
                database.execute("SELECT 1 FROM parts").fetchone()  # SQLite begins with the first read
            partitions = [read_from(path, database) for path, database in files.items()]
            if resume_epoch(partitions) == before and of_another_moment(partitions) is None:
                break
            for database in files.values():
                database.execute("ROLLBACK")
            if time.monotonic() > deadline:
                raise refusal(
                    folder,
                    f"epochs were completed faster than its {len(files)} files could be opened, for "
                    f"{PATIENCE_SECONDS:g} s",
                    "try again when the machine has less to do, or stop the run first",
                )
            time.sleep(_PAUSE_SECONDS)
        yield files


def _copy(source: sqlite3.Connection, to: Path) -> None:
    try:
        with closing(sqlite3.connect(to, isolation_level=None)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")  # one file, whole, until Bytewax opens it
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname == "SQLITE_FULL":
            raise disk_full(to.parent, "while a partition was copied") from error
        raise
