"""A real worker process with tripwires: ``python -m dataflows.chaos.worker_process ORDERS``, a JSON object.

Its names: ``settings`` by field name; ``report``, the file to report in; ``follow``, whether to run until SIGTERM or to
the topics' present ends; ``trip`` (point and passing) or null; ``jumps`` of the clock (seconds of life, offset); for
one of several, ``process`` and ``addresses``. Exit code 3 says that trying again would end alike.
"""

import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from dataflows.chaos.faults import Point, Trip
from dataflows.chaos.report import Report
from dataflows.chaos.tripwire import Tripwire
from dataflows.chaos.wires import Wired
from dataflows.errors import CandelabraError
from dataflows.live import Live
from dataflows.prove.moved_clock import MovedClock
from dataflows.settings import load
from dataflows.stop import stop_on_signals
from dataflows.worker import run_worker

FAILED = 1
PERMANENT = 3


def main(arguments: Sequence[str]) -> int:
    """Run one worker; its exit code."""
    orders = json.loads(arguments[0])
    trip = None if orders["trip"] is None else Trip(Point(orders["trip"][0]), orders["trip"][1])
    live = Live(load(**orders["settings"]), bounded=not orders["follow"])
    with ExitStack() as stack:
        clock = stack.enter_context(MovedClock(wall_only=True))
        Wired(Tripwire(trip, Report(Path(orders["report"]))), clock, orders["jumps"]).lay(stack)
        stack.enter_context(stop_on_signals(live.stop))
        try:
            run_worker(live, process=orders["process"], addresses=orders["addresses"])
        except CandelabraError as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201  # for whoever started it
            return PERMANENT if error.permanent else FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
