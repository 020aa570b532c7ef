"""A child process that cannot outlive us: started through `leash_keeper`, ended with its directory."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from dataflows.brokers.leash_keeper import LOG_NAME

_KEEPER = Path(__file__).with_name("leash_keeper.py")
_END_TIMEOUT_S = 120.0
"""A killed broker of thousands of partitions leaves as many files to remove, and a busy disk takes its time."""


class LeashedProcess:
    """One running command in a directory of its own.

    The command is killed, and `directory` removed, by `stop()`, by the end of this process, and by its SIGKILL.
    Output goes to a log in `directory`. The command gets its own session, so that Ctrl-C reaches us and not it.

    Args:
        command: program and arguments.
        directory: existing directory, also the working directory; removed in the end.
        environment: whole environment of the command.
    """

    def __init__(self, command: Sequence[str], *, directory: Path, environment: Mapping[str, str]) -> None:
        """Start the command; it may end at once, which `alive()` tells."""
        self._directory = directory
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_KEEPER), str(directory), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environment),
            start_new_session=True,
        )
        assert self._keeper.stdout is not None  # noqa: S101  PIPE was asked for
        reported = self._keeper.stdout.readline()
        self._keeper.stdout.close()
        if not reported:
            self.stop()
            raise OSError(f"could not start {command[0]}: the program is not there or may not be run")
        self.pid = int(reported)

    def alive(self) -> bool:
        """Whether the command still runs."""
        return self._keeper.poll() is None

    def log_tail(self, lines: int = 15) -> str:
        """Return the last lines the command printed, to explain a failure."""
        log = self._directory / LOG_NAME
        text = log.read_text(errors="replace") if log.exists() else ""
        return "\n".join(text.splitlines()[-lines:]) or "(it printed nothing)"

    def kill(self) -> None:
        """SIGKILL the command and keep its directory, as a crash would."""
        if self.alive() and self._keeper.stdin is not None:
            try:
                self._keeper.stdin.write(b"K")
                self._keeper.stdin.flush()
            except BrokenPipeError:
                pass  # it ended by itself in between
        self._keeper.wait(_END_TIMEOUT_S)
        self._close_pipe()

    def pause(self) -> None:
        """SIGSTOP the command: it is there, holds its connections, and does nothing until `resume()`."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT the command."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self.alive():
            with contextlib.suppress(ProcessLookupError):  # it ended by itself in between
                os.kill(self.pid, number)

    def stop(self) -> None:
        """Kill the command and remove its directory; a second call does nothing."""
        self._close_pipe()
        self._keeper.wait(_END_TIMEOUT_S)
        shutil.rmtree(self._directory, ignore_errors=True)

    def _close_pipe(self) -> None:
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
