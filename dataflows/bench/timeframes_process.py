"""One worker under measurement: ``python -m dataflows.bench.timeframes_process SERVERS PREFIX RECOVERY MODE``.

``whole``: to the topics' ends. ``metered``: the same, with the time of each part. ``follow``: until standard input
ends.
"""

import json
import resource
import sys
import threading
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from dataflows.bench.measure import Stopwatch, Usage
from dataflows.bench.timeframes_meter import Meter, metered
from dataflows.live import Live
from dataflows.settings import load
from dataflows.worker import run_worker


@dataclass(frozen=True)
class Outcome:
    """What a worker reports of itself.

    Attributes:
        usage: from its start to its end.
        start_mb: resident memory before the flow was built.
        resident_mb: resident memory in the end, while the flow still ran.
        parts: microseconds of the worker's thread by part, in a metered run.
        calls: how often each part was called.
        thread_us: microseconds of the worker's thread in all.
        meter_us: what the meter took beside, in microseconds.
    """

    usage: Usage
    start_mb: float
    resident_mb: float
    parts: dict[str, float] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    thread_us: float = 0.0
    meter_us: float = 0.0


def outcome_of(line: str) -> Outcome:
    """What ``main`` printed."""
    fields = json.loads(line)
    return Outcome(**{**fields, "usage": Usage(**fields["usage"])})


def resident_mb() -> float:
    """Resident memory of this process in MB (2**20 bytes); its peak, where the system does not say more."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(statm.read_text().split()[1]) * resource.getpagesize() / 2**20


def main(servers: str, prefix: str, recovery: str, mode: str) -> None:
    """Run one worker, then report."""
    settings = load(bootstrap_servers=servers, topic_prefix=prefix, recovery_dir=Path(recovery))
    live = Live(settings, bounded=mode != "follow")
    start_mb, seen_mb = resident_mb(), list[float]()
    if mode == "follow":
        threading.Thread(target=_stop_with_input, args=(live, seen_mb), daemon=True).start()
    meter = Meter() if mode == "metered" else None
    watch = Stopwatch()
    with metered(meter) if meter is not None else nullcontext():
        run_worker(live)
    usage = watch.usage(live.tally.candles, live.tally.evaluations)
    outcome = Outcome(usage, round(start_mb, 1), round(seen_mb[0] if seen_mb else resident_mb(), 1))
    if meter is not None:
        parts = {part: taken / 1000 for part, taken in meter.taken.items()}
        outcome = replace(
            outcome,
            parts=parts,
            calls=dict(meter.calls),
            thread_us=meter.span / 1000,
            meter_us=meter.own / 1000,
        )
    sys.stdout.write(json.dumps(asdict(outcome)) + "\n")
    sys.stdout.flush()


def _stop_with_input(live: Live, seen_mb: list[float]) -> None:
    """The measuring process closes our standard input when it has seen enough."""
    sys.stdin.read(1)
    seen_mb.append(resident_mb())
    live.stop.set()


if __name__ == "__main__":
    main(*sys.argv[1:5])
