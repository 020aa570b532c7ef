"""The program in a process of its own, as an operator has it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.dataflows.deployment import wait_until

ROOT = Path(__file__).parents[3]
PATIENCE_SECONDS = 90.0


class Program:
    """A running `candelabra`, with this test's environment."""

    def __init__(self, folder: Path, words: tuple[object, ...]) -> None:
        command = [sys.executable, "-c", "from ui.cli.main import main; main()", *map(str, words)]
        self._out, self._err = folder / "out", folder / "err"
        with self._out.open("w") as out, self._err.open("w") as err:
            self.process = subprocess.Popen(
                command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=out, stderr=err, text=True
            )

    @property
    def err(self) -> str:
        """What it has said so far."""
        return self._err.read_text(encoding="utf-8")

    @property
    def out(self) -> str:
        """Its standard output so far."""
        return self._out.read_text(encoding="utf-8")

    @property
    def json(self) -> dict[str, Any]:
        """The last line on standard output."""
        document = json.loads(self.out.splitlines()[-1])
        assert isinstance(document, dict)
        return document

    def until(self, text: str, times: int = 1) -> None:
        """Wait until it has said so."""
        wait_until(lambda: self.err.count(text) >= times or self.process.poll() is not None, PATIENCE_SECONDS)
        assert self.err.count(text) >= times, self.err

    def workers(self) -> list[int]:
        """Its children's process ids, by Linux's /proc."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in listed.read_text().split()]

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def ended(self, seconds: float = PATIENCE_SECONDS) -> int:
        """Its exit code, once it has ended."""
        return self.process.wait(seconds)


@contextmanager
def candelabra(*words: object) -> Iterator[Program]:
    """Start it; killed if it is still there in the end."""
    with TemporaryDirectory() as folder:
        program = Program(Path(folder), words)
        try:
            yield program
        finally:
            program.process.kill()
            program.process.wait()


def listens(pid: int, number: signal.Signals) -> bool:
    """Whether a process has a handler of its own for a signal, by Linux's /proc."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:")).split()[1]
    return bool(int(caught, 16) >> (number - 1) & 1)


def gone(pid: int) -> bool:
    """Whether a process is no more; one that nobody has buried yet does nothing either."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"
