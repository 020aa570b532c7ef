"""`candelabra run`: workers."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.printing import JsonFlag, err, per_second, print_json
from ui.cli.reach import reachable

if TYPE_CHECKING:
    from dataflows.live import Live
    from dataflows.settings import Settings

REPORT_SECONDS = 10.0
LOOK_SECONDS = 1.0


def run(
    workers: Annotated[int, typer.Option(help="Worker processes.", min=1, max=256)] = 1,
    recovery: Annotated[Path | None, typer.Option(help="Directory of the recovery store; made if missing.")] = None,
    once: Annotated[bool, typer.Option("--once", help="End where the topics end now.")] = False,
    as_json: JsonFlag = False,
    process: Annotated[int, typer.Option(hidden=True)] = 0,
    addresses: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Run workers: candles and commands in, signals out, until SIGTERM or Ctrl-C.

    Without --recovery (or CANDELABRA_RECOVERY_DIR) every start begins at the oldest candle; what is on the output
    topics already is not written again.

    Example: candelabra run --workers 2 --recovery recovery
    """
    settings = reachable(recovery_dir=recovery)
    if workers > 1:
        from dataflows.worker import recovery_config
        from ui.cli.cluster import run_cluster

        recovery_config(settings)  # made once, before the workers look for it
        _check_store(settings.recovery_dir, workers)
        code, counts = run_cluster(workers, settings.recovery_dir, once=once)
        _tell(counts, as_json=as_json)
        raise typer.Exit(code)
    from dataflows.live import Live
    from dataflows.stop import stop_on_signals
    from dataflows.worker import run_worker

    _warn_of_topics(settings)
    live = Live(settings, bounded=once)
    mesh = [one for one in addresses.split(",") if one]
    started = time.perf_counter()
    with stop_on_signals(live.stop), ExitStack() as stack:
        stack.callback(live.stop.set)
        for watch in (_report, *([_end_with_parent] if mesh else [])):
            threading.Thread(target=watch, args=(live,), daemon=True).start()
        err.print(f"worker {process} runs on {settings.bootstrap_servers}", style="dim")
        with _broken_mesh(process):
            run_worker(live, addresses=mesh, process=process)
    tally = live.tally
    counts = {
        "candles": tally.candles,
        "evaluations": tally.evaluations,
        "signals": tally.signals,
        "dead_letters": tally.dead_letters,
        "seconds": round(time.perf_counter() - started, 3),
    }
    _tell(counts, as_json=as_json)


def _warn_of_topics(settings: "Settings") -> None:
    """Topics that are not as designed are said, and the worker runs: missing ones that it needs it refuses itself."""
    from dataflows.kafka import topic_layout

    for difference in topic_layout.check(settings).differences:
        err.print(f"{difference}: as it is, keys and symbols may have moved between partitions", style="yellow")


def _check_store(folder: Path | None, workers: int) -> None:
    """Bytewax 0.21 panics where more workers than the store has partitions resume from it."""
    from dataflows.errors import CommandRefused

    if folder is None:
        return
    parts = len(list(folder.glob("part-*.sqlite3")))
    if workers > parts:
        raise CommandRefused(
            f"--workers {workers}: the recovery store {folder} has {parts} partitions, which is the most workers that "
            "can share it, for ever: run fewer, or set CANDELABRA_PARTITIONS before the store and the topics are made"
        )


def _tell(counts: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(counts)
    elif counts:
        signals = sum(counts["signals"].values())
        err.print(f"ended: {counts['candles']:,} candles, {counts['evaluations']:,} evaluations, {signals:,} signals")


def _report(live: "Live") -> None:
    """A line every ten seconds in which something happened."""
    before, then = 0, time.perf_counter()
    while not live.stop.wait(REPORT_SECONDS):
        tally, now = live.tally, time.perf_counter()
        if tally.candles != before:
            err.print(
                f"{tally.candles:,} candles ({per_second(tally.candles - before, now - then)}), "
                f"{tally.evaluations:,} evaluations, {sum(tally.signals.copy().values()):,} signals, "
                f"lag {sum(tally.lag.copy().values()):,}, {tally.dead_letters:,} dead letters",
                style="dim",
            )
        before, then = tally.candles, now


def _end_with_parent(live: "Live") -> None:
    """A worker of a cluster ends when the process that started it is gone, even by SIGKILL."""
    parent = os.getppid()
    while not live.stop.wait(LOOK_SECONDS):
        if os.getppid() != parent:
            live.stop.set()


@contextmanager
def _broken_mesh(process: int) -> Iterator[None]:
    """When one process of a cluster ends, Bytewax panics in the others: say so in place of its traceback."""
    from dataflows.errors import WorkerFailed

    try:
        yield
    except BaseException as panic:
        if type(panic).__name__ != "PanicException":  # pyo3 makes it, and gives no module to import it from
            raise
        raise WorkerFailed(
            f"worker {process} lost its connection to another process of the cluster, which ended: {panic}"
        ) from None
