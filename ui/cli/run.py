"""`candelabra run`: workers."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.printing import JsonFlag, counted, err, per_second, print_json

if TYPE_CHECKING:
    from dataflows.recovery.store import Prepared
    from dataflows.settings import Settings
    from dataflows.start import Start
    from dataflows.supervise.figures import Figures

REPORT_SECONDS = 10.0


def run(
    workers: Annotated[int, typer.Option(help="Worker processes.", min=1, max=256)] = 1,
    recovery: Annotated[Path | None, typer.Option(help="Directory of the recovery store; made if missing.")] = None,
    once: Annotated[
        bool, typer.Option("--once", help="End when all is worked; beside a feed, when each partition is caught up.")
    ] = False,
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

    start = _start(rebuild=rebuild, cold=cold)
    settings = load(recovery_dir=recovery, startup_wait_seconds=wait)
    _say_begin(settings, workers)
    from dataflows.supervise.supervise import Run

    def insisted(_number: int) -> None:
        said = f"ended at once by a second signal: nothing is lost, {_next_run(settings)}"
        err.print(said, style="yellow")
        if as_json:
            print_json({"error": said})

    watched = Run(
        settings,
        workers,
        once=once,
        cold=cold,
        prepare=lambda: _prepared(settings, workers, start),
        say=_say,
        show=_Progress().show,
        insisted=insisted,
    )
    ended = watched.to_the_end()
    _tell({**ended.figures.counts(), "restarts": ended.restarts}, as_json=as_json)


def _next_run(settings: "Settings") -> str:
    """What comes of what was not finished."""
    if settings.recovery_dir is None:
        return "without a recovery store the next run begins at the oldest candle, and writes only what is missing"
    return "the next run goes on from the last snapshot"


def _say_begin(settings: "Settings", workers: int) -> None:
    """Said at once: what follows takes seconds, most of them until the engine is loaded."""
    who = counted(workers, "worker")
    where = settings.recovery_dir
    store = "without a recovery store" if where is None else f"with the recovery store {where}"
    _say(f"starting {who} on {settings.bootstrap_servers} {store}")


def _start(*, rebuild: bool, cold: bool) -> "Start":
    from dataflows.start import Start

    if rebuild and cold:
        raise typer.BadParameter("--rebuild and --cold exclude each other: one promises what was, the other does not")
    if rebuild:
        return Start.REBUILD
    return Start.COLD if cold else Start.RESUME


@contextmanager
def _prepared(settings: "Settings", workers: int, start: "Start") -> "Iterator[Prepared]":
    """The recovery store, locked, as soon as the topics are there.

    Topics that are not as designed are said, and the workers run: what they cannot run with they refuse themselves.
    """
    from dataflows.kafka import topic_layout
    from dataflows.recovery.store import prepare
    from schemas.topics import PLACEMENTS

    report = topic_layout.check(settings)
    placements = PLACEMENTS.prefixed(settings.topic_prefix)
    if placements in report.missing:
        said = f"the topic {placements} is missing and is made anew: what it said of earlier runs, if any, is lost"
        err.print(said, style="yellow")
    for difference in report.differences:
        err.print(f"{difference}: {difference.meaning}", style="yellow")
    with prepare(settings, workers, start) as prepared:
        yield prepared


def _say(what: str) -> None:
    err.print(what, style="dim", markup=False, highlight=False, soft_wrap=True)


def _tell(counts: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(counts)
    else:
        signals, restarts = counted(sum(counts["signals"].values()), "signal"), counts["restarts"]
        again = f", started again {counted(restarts, 'time')}" if restarts else ""
        err.print(
            f"ended: {counted(counts['candles'], 'candle')}, {counted(counts['evaluations'], 'evaluation')}, "
            f"{signals}, {counted(counts['dead_letters'], 'dead letter')}{again}"
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
            f"{counted(figures.candles, 'candle')} ({rate}), {counted(figures.evaluations, 'evaluation')}, "
            f"{counted(sum(figures.signals.values()), 'signal')}, lag {figures.lag:,}, "
            f"{counted(figures.dead_letters, 'dead letter')}"
        )
        self._before, self._then = figures.candles, now
