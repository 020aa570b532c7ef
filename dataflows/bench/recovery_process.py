"""One worker that resumes: ``python -m dataflows.bench.recovery_process SERVERS PREFIX RECOVERY``.

It runs to the topics' ends and prints when, after its process was made, the first candle had been worked.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path

from dataflows.live import Live
from dataflows.settings import load
from dataflows.worker import run_worker

LOOK_SECONDS = 0.002


def main(servers: str, prefix: str, recovery: str) -> None:
    """Resume, work what is there, report."""
    live = Live(load(bootstrap_servers=servers, topic_prefix=prefix, recovery_dir=Path(recovery)), bounded=True)
    first: list[float] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(LOOK_SECONDS):
            if live.tally.candles:
                first.append(_age())
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    run_worker(live)
    ended.set()
    watcher.join()
    sys.stdout.write(json.dumps({"candles": live.tally.candles, "resume_s": first[0] if first else None}) + "\n")


def _age() -> float:
    """Seconds since this process was made, its interpreter's start included."""
    ticks = int(Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main(*sys.argv[1:4])
