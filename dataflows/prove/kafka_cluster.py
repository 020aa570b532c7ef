"""Real worker processes, started, stopped and killed together."""

import json
import sys
from collections.abc import Mapping
from typing import Final

from dataflows.brokers.ports import mesh_addresses
from dataflows.errors import WorkerFailed
from dataflows.prove.processes import Processes

ATTEMPTS: Final = 3


class Cluster(Processes):
    """Worker processes with the same settings, as one Bytewax cluster; gone at the end of the ``with`` block."""

    def __init__(self, settings: Mapping[str, object], workers: int, *, follow: bool) -> None:
        command = [sys.executable, "-m", "dataflows.prove.kafka_worker", json.dumps(settings)]
        command += ["follow"] if follow else []
        together = ",".join(mesh_addresses(workers))
        places = [[str(number), together] for number in range(workers)] if workers > 1 else [[]]
        super().__init__([[*command, *place] for place in places])


def run_to_the_ends(settings: Mapping[str, object], workers: int) -> None:
    """Run workers to the topics' ends; where the settings name a recovery store, it is there already.

    A cluster that breaks is started again, as a supervisor does: Bytewax may panic in a process when another has ended.

    Raises:
        WorkerFailed: it broke each time; the text has what its processes said.
    """
    for attempt in range(1, ATTEMPTS + 1):
        with Cluster(settings, workers, follow=False) as cluster:
            try:
                cluster.finish()
            except WorkerFailed:
                if attempt == ATTEMPTS:
                    raise
            else:
                return
