"""What ends a worker when its store fails under it, in words."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dataflows.errors import RecoveryBusy, RecoveryRefused
from dataflows.recovery.inspection import inspect
from dataflows.recovery.partition import Depth
from dataflows.recovery.refusal import COLD, REBUILD, RESTORE, refusal, told
from dataflows.recovery.verdict import refuse_faults
from dataflows.recovery.writable import check_writable, disk_full

_SQLITE: Final = re.compile(r"SqliteFailure\(Error \{ code: (?P<code>\w+), extended_code: (?P<number>\d+) \}")
_BYTEWAX: Final = re.compile(r"(No|Missing|Inconsistent)Partitions(Error)|Inconsistent partition counts")
PANIC: Final = "PanicException"
"""What a panic in Rust is in Python: pyo3 makes the class, and gives no module to import it from."""

_CORRUPT: Final = {"DatabaseCorrupt", "NotADatabase"}
_LOCKED: Final = {"DatabaseBusy", "DatabaseLocked"}
_OUT_OF_ROOM: Final = {778, 1034, 4874, 5386}
"""SQLITE_IOERR_ WRITE, FSYNC, SHMSIZE and SHMMAP: what a full disk or a file size limit gives beside SQLITE_FULL."""


def explain(error: BaseException, folder: Path | None) -> RecoveryRefused | None:
    """The refusal that tells what was wrong with the store where that ended a worker; None where it was not the store.

    Alone, Bytewax raises what SQLite said. As one of several processes it only says that a thread panicked, so the
    directory itself is looked at. A full disk comes as ``RecoveryDiskFull``.
    """
    errors = list(_chain(error))
    refused = next((one for one in errors if isinstance(one, RecoveryRefused)), None)
    if refused is not None or folder is None:
        return refused
    text = "\n".join(f"{type(one).__name__}: {one}" for one in errors)
    try:
        if failure := _SQLITE.search(text):
            return _of_sqlite(failure["code"], int(failure["number"]), folder)
        if _BYTEWAX.search(text) or any(type(one).__name__ == PANIC for one in errors):
            check_writable(folder)
            refuse_faults(inspect(folder))
    except RecoveryRefused as found:
        return found
    return None


def _of_sqlite(code: str, number: int, folder: Path) -> RecoveryRefused:
    if code == "DiskFull":
        return disk_full(folder, "SQLite could not write")
    if code in _CORRUPT:
        refuse_faults(inspect(folder, Depth.PAGES))
        return refusal(folder, f"a partition is corrupt (SQLite: {code})", RESTORE, REBUILD, COLD)
    if code in _LOCKED:
        text = f"another process writes to it (SQLite: {code})"
        return RecoveryBusy(told(folder, text, "end the other process: `candelabra recovery check` names it"))
    check_writable(folder)
    if number in _OUT_OF_ROOM:
        return disk_full(folder, f"SQLite: {code} {number}")
    refuse_faults(inspect(folder))
    return refusal(
        folder,
        f"SQLite cannot use it ({code} {number})",
        "look what the system says of the disk",
        RESTORE,
        REBUILD,
        COLD,
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or one.__context__
