"""A worker process as its supervisor sees it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dataflows.settings import Settings
from dataflows.supervise.figures import Figures
from dataflows.supervise.orders import GO, STOP
from dataflows.supervise.place import Place, environment_of
from dataflows.supervise.report import PERMANENT, Kind, Report, read_report
from dataflows.supervise.supervisor import Failure

ENTRY: Final = (sys.executable, "-P", "-m", "dataflows.supervise.worker_process")
"""``-P``: what happens to lie in the working directory is not imported."""
_READ_BYTES: Final = 65_536
_LOOKED_AT_BYTES: Final = 4_096
_SHOWN_CHARACTERS: Final = 300
_BY_HAND: Final = {
    signal.SIGKILL: "somebody's kill -9, or the system was out of memory",
    signal.SIGSEGV: "a fault in native code",
    signal.SIGABRT: "native code gave up",
}


@dataclass(frozen=True)
class Seat:
    """What differs between the workers of one life of a cluster, and what they share of it."""

    process: int
    addresses: tuple[str, ...]
    once: bool
    restarts: int
    cold: bool = False


class Child:
    """One worker process: it loads at once and then waits for ``go``. Start it from the main thread.

    ``fileno`` is of what it reports to, which comes to its end when the process does.
    """

    def __init__(self, settings: Settings, seat: Seat) -> None:
        self.number = seat.process
        self.ready = False
        self.asked = False
        self.figures = Figures()
        self._of = len(seat.addresses) or 1
        self._failed: Report | None = None
        self._line = b""
        self._last_line = ""
        self._over = False
        self._closed = False
        orders, heard = socket.socketpair()
        self._reports, told = os.pipe()
        shown = os.dup(2)
        # A file for what native code prints: nobody reads it until the end, and a full pipe would hold the worker up.
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115  # closed in `close`
        place = Place(seat.process, seat.addresses, seat.once, seat.restarts, seat.cold, os.getpid(), told, shown)
        try:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                ENTRY,
                env=environment_of(settings, place),
                stdin=heard.fileno(),
                stdout=self._printed,
                stderr=self._printed,
                pass_fds=(told, shown),
                process_group=0,  # Ctrl-C on a terminal is for the supervisor
            )
        finally:
            heard.close()
            os.close(told)
            os.close(shown)
        self._orders = orders

    @property
    def pid(self) -> int:
        """The process's number in the system."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether the process is over, and all that it said has been read."""
        return self._over

    def fileno(self) -> int:
        """What to wait on for reports."""
        return self._reports

    def go(self, held: Sequence[int]) -> None:
        """Begin. From here on the worker has these open files too, for as long as it lives."""
        with contextlib.suppress(OSError):  # it has ended, which its reports tell
            socket.send_fds(self._orders, [GO], held)

    def stop(self) -> None:
        """End politely, now or as soon as it listens."""
        with contextlib.suppress(OSError):
            self._orders.send(STOP)

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()

    def read(self) -> None:
        """Take in what it has reported; waits where there is nothing."""
        if self._over:
            return
        chunk = os.read(self._reports, _READ_BYTES)
        if not chunk:
            self._process.wait()
            self._over = True
            self._last_line = self._last_printed()
            return
        *lines, self._line = (self._line + chunk).split(b"\n")
        for line in lines:
            self._take(read_report(line))

    def close(self) -> None:
        """Kill it if it runs; give back what belongs to it. Of figures and cause it can still be asked."""
        if self._closed:
            return
        self._closed = True
        self.kill()
        while not self._over:
            self.read()
        os.close(self._reports)
        self._orders.close()
        self._printed.close()

    @property
    def ended_well(self) -> bool:
        """Whether it is over, as it should be."""
        return self._over and self._process.returncode == 0

    @property
    def is_consequence(self) -> bool:
        """Whether it failed because another worker was gone."""
        return self._failed is not None and self._failed.consequence

    def failure(self) -> Failure:
        """What a worker that did not end well ended with."""
        code = self._process.returncode
        who = f"worker {self.number}" if self._of > 1 else "the worker"
        if self._failed is not None:
            return Failure(f"{who}: {self._failed.message}", self._failed.permanent, self._failed.unworked)
        if code < 0:
            number = signal.Signals(-code)
            why = f" ({_BY_HAND[number]})" if number in _BY_HAND else ""
            return Failure(f"{who} was ended by {number.name}{why}{self._last_words()}")
        return Failure(f"{who} ended with exit code {code}{self._last_words()}", permanent=code == PERMANENT)

    def _take(self, report: Report) -> None:
        self.ready |= report.kind is Kind.READY
        self.asked |= report.kind is Kind.ASKED
        self.figures = report.figures or self.figures
        if report.kind is Kind.FAILED:
            self._failed = report

    def _last_printed(self) -> str:
        size = self._printed.seek(0, os.SEEK_END)
        self._printed.seek(max(0, size - _LOOKED_AT_BYTES))
        lines = self._printed.read().decode(errors="replace").split("\n")
        return next((line.strip()[:_SHOWN_CHARACTERS] for line in reversed(lines) if line.strip()), "")

    def _last_words(self) -> str:
        return f", and had printed: {self._last_line}" if self._last_line else ""
