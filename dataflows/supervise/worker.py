"""One worker of a supervised cluster: waits for the word, runs its flow, and tells how it ends."""

import os
import signal
import threading
import time
from typing import Final

from dataflows.errors import BrokerUnreachable, CandelabraError
from dataflows.health import logs
from dataflows.live import Live, microseconds
from dataflows.recovery.folder import partition_files
from dataflows.recovery.refusal import COLD, REBUILD, RESTORE, refusal
from dataflows.stop import StopFlag
from dataflows.supervise.figures import Figures, figures_of
from dataflows.supervise.orders import Orders
from dataflows.supervise.place import Place, own_settings
from dataflows.supervise.report import ENDED_WELL, FAILED, PERMANENT, Kind, Report
from dataflows.worker import MeshBroken, run_worker
from operators.tally import Tally

_REPORT_SECONDS: Final = 1.0
_LONGEST: Final = 2_000
"""Characters of a cause: a pipe takes a line of 4,096 bytes at once, and a longer one in pieces."""


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
    settings, tally, stop = own_settings(), Tally(stopwatch=microseconds), StopFlag()
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
        _run(Live(settings, place.once, tally, stop, cold=place.cold), place)
    except CandelabraError as error:
        reporter.tell(report_of(error))
        # Not by way of Python's own end: that waits for clients and threads which may have nothing to wait for.
        os._exit(PERMANENT if error.permanent else FAILED)
    reporter.tell(Report(Kind.DONE, reporter.figures()))
    return ENDED_WELL


def report_of(error: CandelabraError) -> Report:
    """What to tell of the error that a worker ends with.

    A broker that does not answer ends a worker only while it starts, before its first candle; afterwards it is waited
    for, and one that acknowledges nothing is another error.
    """
    return Report(
        Kind.FAILED,
        message=str(error)[:_LONGEST],
        permanent=error.permanent,
        consequence=isinstance(error, MeshBroken),
        unworked=isinstance(error, BrokerUnreachable),
    )


def _run(live: Live, place: Place) -> None:
    folder = live.settings.recovery_dir
    if folder is not None and not partition_files(folder):  # it was there when the run began: never silently anew
        raise refusal(folder, "its files have gone while the engine ran", RESTORE, REBUILD, COLD)
    run_worker(live, addresses=place.addresses, process=place.process, restarts=place.restarts)
