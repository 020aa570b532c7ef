"""One worker that tells how it is: ``python -m dataflows.bench.soak_process SERVERS PREFIX RECOVERY``.

A line of JSON every two seconds while it runs to the topics' ends: what ``Held`` holds.
"""

import json
import os
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from dataflows.live import Live
from dataflows.settings import load
from dataflows.worker import run_worker

EVERY_SECONDS = 2.0
KILO = 1024


@dataclass(frozen=True)
class Held:
    """A moment of a process: what was worked by then, and what it holds.

    Attributes:
        seconds: since the worker began.
        candles: worked.
        memory_mb: resident.
        files: open descriptors.
        threads: of the process, those of its libraries among them.
    """

    seconds: float
    candles: int
    memory_mb: float
    files: int
    threads: int


def main(servers: str, prefix: str, recovery: str) -> None:
    """Run, and tell."""
    live = Live(load(bootstrap_servers=servers, topic_prefix=prefix, recovery_dir=Path(recovery)), bounded=True)
    ended = threading.Event()
    began = time.perf_counter()

    def tell() -> None:
        while not ended.wait(EVERY_SECONDS):
            say(_held(time.perf_counter() - began, live.tally.candles))

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    run_worker(live)
    ended.set()
    teller.join()
    say(_held(time.perf_counter() - began, live.tally.candles))


def say(held: Held) -> None:
    """One line."""
    sys.stdout.write(json.dumps(asdict(held)) + "\n")
    sys.stdout.flush()


def _held(seconds: float, candles: int) -> Held:
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
    return Held(
        seconds=round(seconds, 1),
        candles=candles,
        memory_mb=round(int(status["VmRSS"].split()[0]) / KILO, 1),
        files=len(os.listdir("/proc/self/fd")),  # noqa: PTH208  # a listing that is gone at once
        threads=int(status["Threads"]),
    )


if __name__ == "__main__":
    main(*sys.argv[1:4])
