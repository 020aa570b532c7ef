"""Whether a recovery directory can be written to, with space for what a run writes at once."""

import contextlib
import errno
import os
from pathlib import Path
from typing import Final

from dataflows.errors import RecoveryRefused
from dataflows.recovery.folder import companions, partition_files
from dataflows.recovery.refusal import REBUILD, RecoveryDiskFull, refusal, told

_SPACE_BYTES: Final = 1 << 20
_SPACE_FOR_EACH: Final = 64 << 10
"""Written for each partition, on top, and taken away again: SQLite wants half of it before it writes anything."""

_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_LOCKS: Final = {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}
_SPACE_WAY: Final = "make space where the directory lies, then start again: it is gone on from the last whole snapshot"
_ELSEWHERE: Final = "move the whole directory to where there is space, and name it with --recovery"


def check_writable(folder: Path, partitions: int = 0) -> None:
    """Make the directory if it is missing; write what a start needs there, have it put on the disk, and take it away.

    Raises:
        RecoveryDiskFull: there is no space.
        RecoveryRefused: it is read-only, another user's, no directory, or the disk fails.
    """
    probe = folder / f"space-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with probe.open("wb") as file:
                file.write(bytes(_SPACE_BYTES + partitions * _SPACE_FOR_EACH))
                file.flush()
                os.fsync(file.fileno())
        finally:
            with contextlib.suppress(OSError):
                probe.unlink(missing_ok=True)
    except OSError as error:
        raise refused_by_system(folder, error) from error
    for path in partition_files(folder).values():
        for file_path in companions(path):
            if not os.access(file_path, os.R_OK | os.W_OK):
                raise refused_by_system(folder, PermissionError(errno.EACCES, "Permission denied", file_path.name))


def disk_full(folder: Path, reason: str) -> RecoveryDiskFull:
    """The refusal for want of space."""
    text = f"the disk is full ({reason}), expected room for snapshots. What was written before is whole"
    return RecoveryDiskFull(told(folder, text, _SPACE_WAY, _ELSEWHERE))


def refused_by_system(folder: Path, error: OSError) -> RecoveryRefused:
    """What the operating system has against it, in words."""
    reason = error.strerror or str(error)
    if error.errno in _FULL:
        return disk_full(folder, reason)
    if error.errno == errno.EROFS:
        return refusal(
            folder,
            f"its file system is read-only ({reason}), expected one to write snapshots to. A file system becomes so by "
            "itself when its disk fails",
            "look what the system says of the disk, and mount it writable",
            "copy the whole directory to another disk, and name it with --recovery",
            f"if it cannot be read either, name an empty directory with --recovery, and {REBUILD}",
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        what = Path(error.filename).name if error.filename else "the directory"
        return refusal(
            folder,
            f"user {os.geteuid()} may not write {what} ({reason})",
            "run as the user who owns the directory, or give it to this one, with all files in it",
            "name another directory with --recovery",
        )
    if error.errno in {errno.EEXIST, errno.ENOTDIR, errno.ENOENT}:
        return _no_directory(folder, error, reason)
    if error.errno in _NO_LOCKS:
        return refusal(
            folder,
            f"its file system has no locks ({reason}), so two clusters could spoil it",
            "use a directory on a local disk",
        )
    return refusal(
        folder,
        f"it cannot be written to: {reason}",
        "look what the system says of the disk",
        "copy the whole directory to another disk, and name it with --recovery",
    )


def _no_directory(folder: Path, error: OSError, reason: str) -> RecoveryRefused:
    """Where it should be there is something else, or nothing can be."""
    if error.errno != errno.ENOENT:
        return refusal(
            folder, f"expected a directory there or nothing, found a file ({reason})", "name another with --recovery"
        )
    there = next(one for one in folder.absolute().parents if one.exists())
    return refusal(
        folder,
        f"it is not there and cannot be made ({reason}): {there} takes no new directories, as a system's own (/proc, "
        "/sys) or a mount that has gone does not",
        "name a directory on a disk with --recovery",
        "if it is on one that has gone, mount that again",
    )
