"""One file of a recovery store: what Bytewax wrote there, read without changing it.

Bytewax 0.21.1 spreads snapshots over the files by key. Tables: ``parts`` (which partition of how many this is),
``exs`` (executions: workers, epoch resumed from), ``fronts`` (how far each worker of an execution is), ``commits``
(up to which epoch what is outdated was taken away), ``snaps`` (step, key, epoch, pickled state).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final

from dataflows.recovery.folder import size_of

LAYOUT: Final = 5
"""``PRAGMA user_version`` of the tables that Bytewax 0.21.1 makes."""

_TABLES: Final = {"parts", "exs", "fronts", "commits", "snaps"}
_MAGIC: Final = b"SQLite format 3\0"
_HEADER_BYTES: Final = 100
_BIG_PAGE: Final = 65_536
"""SQLite writes this page size, which does not fit its two bytes, as 1."""
_BUSY_SECONDS: Final = 5.0


class Unusable(Exception):
    """A file that cannot be resumed from; the text goes on from its name."""


class Newer(Unusable):
    """A file of a later release."""


class Depth(IntEnum):
    """How closely a file is looked at."""

    TABLES = 0
    """Its header against its size, its tables, and what they say of progress: as quick for a large file as for none."""
    PAGES = 1
    """Also every page (SQLite's ``quick_check``): about as long as reading the file."""
    EVERYTHING = 2
    """Also that indexes and rows say the same (``integrity_check``)."""


@dataclass(frozen=True)
class Execution:
    """One start of a cluster: its number, its workers, and the epoch at which it went on."""

    number: int
    workers: int
    epoch: int


@dataclass(frozen=True)
class Front:
    """The epoch that a worker of an execution is at; everything before is recorded."""

    execution: int
    worker: int
    epoch: int


@dataclass(frozen=True)
class Partition:
    """What a file says of itself.

    Attributes:
        number: which partition it is, from 0.
        count: how many there are.
        store: the mark of the store that it belongs to; 0 where it was made without one.
        committed: the epoch up to which outdated snapshots were taken away; None before the first.
        executions: the starts recorded in this file.
        fronts: the progress recorded in this file.
        is_empty: whether there is no snapshot in it.
        size: of the database with its log, in bytes.
    """

    path: Path
    number: int
    count: int
    store: int
    committed: int | None
    executions: tuple[Execution, ...]
    fronts: tuple[Front, ...]
    is_empty: bool
    size: int

    @property
    def is_unused(self) -> bool:
        """Whether no run has left anything there."""
        return self.is_empty and not self.executions and not self.fronts and self.committed is None


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads; ``Unusable`` for whatever SQLite has against the file.

    What a killed run left in the ``-wal`` is seen too, and stays there. Never in a process whose flow has the store
    open: Bytewax brings an SQLite of its own, and whichever of the two closes a file takes the other's locks away
    (POSIX locks are a process's), after which the log may be cut off under the other's feet.
    """
    try:
        with closing(_connect(path)) as database:
            yield database
    except sqlite3.DatabaseError as error:
        raise Unusable(f"is corrupt or cannot be read: {error}") from error


def _connect(path: Path) -> sqlite3.Connection:
    """Where the directory is read-only SQLite cannot make its shared memory, and without a log it needs none."""
    address = f"{path.absolute().as_uri()}?mode=ro"
    database = sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        database.execute("PRAGMA schema_version")
    except sqlite3.OperationalError:
        database.close()
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            raise
        database = sqlite3.connect(f"{address}&immutable=1", uri=True, isolation_level=None)
    return database


def read_partition(path: Path, depth: Depth = Depth.TABLES) -> Partition:
    """Look into a partition.

    Raises:
        Unusable: it is empty, cut off, no database, corrupt, or without what Bytewax keeps there.
        Newer: it has tables of a later release of Bytewax.
    """
    _check_header(path)
    with opened(path) as database:
        _check_tables(database)
        if depth is not Depth.TABLES:
            _check_pages(database, "quick_check" if depth is Depth.PAGES else "integrity_check")
        database.execute("BEGIN")  # one state of the file for all that is read, while a cluster may write to it
        return read_from(path, database)


def _check_header(path: Path) -> None:
    """What SQLite would read over: it takes an empty file for a new database."""
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
        size = path.stat().st_size
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror}") from error
    if not header:
        raise Unusable("is empty (0 bytes)")
    if not header.startswith(_MAGIC[: len(header)]):
        raise Unusable("is not a database of SQLite")
    if len(header) < _HEADER_BYTES:
        raise Unusable(f"is cut off: it has {size} bytes, and its header alone would have {_HEADER_BYTES}")
    page = int.from_bytes(header[16:18])
    expected = int.from_bytes(header[28:32]) * (_BIG_PAGE if page == 1 else page)
    if size < expected:
        raise Unusable(f"is cut off: its header tells of {expected} bytes, and there are {size}")


def _check_tables(database: sqlite3.Connection) -> None:
    (layout,) = database.execute("PRAGMA user_version").fetchone()
    if layout > LAYOUT:
        raise Newer(f"has tables of a later release of Bytewax (layout {layout}, expected {LAYOUT})")
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if missing := _TABLES - tables:
        raise Unusable(f"has no table {' or '.join(sorted(missing))}: it is no recovery partition")


def _check_pages(database: sqlite3.Connection, check: str) -> None:
    (found,) = database.execute(f"PRAGMA {check}(1)").fetchone()
    if found != "ok":
        raise Unusable(f"is corrupt: {' '.join(str(found).split())}")


def read_from(path: Path, database: sqlite3.Connection) -> Partition:
    """As ``read_partition``, over a connection that is there."""
    rows = database.execute("SELECT part_index, part_count FROM parts").fetchall()
    if len(rows) != 1:
        raise Unusable(f"tells of {len(rows)} partitions, expected 1: it was emptied, or is no recovery partition")
    number, count = rows[0]
    (store,) = database.execute("PRAGMA application_id").fetchone()
    (committed,) = database.execute("SELECT max(commit_epoch) FROM commits").fetchone()
    (any_snapshot,) = database.execute("SELECT EXISTS (SELECT 1 FROM snaps)").fetchone()
    executions = database.execute("SELECT ex_num, worker_count, resume_epoch FROM exs")
    fronts = database.execute("SELECT ex_num, worker_index, worker_frontier FROM fronts")
    return Partition(
        path=path,
        number=number,
        count=count,
        store=store,
        committed=committed,
        executions=tuple(Execution(*row) for row in executions),
        fronts=tuple(Front(*row) for row in fronts),
        is_empty=not any_snapshot,
        size=size_of(path),
    )
