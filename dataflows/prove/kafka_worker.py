"""A real worker process: ``python -m dataflows.prove.kafka_worker SETTINGS [follow] [PROCESS ADDRESSES]``.

SETTINGS is a JSON object of settings by field name. It runs to the topics' present ends, or, following, until SIGTERM.
"""

import json
import sys
from collections.abc import Sequence

from dataflows.live import Live
from dataflows.settings import load
from dataflows.stop import stop_on_signals
from dataflows.worker import run_worker


def main(arguments: Sequence[str]) -> None:
    """Run one worker."""
    given, *rest = arguments
    follow = rest[:1] == ["follow"]
    place = rest[1:] if follow else rest
    live = Live(load(**json.loads(given)), bounded=not follow)
    with stop_on_signals(live.stop):
        if place:
            run_worker(live, process=int(place[0]), addresses=place[1].split(","))
        else:
            run_worker(live)


if __name__ == "__main__":
    main(sys.argv[1:])
