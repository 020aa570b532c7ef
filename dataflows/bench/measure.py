"""What one process used: a record that a measured process prints as its last line."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from dataflows.errors import BenchFailed


@dataclass(frozen=True)
class Usage:
    """Of one measured stretch: records in, wall and CPU seconds (all threads, user and system), peak memory."""

    candles: int
    evaluations: int
    wall_s: float
    cpu_s: float
    peak_memory_mb: float


class Stopwatch:
    """Wall and CPU time of this process from here on."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def usage(self, candles: int, evaluations: int = 0) -> Usage:
        """What was used since, for so much work."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return Usage(
            candles, evaluations, time.perf_counter() - self._wall, time.process_time() - self._cpu, round(peak, 1)
        )


def report(usage: Usage) -> None:
    """The last line of a measured process."""
    sys.stdout.write(json.dumps(asdict(usage)) + "\n")
    sys.stdout.flush()


def start(module: str, arguments: Sequence[str]) -> "subprocess.Popen[str]":
    """A measured process of its own, so that nothing else is on its account."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def finish(process: "subprocess.Popen[str]", seconds: float = 600.0) -> Usage:
    """Its usage, once it has ended (a following one ends when its standard input does); BenchFailed at an error."""
    output, _ = process.communicate(timeout=seconds)
    if process.returncode != 0 or not output.strip():
        raise BenchFailed(f"a measured process ended with code {process.returncode}: {output[-500:]!r}")
    return Usage(**json.loads(output.strip().splitlines()[-1]))
