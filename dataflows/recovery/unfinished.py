"""Snapshots of an epoch that nobody finished: Bytewax 0.21.1 leaves them in the store, and may take them up later.

It writes the snapshots of an epoch first and its progress after that. Where a run dies in between, the next one begins
that epoch anew, and replaces only the snapshots of keys that it meets in it. Once it has come further, what is left of
the dead run counts: a key's state is then of candles and commands that the source hands on once more.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from dataflows.errors import RecoveryBusy
from dataflows.recovery.epochs import resume_epoch
from dataflows.recovery.folder import partition_files
from dataflows.recovery.inspection import inspect
from dataflows.recovery.partition import Unusable, opened, read_partition
from dataflows.recovery.refusal import COLD, REBUILD, RESTORE, refusal, told
from dataflows.recovery.verdict import refuse_faults
from dataflows.recovery.writable import check_writable

_UNFINISHED = "FROM snaps WHERE snap_epoch >= ?"
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def forget_unfinished(folder: Path) -> int:
    """Take away what no recorded progress covers; how many snapshots that were.

    To be called before a cluster begins, by one of its processes, while nobody has the store open.

    Raises:
        RecoveryRefused: it cannot be read, or not be written to; the text has the ways out.
        RecoveryBusy: somebody has it open.
    """
    paths = partition_files(folder).values()
    try:
        epoch = resume_epoch([read_partition(path) for path in paths])
        spoilt = [path for path in paths if _has_unfinished(path, epoch)]
    except Unusable as error:
        refuse_faults(inspect(folder))
        raise refusal(folder, f"a partition {error}", RESTORE, REBUILD, COLD) from error
    try:
        return sum(_forget(path, epoch) for path in spoilt)
    except sqlite3.Error as error:
        what = f"what a run that was killed left unfinished cannot be taken away: {error}"
        if error.sqlite_errorcode in _LOCKED:
            way = "end the other process that has it open: `candelabra recovery check` names it"
            raise RecoveryBusy(told(folder, what, way)) from error
        check_writable(folder)
        raise refusal(folder, what, RESTORE, REBUILD, COLD) from error


def _has_unfinished(path: Path, epoch: int) -> bool:
    with opened(path) as database:
        (found,) = database.execute(f"SELECT EXISTS (SELECT 1 {_UNFINISHED})", (epoch,)).fetchone()
    return bool(found)


def _forget(path: Path, epoch: int) -> int:
    with closing(sqlite3.connect(path)) as database, database:
        return database.execute(f"DELETE {_UNFINISHED}", (epoch,)).rowcount
