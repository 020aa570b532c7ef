"""Program run as a process between us and a broker: ends the broker when we end, even by SIGKILL.

Run as ``python -I -S leash_keeper.py DIRECTORY COMMAND...``. It starts COMMAND in DIRECTORY with output in
``DIRECTORY/broker.log``, prints its process id, then reads standard input, a pipe whose only writer is the owner:

- end of file: the owner stopped the broker or died. Kill the command, remove DIRECTORY, end.
- ``K``: kill the command and keep DIRECTORY, so that the owner can start another on the same data.

Only the standard library, nothing of this project: it must start in milliseconds and work without `sys.path`.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

LOG_NAME = "broker.log"
_POLL_S = 0.1
_PR_SET_PDEATHSIG = 1


def _die_with_keeper() -> None:
    """Ask Linux to kill the command if this keeper itself is killed; elsewhere the pipe is all there is."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def keep(directory: Path, command: list[str]) -> int:
    """Run `command` until it ends, the owner's pipe closes, or the owner is gone; return an exit code."""
    owner = os.getppid()
    with (directory / LOG_NAME).open("ab") as log:
        child = subprocess.Popen(
            command,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Safe here: this process has no other thread yet.
            preexec_fn=_die_with_keeper if os.name == "posix" else None,  # noqa: PLW1509  single-threaded by now
        )
    print(child.pid, flush=True)  # noqa: T201  the owner reads it

    released = threading.Event()

    def listen() -> None:
        while word := os.read(0, 1):
            if word == b"K":
                child.kill()
        released.set()

    threading.Thread(target=listen, daemon=True).start()
    while child.poll() is None:
        # A process forked by the owner holds the pipe open too; the parent's id still tells of the owner's death.
        if released.wait(_POLL_S) or os.getppid() != owner:
            child.kill()
            child.wait()
            shutil.rmtree(directory, ignore_errors=True)
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(keep(Path(sys.argv[1]), sys.argv[2:]))
