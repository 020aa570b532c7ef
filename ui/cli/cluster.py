"""Several workers as one: a process each, ended together."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import IO, Any

LOOPBACK = "127.0.0.1"
LOOK_SECONDS = 0.1
END_SECONDS = 5.0
"""A cluster that has lost a process takes no more snapshots, so there is little to wait for."""


def run_cluster(workers: int, recovery: Path | None, *, once: bool) -> tuple[int, dict[str, Any]]:
    """Exit code (0 only if all ended well) and the sum of what the workers counted.

    SIGTERM and SIGINT are handed on, so that every worker takes its last snapshot. When one fails the others are ended:
    a Bytewax cluster cannot go on without one, and resumes from its recovery store as a whole.
    """
    addresses = ",".join(f"{LOOPBACK}:{port}" for port in _free_ports(workers))
    command = [sys.executable, "-c", "from ui.cli.main import main; main()", "run", "--json", "--addresses", addresses]
    command += ["--recovery", str(recovery)] if recovery else []
    command += ["--once"] if once else []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    # A process group of their own: else Ctrl-C would reach them twice, and the second ends a worker abruptly.
    # Files, not pipes: nobody reads until all have ended, and a full pipe would keep a worker from ending.
    outputs = [tempfile.TemporaryFile("w+") for _ in range(workers)]  # noqa: SIM115  # closed below, with the workers
    children = [
        subprocess.Popen(
            [*command, "--process", str(number)], env=environment, stdout=output, text=True, process_group=0
        )
        for number, output in enumerate(outputs)
    ]

    def forward(number: int, _frame: object) -> None:
        for child in children:
            child.send_signal(number)

    previous = {number: signal.signal(number, forward) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        _wait(children)
        reports = [_whole(output) for output in outputs]
        return max(1 if child.returncode else 0 for child in children), _sum(reports)
    finally:
        for child, output in zip(children, outputs, strict=True):
            child.kill()
            output.close()
        for number, handler in previous.items():
            signal.signal(number, handler)


def _whole(output: IO[str]) -> str:
    output.seek(0)
    return output.read()


def _wait(children: "list[subprocess.Popen[str]]") -> None:
    """Until all have ended; what one failure leaves behind is given five seconds."""
    deadline: float | None = None
    while any(child.poll() is None for child in children):
        if deadline is None and any(child.poll() for child in children):
            deadline = time.monotonic() + END_SECONDS
            for child in children:
                child.terminate()
        if deadline is not None and time.monotonic() > deadline:
            for child in children:
                child.kill()
        time.sleep(LOOK_SECONDS)


def _sum(reports: list[str]) -> dict[str, Any]:
    """The workers' last lines as one; a worker that failed has counted nothing.

    >>> _sum(['{"candles": 2, "signals": {"a": 1}}', '{"candles": 3, "signals": {"a": 1, "b": 4}}'])
    {'candles': 5, 'signals': {'a': 2, 'b': 4}}
    """
    total: dict[str, Any] = {}
    for report in reports:
        lines = [line for line in report.splitlines() if line.startswith("{")]  # Bytewax may print there too
        for name, count in json.loads(lines[-1] if lines else "{}").items():
            if isinstance(count, dict):
                total[name] = dict(Counter(total.get(name, {})) + Counter(count))
            elif name == "seconds":
                total[name] = max(total.get(name, 0.0), count)
            elif name != "error":
                total[name] = total.get(name, 0) + count
    return total


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind((LOOPBACK, 0))
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports
