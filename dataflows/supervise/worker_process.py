"""The program that a worker process of a supervised cluster runs: ``python -P -m dataflows.supervise.worker_process``.

It begins from its environment only. Exit code 0: ended well. 3: an error that would come again. 1: any other.

Little is imported here, so that a process whose supervisor is gone ends before it has begun.
"""

import ctypes
import os
import signal
import sys
import traceback
from functools import partial
from types import TracebackType
from typing import Final, TextIO

from dataflows.supervise.place import own_place

_PR_SET_PDEATHSIG: Final = 1
_UNUSED: Final = ("pandas", "polars")
"""TA-Lib imports them wherever they are installed, for callers that have such series. A worker has none, and without
them it loads in two thirds of the time, which is most of what a restart takes."""


def end_with(parent: int) -> None:
    """Have Linux kill this process when its parent is gone. Elsewhere the end of the orders tells (``Orders``)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before we could ask for that
        os.kill(os.getpid(), signal.SIGKILL)


def print_to(file: TextIO, _kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    """As Python prints an error that nobody catches, but there."""
    traceback.print_exception(error, file=file)


def main() -> int:
    """Run one worker; its exit code."""
    place = own_place()
    end_with(place.parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the supervisor, who passes it on
    # What Rust and C print themselves stays on the file behind descriptor 2, where the supervisor looks for a cause.
    # So does a panic that Bytewax has Python print, of a thread that lost its neighbours: it is no cause either.
    sys.excepthook = partial(print_to, os.fdopen(os.dup(2), "w", buffering=1, encoding="utf-8"))
    sys.stderr = os.fdopen(place.shown, "w", buffering=1, encoding="utf-8", errors="backslashreplace")

    for name in _UNUSED:
        sys.modules[name] = None  # type: ignore[assignment]  # Python's way to say that it cannot be imported

    from dataflows.supervise.worker import work  # noqa: PLC0415  # slow: not before the above

    return work(place)


if __name__ == "__main__":
    sys.exit(main())
