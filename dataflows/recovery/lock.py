"""One cluster at a time: a lock that lasts until the last process that has it is gone, even by SIGKILL."""

import errno
import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from dataflows.errors import RecoveryBusy
from dataflows.recovery.folder import LOCK
from dataflows.recovery.refusal import told
from dataflows.recovery.writable import refused_by_system

WAIT_SECONDS: Final = 5.0
"""For what a run that was just killed leaves behind to be gone."""
_LOOK_SECONDS: Final = 0.05
_TAKEN: Final = {errno.EAGAIN, errno.EACCES}
_PROCESSES: Final = Path("/proc")


class Lock:
    """The lock on a recovery directory, from ``with`` to the end of the block.

    The kernel keeps it with the open file, so a child that inherits the file has it too: start workers with
    ``pass_fds=(lock.fileno(),)``, and no second cluster begins while one of them lives.

    Raises:
        RecoveryBusy: another process had it all the time that was waited for; names the process.
        RecoveryRefused: the directory cannot be written to, or its file system has no locks.
    """

    def __init__(self, folder: Path, wait_seconds: float = WAIT_SECONDS) -> None:
        self._folder = folder
        self._wait_seconds = wait_seconds
        self._file = -1

    def fileno(self) -> int:
        """The file descriptor for children to inherit."""
        return self._file

    def __enter__(self) -> Self:
        path = self._folder / LOCK
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise refused_by_system(self._folder, error) from error
        try:
            self._take(path)
        except BaseException:
            os.close(self._file)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)  # not unlocked: children that still run keep it

    def _take(self, path: Path) -> None:
        deadline = time.monotonic() + self._wait_seconds
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in _TAKEN:
                    raise refused_by_system(self._folder, error) from error
                if time.monotonic() > deadline:
                    raise self._busy(path) from None
                time.sleep(_LOOK_SECONDS)
            else:
                break
        # For people, and for systems that do not tell who has a file open: a full disk is somebody else's to report.
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            raise refused_by_system(self._folder, error) from error

    def _busy(self, path: Path) -> RecoveryBusy:
        holders = _holders(path)
        who = "a process that does not show here runs"
        if holders:
            several = len(holders) > 1
            who = f"process{'es' if several else ''} {', '.join(map(str, holders))} run{'' if several else 's'}"
        return RecoveryBusy(
            told(
                self._folder,
                f"{who} on it, and two at once would spoil it (waited {self._wait_seconds:g} s)",
                f"stop it: `kill {' '.join(map(str, holders)) or 'PID'}` lets it take its last snapshot",
                "give this run another directory and another topic prefix, if it is to be another deployment",
            )
        )


def holder(folder: Path) -> tuple[int, ...]:
    """The processes that run on the directory's store now; empty where nobody does. Takes nothing."""
    path = folder / LOCK
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return ()
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return (_holders(path) or (0,)) if error.errno in _TAKEN else ()
    else:
        return ()
    finally:
        os.close(file)


def _holders(path: Path) -> tuple[int, ...]:
    """Other processes that have the file open, where the system tells; else the one that wrote its number there."""
    wanted = path.stat()
    found = [
        int(process.name)
        for process in _PROCESSES.glob("[0-9]*")
        if int(process.name) != os.getpid() and _has_open(process, wanted)
    ]
    if found:
        return tuple(sorted(found))
    written = path.read_text(encoding="ascii", errors="replace").strip()
    return (int(written),) if written.isdecimal() and int(written) != os.getpid() else ()


def _has_open(process: Path, wanted: os.stat_result) -> bool:
    try:
        return any(os.path.samestat(file.stat(), wanted) for file in (process / "fd").iterdir())
    except OSError:  # it has ended, or is another user's
        return False
