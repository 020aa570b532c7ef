"""A worker that kills itself where it was told to."""

import os
import signal

from dataflows.chaos.faults import Point, Trip
from dataflows.chaos.report import TRIPPED, Report


class Tripwire:
    """Counts how often a process passes a point, and kills it the time that was asked for."""

    def __init__(self, trip: Trip | None, report: Report) -> None:
        self._trip = trip
        self._left = 0 if trip is None else trip.passing
        self._snapshots = 0
        self.report = report

    def passes(self, point: Point) -> None:
        """Called at the point. May not return."""
        if self._trip is not None and self._trip.point is point:
            self._left -= 1
            if self._left == 0:
                self.report.once(TRIPPED, point, self._snapshots)
                os.kill(os.getpid(), signal.SIGKILL)
        if point is Point.SNAPSHOT:
            self._snapshots += 1
