"""One worker under measurement: ``python -m dataflows.bench.engine_process SERVERS PREFIX RECOVERY [follow]``.

RECOVERY is a directory, or ``-`` for none: then nothing is saved.
"""

import sys
import threading
from pathlib import Path

from dataflows.bench.measure import Stopwatch, report
from dataflows.live import Live
from dataflows.settings import load
from dataflows.worker import run_worker


def main(servers: str, prefix: str, recovery: str, *, follow: bool) -> None:
    """Run one worker to the topics' ends (or until standard input ends), then report what it took."""
    folder = None if recovery == "-" else Path(recovery)
    live = Live(load(bootstrap_servers=servers, topic_prefix=prefix, recovery_dir=folder), bounded=not follow)
    if follow:
        threading.Thread(target=_stop_with_input, args=(live,), daemon=True).start()
    watch = Stopwatch()
    run_worker(live)
    report(watch.usage(live.tally.candles, live.tally.evaluations))


def _stop_with_input(live: Live) -> None:
    """The measuring process closes our standard input when it has seen enough."""
    sys.stdin.read(1)
    live.stop.set()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], follow="follow" in sys.argv[4:])
