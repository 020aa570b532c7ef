"""Processes that are started, stopped and killed together."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from dataflows.errors import WorkerFailed

END_SECONDS = 120.0
SHOWN = 1_500


class Processes:
    """One process for each command line; gone at the end of the ``with`` block."""

    def __init__(self, commands: Sequence[Sequence[str]]) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        # Files, not pipes: nobody reads until all have ended, and a full pipe would keep a worker from ending.
        self._said = [tempfile.TemporaryFile("w+") for _ in commands]  # noqa: SIM115  # closed with the processes
        self._processes = [
            subprocess.Popen(command, env=environment, stdout=said, stderr=subprocess.STDOUT, text=True)
            for command, said in zip(commands, self._said, strict=True)
        ]

    def __enter__(self) -> Self:
        """Return them as they start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill what is still there."""
        self.kill()
        for said in self._said:
            said.close()

    def alive(self) -> bool:
        """Whether all of it runs; WorkerFailed where a part of it has ended with an error."""
        codes = self.codes()
        if any(codes):
            self._fail()
        return all(code is None for code in codes)

    def codes(self) -> list[int | None]:
        """How each has ended; None where it runs, negative where a signal ended it."""
        return [process.poll() for process in self._processes]

    def stop(self) -> None:
        """SIGTERM to all, so that each takes its last snapshot; WorkerFailed where one does not end well."""
        for process in self._processes:
            process.terminate()
        self.finish()

    def finish(self) -> None:
        """Wait until all have ended; WorkerFailed where one does not end well, or not in time."""
        for process in self._processes:
            try:
                code = process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self._fail()
            if code:
                self._fail()

    def kill_one(self, number: int) -> None:
        """SIGKILL to one of them."""
        self._processes[number].kill()

    def kill(self) -> None:
        """SIGKILL to all: no snapshot, nothing said."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()

    def said(self) -> str:
        """The last that each has written."""
        texts = []
        for file in self._said:
            file.seek(0)
            texts.append(file.read()[-SHOWN:])
        return "\n".join(texts)

    def _fail(self) -> None:
        codes = self.codes()
        self.kill()
        raise WorkerFailed(
            f"worker processes ended with {codes}, expected 0 of each (None: not in time):\n{self.said()}"
        )
