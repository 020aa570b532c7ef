"""Real worker processes, started, stopped and killed together."""

import json
import sys
from collections.abc import Mapping

from dataflows.prove.processes import Processes, addresses


class Cluster(Processes):
    """Worker processes with the same settings, as one Bytewax cluster; gone at the end of the ``with`` block."""

    def __init__(self, settings: Mapping[str, object], workers: int, *, follow: bool) -> None:
        command = [sys.executable, "-m", "dataflows.prove.kafka_worker", json.dumps(settings)]
        command += ["follow"] if follow else []
        together = ",".join(addresses(workers))
        places = [[str(number), together] for number in range(workers)] if workers > 1 else [[]]
        super().__init__([[*command, *place] for place in places])
