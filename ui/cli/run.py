"""`candelabra run`: workers."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.printing import JsonFlag, err, per_second, print_json

if TYPE_CHECKING:
    from dataflows.recovery.store import Prepared
    from dataflows.settings import Settings
    from dataflows.start import Start
    from dataflows.supervise.figures import Figures

REPORT_SECONDS = 10.0


def run(
    workers: Annotated[int, typer.Option(help="Worker processes.", min=1, max=256)] = 1,
    recovery: Annotated[Path | None, typer.Option(help="Directory of the recovery store; made if missing.")] = None,
    once: Annotated[bool, typer.Option("--once", help="End where the topics end now.")] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Set the store aside, and make its like from the first candle.")
    ] = False,
    cold: Annotated[
        bool, typer.Option("--cold", help="Set the store aside, and begin at the oldest candle with what is set now.")
    ] = False,
    wait: Annotated[
        float | None, typer.Option(help="Seconds to wait for a broker and topics that are not there yet.", min=0)
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Run workers: candles and commands in, signals out, until SIGTERM or Ctrl-C.

    The workers are processes that are looked after: when one dies they are all started again, where the recovery store
    has come to. SIGTERM and Ctrl-C drain: the workers take a last snapshot and end. A second one ends them at once.

    Without --recovery (or CANDELABRA_RECOVERY_DIR) every start begins at the oldest candle; what is on the output
    topics already is not written again.

    Example: candelabra run --workers 2 --recovery recovery
    """
    from dataflows.settings import load

    settings = load(recovery_dir=recovery, startup_wait_seconds=wait)
    start = _start(rebuild=rebuild, cold=cold)
    if once and workers == 1:
        _tell(_here(settings, start), as_json=as_json)
        return
    from dataflows.supervise.supervise import Run

    def insisted(_number: int) -> None:
        said = "ended at once by a second signal: nothing is lost, the next run goes on from the last snapshot"
        err.print(said, style="yellow")
        if as_json:
            print_json({"error": said})

    watched = Run(
        settings,
        workers,
        once=once,
        prepare=lambda: _prepared(settings, workers, start),
        say=_say,
        show=_Progress().show,
        insisted=insisted,
    )
    ended = watched.to_the_end()
    _tell({**ended.figures.counts(), "restarts": ended.restarts}, as_json=as_json)


def _start(*, rebuild: bool, cold: bool) -> "Start":
    from dataflows.start import Start

    if rebuild and cold:
        raise typer.BadParameter("--rebuild and --cold exclude each other: one promises what was, the other does not")
    if rebuild:
        return Start.REBUILD
    return Start.COLD if cold else Start.RESUME


def _here(settings: "Settings", start: "Start") -> dict[str, Any]:
    """One worker, to the topics' ends, in this process."""
    from dataflows.stop import StopFlag, stop_on_signals
    from dataflows.supervise.figures import Figures, figures_of
    from dataflows.supervise.start_up import wait_until_there

    stop, counted = StopFlag(), Figures()
    with stop_on_signals(stop):
        if wait_until_there(settings, _say, lambda: stop.is_set):
            with _prepared(settings, 1, start) as prepared:
                for note in prepared.notes:
                    _say(note)
                from dataflows.live import Live
                from dataflows.worker import run_worker

                live = Live(settings, bounded=True, stop=stop)
                _say(f"1 worker runs on {settings.bootstrap_servers}")
                began, over = time.perf_counter(), threading.Event()

                def report() -> None:
                    progress = _Progress()
                    while not over.wait(1.0):
                        progress.show(figures_of(live.tally, time.perf_counter() - began))

                threading.Thread(target=report, daemon=True).start()
                try:
                    run_worker(live)
                finally:
                    over.set()
                counted = figures_of(live.tally, time.perf_counter() - began)
    return {**counted.counts(), "restarts": 0}


@contextmanager
def _prepared(settings: "Settings", workers: int, start: "Start") -> "Iterator[Prepared]":
    """The recovery store, locked, as soon as the topics are there.

    Topics that are not as designed are said, and the workers run: what they cannot run with they refuse themselves.
    """
    from dataflows.kafka import topic_layout
    from dataflows.recovery.store import prepare

    for difference in topic_layout.check(settings).differences:
        err.print(f"{difference}: as it is, keys and symbols may have moved between partitions", style="yellow")
    with prepare(settings, workers, start) as prepared:
        yield prepared


def _say(what: str) -> None:
    err.print(what, style="dim", markup=False, highlight=False, soft_wrap=True)


def _tell(counts: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(counts)
    else:
        signals, restarts = sum(counts["signals"].values()), counts["restarts"]
        again = f", started again {restarts} times" if restarts else ""
        err.print(
            f"ended: {counts['candles']:,} candles, {counts['evaluations']:,} evaluations, {signals:,} signals{again}"
        )


class _Progress:
    """A line every ten seconds in which something happened."""

    def __init__(self) -> None:
        self._before = 0
        self._then: float | None = None

    def show(self, figures: "Figures") -> None:
        now = time.perf_counter()
        if self._then is None:
            self._before, self._then = figures.candles, now
        if now - self._then < REPORT_SECONDS or figures.candles == self._before:
            return
        rate = per_second(max(0, figures.candles - self._before), now - self._then)
        _say(
            f"{figures.candles:,} candles ({rate}), {figures.evaluations:,} evaluations, "
            f"{sum(figures.signals.values()):,} signals, lag {figures.lag:,}, {figures.dead_letters:,} dead letters"
        )
        self._before, self._then = figures.candles, now
