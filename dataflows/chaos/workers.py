"""One life of a cluster of real workers, with what each of them reports."""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from dataflows.brokers.ports import mesh_addresses
from dataflows.chaos.faults import Trip
from dataflows.chaos.report import Reported, read_report
from dataflows.errors import WorkerFailed
from dataflows.prove.processes import Processes

ENTRY = "dataflows.chaos.worker_process"
PERMANENT = 3


class Workers(Processes):
    """Worker processes as one Bytewax cluster; gone at the end of the ``with`` block.

    Args:
        settings: of all of them, by field name.
        count: of processes.
        folder: a new one, for their reports.
        trip: where the ``victim`` kills itself.
        jumps: of the clocks of all of them.
        follow: until SIGTERM, else to the topics' present ends.
        entry: the module that is run.
    """

    def __init__(  # noqa: PLR0913  # as many as a life has circumstances
        self,
        settings: Mapping[str, object],
        count: int,
        *,
        folder: Path,
        trip: Trip | None,
        victim: int,
        jumps: Sequence[tuple[float, float]],
        follow: bool,
        entry: str,
    ) -> None:
        together = mesh_addresses(count) if count > 1 else []
        folder.mkdir(parents=True)
        self._reports = [folder / f"{number}.txt" for number in range(count)]
        self.began = time.monotonic()
        super().__init__(
            [
                [
                    *(sys.executable, "-m", entry),
                    json.dumps(
                        {
                            "settings": settings,
                            "report": str(report),
                            "follow": follow,
                            "trip": None if trip is None or number != victim else [trip.point, trip.passing],
                            "jumps": list(jumps),
                            "process": number,
                            "addresses": together,
                        }
                    ),
                ]
                for number, report in enumerate(self._reports)
            ]
        )

    def reports(self) -> list[Reported]:
        """What each has told so far."""
        return [read_report(path) for path in self._reports]

    def resumed(self) -> float | None:
        """Seconds from the start to the first candle worked by any, or, where none was, until all were ready."""
        told = self.reports()
        worked = [one.worked for one in told if one.worked is not None]
        ready = [one.ready for one in told if one.ready is not None]
        if worked:
            return min(worked) - self.began
        return max(ready) - self.began if len(ready) == len(told) else None

    def ended(self) -> bool:
        """Whether any has ended: the others cannot go on without it.

        Raises:
            WorkerFailed: it says that trying again would end alike.
        """
        codes = self.codes()
        if PERMANENT in codes:
            raise WorkerFailed(f"a worker ended for good:\n{self.said()}")
        return any(code is not None for code in codes)
