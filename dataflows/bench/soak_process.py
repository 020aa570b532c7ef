"""One worker that tells how it is: ``python -m dataflows.bench.soak_process SERVERS PREFIX RECOVERY``.

A line of JSON every two seconds while it runs to the topics' ends: what ``Sample`` holds.
"""

import json
import os
import sqlite3
import sys
import threading
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from dataflows.live import Live
from dataflows.settings import load
from dataflows.worker import run_worker

EVERY_SECONDS = 2.0
KILO = 1024


@dataclass(frozen=True)
class Sample:
    """A moment of a process: what was worked by then, and what it holds.

    Attributes:
        seconds: since the worker began.
        candles: worked.
        memory_mb: resident.
        files: open descriptors.
        threads: of the process, those of its libraries among them.
        snapshots_mb: the newest snapshot of every key together; 0 before the first.
        store_mb: files of the recovery store.
    """

    seconds: float
    candles: int
    memory_mb: float
    files: int
    threads: int
    snapshots_mb: float
    store_mb: float


def main(servers: str, prefix: str, recovery: str) -> None:
    """Run, and tell."""
    folder = Path(recovery)
    live = Live(load(bootstrap_servers=servers, topic_prefix=prefix, recovery_dir=folder), bounded=True)
    ended = threading.Event()
    began = time.perf_counter()

    def tell() -> None:
        while not ended.wait(EVERY_SECONDS):
            say(_sample(time.perf_counter() - began, live.tally.candles, folder))

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    run_worker(live)
    ended.set()
    teller.join()
    say(_sample(time.perf_counter() - began, live.tally.candles, folder))


def say(sample: Sample) -> None:
    """One line."""
    sys.stdout.write(json.dumps(asdict(sample)) + "\n")
    sys.stdout.flush()


def _sample(seconds: float, candles: int, folder: Path) -> Sample:
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
    files = list(folder.glob("part-*"))
    return Sample(
        seconds=round(seconds, 1),
        candles=candles,
        memory_mb=round(int(status["VmRSS"].split()[0]) / KILO, 1),
        files=len(os.listdir("/proc/self/fd")),  # noqa: PTH208  # a listing that is gone at once
        threads=int(status["Threads"]),
        snapshots_mb=round(sum(map(_snapshots, folder.glob("part-*.sqlite3"))) / 1e6, 2),
        store_mb=round(sum(file.stat().st_size for file in files if file.exists()) / 1e6, 1),
    )


def _snapshots(file: Path) -> int:
    """Bytes of the newest snapshot of each key; 0 while the store is being made."""
    newest = "SELECT ser_change, max(snap_epoch) FROM snaps GROUP BY step_id, state_key"
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as store:
            found = store.execute(f"SELECT sum(length(ser_change)) FROM ({newest})").fetchone()  # noqa: S608  # constants
    except sqlite3.OperationalError:
        return 0
    return int(found[0] or 0)


if __name__ == "__main__":
    main(*sys.argv[1:4])
