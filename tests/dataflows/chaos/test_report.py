"""What a worker tells of itself is there when it is dead."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from dataflows.chaos.faults import Point, Trip
from dataflows.chaos.report import JUMPED, READY, WORKED, Report, Reported, read_report
from dataflows.chaos.tripwire import Tripwire

VICTIM = """
import sys
from pathlib import Path
from dataflows.chaos.faults import Point, Trip
from dataflows.chaos.report import Report
from dataflows.chaos.tripwire import Tripwire

tripwire = Tripwire(Trip(Point.WRITTEN, 3), Report(Path(sys.argv[1])))
tripwire.passes(Point.SNAPSHOT)
for _ in range(10):
    tripwire.passes(Point.BUILD)
    print("passed", flush=True)
    tripwire.passes(Point.WRITTEN)
"""


def test_nothing_was_told_where_there_is_no_report(tmp_path: Path) -> None:
    assert read_report(tmp_path / "none") == Reported()


def test_what_is_told_is_read_and_of_the_rest_the_first(tmp_path: Path) -> None:
    report = Report(tmp_path / "report")
    report.once(READY)
    report.once(WORKED)
    before = read_report(tmp_path / "report")
    report.once(WORKED)
    report.tell(JUMPED, 3_600.0)
    report.tell(JUMPED, -7_200.0)
    after = read_report(tmp_path / "report")
    assert before.ready is not None
    assert before.worked is not None
    assert before.ready <= before.worked
    assert (after.ready, after.worked, after.tripped, after.jumps) == (
        before.ready,
        before.worked,
        None,
        (3_600, -7_200),
    )


def test_a_worker_dies_where_it_was_told_to_and_has_said_so(tmp_path: Path) -> None:
    path = tmp_path / "report"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", VICTIM, str(path)], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == -signal.SIGKILL
    assert done.stdout.split() == ["passed"] * 3
    assert read_report(path).tripped == (Point.WRITTEN, 1)


def test_without_a_trip_nobody_dies(tmp_path: Path) -> None:
    tripwire = Tripwire(None, Report(tmp_path / "report"))
    for point in Point:
        tripwire.passes(point)
    other = Tripwire(Trip(Point.BUILD, 2), tripwire.report)
    other.passes(Point.BUILD)
    assert read_report(tmp_path / "report") == Reported()
