"""One worker of a supervised cluster: waits for the word, runs its flow, and tells how it ends."""

import logging
import os
import signal
import threading
import time
from dataclasses import dataclass, field
from typing import Final

from bytewax.dataflow import Dataflow

from dataflows.errors import CandelabraError, WorkerFailed
from dataflows.health import logs
from dataflows.health.worker import WorkerHealth
from dataflows.live import Live
from dataflows.recovery.folder import partition_files
from dataflows.recovery.refusal import COLD, REBUILD, RESTORE, refusal
from dataflows.stop import StopFlag
from dataflows.supervise.figures import Figures, figures_of
from dataflows.supervise.first_error import FirstError
from dataflows.supervise.orders import Orders
from dataflows.supervise.place import Place, own_settings
from dataflows.supervise.report import ENDED_WELL, FAILED, PERMANENT, Kind, Report
from dataflows.worker import explained, run_worker
from operators.tally import Tally

_REPORT_SECONDS: Final = 1.0
_LONGEST: Final = 2_000
"""Characters of a cause: a pipe takes a line of 4,096 bytes at once, and a longer one in pieces."""
_PANIC: Final = "PanicException"
"""What Rust's panics are in Python: pyo3 makes it, and gives no module to import it from."""

logger = logging.getLogger(__name__)


class MeshBroken(WorkerFailed):
    """Another worker of the cluster is gone: it has the cause."""


@dataclass(frozen=True)
class WatchedLive(Live):
    """A live flow that notes what it fails with."""

    first: FirstError = field(default_factory=FirstError)

    def flow(self) -> Dataflow:
        """As ``Live`` builds it, looked at."""
        return self.first.watch(super().flow())


class Reporter:
    """Writes to the supervisor. Nobody reads where that one is gone, and then this process is about to end too."""

    def __init__(self, file: int, tally: Tally) -> None:
        self._file = file
        self._tally = tally
        self._begun = time.perf_counter()
        self._last = Figures()

    def tell(self, report: Report) -> None:
        """One report, whole: a pipe takes a short line at once."""
        os.write(self._file, report.line())

    def figures(self) -> Figures:
        """What the worker has counted by now."""
        return figures_of(self._tally, time.perf_counter() - self._begun)

    def begin(self) -> None:
        """From now on report figures that have changed, once a second."""
        self._begun = time.perf_counter()
        threading.Thread(target=self._keep_telling, name="figures", daemon=True).start()

    def _keep_telling(self) -> None:
        while True:
            time.sleep(_REPORT_SECONDS)
            figures = self.figures()
            if (figures.candles, figures.lag) != (self._last.candles, self._last.lag):
                self._last = figures
                self.tell(Report(Kind.FIGURES, figures))


def work(place: Place) -> int:
    """Run the worker of this place to its end; the exit code. After a failure the process is ended here."""
    settings, tally, stop = own_settings(), Tally(), StopFlag()
    reporter = Reporter(place.report, tally)

    def asked(_number: int, _frame: object) -> None:
        stop.set()
        reporter.tell(Report(Kind.ASKED))

    signal.signal(signal.SIGTERM, asked)
    orders = Orders(stop.set)
    reporter.tell(Report(Kind.READY))
    orders.wait_to_go()
    logs.set_up(settings, place.process if place.addresses else None)
    reporter.begin()
    try:
        with WorkerHealth(
            settings, tally, stop, process=place.process, cluster=len(place.addresses) or 1, restarts=place.restarts
        ) as health:
            _run(WatchedLive(settings, place.once, tally, stop, meter=health.meter), place)
    except CandelabraError as error:
        consequence = isinstance(error, MeshBroken)
        told = str(error)[:_LONGEST]
        reporter.tell(Report(Kind.FAILED, None, told, permanent=error.permanent, consequence=consequence))
        # Not by way of Python's own end: that waits for clients and threads which may have nothing to wait for.
        os._exit(PERMANENT if error.permanent else FAILED)
    reporter.tell(Report(Kind.DONE, reporter.figures()))
    return ENDED_WELL


def _run(live: WatchedLive, place: Place) -> None:
    """The flow to its end. CandelabraError: what it ended with, and not the panic that this became in Bytewax."""
    folder = live.settings.recovery_dir
    if folder is not None and not partition_files(folder):  # it was there when the run began: never silently anew
        raise refusal(folder, "its files have gone while the engine ran", RESTORE, REBUILD, COLD)
    try:
        run_worker(live, addresses=place.addresses, process=place.process)
    except BaseException as error:  # a panic is no Exception, and whatever it is has to be told
        raise _told(error, live) from error


def _told(error: BaseException, live: WatchedLive) -> CandelabraError:
    if isinstance(error, CandelabraError) and not isinstance(error, WorkerFailed):
        return error
    raised = live.first.error or error
    told = explained(raised, live.settings)
    if told is not None and not isinstance(told, WorkerFailed):
        return told
    if type(raised).__name__ == _PANIC:
        return MeshBroken(f"lost its connection to another worker of the cluster ({raised})")
    logger.error("the flow ended with an error that nobody explains", exc_info=raised)
    return WorkerFailed(f"the flow ended with an error: {raised!r}")
