"""`candelabra run`: workers."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.printing import JsonFlag, err, per_second, print_json

if TYPE_CHECKING:
    from dataflows.live import Live

REPORT_SECONDS = 10.0


def run(
    workers: Annotated[int, typer.Option(help="Worker processes.", min=1, max=256)] = 1,
    recovery: Annotated[Path | None, typer.Option(help="Directory of the recovery store; made if missing.")] = None,
    once: Annotated[bool, typer.Option("--once", help="End where the topics end now.")] = False,
    as_json: JsonFlag = False,
    process: Annotated[int, typer.Option(hidden=True)] = 0,
    addresses: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Run workers: candles and commands in, signals out, until SIGTERM or Ctrl-C.

    Example: candelabra run --workers 2 --recovery recovery
    """
    if workers > 1:
        raise typer.Exit(_cluster(workers, recovery, once=once))
    from dataflows.live import Live
    from dataflows.settings import load
    from dataflows.stop import stop_on_signals
    from dataflows.worker import run_worker

    live = Live(load(recovery_dir=recovery), bounded=once)
    started = time.perf_counter()
    with stop_on_signals(live.stop), ExitStack() as stack:
        reporter = threading.Thread(target=_report, args=(live,), daemon=True)
        stack.callback(live.stop.set)
        reporter.start()
        err.print(f"worker {process} runs on {live.settings.bootstrap_servers}", style="dim")
        run_worker(live, addresses=[one for one in addresses.split(",") if one], process=process)
    tally = live.tally
    seconds = time.perf_counter() - started
    if as_json:
        print_json(
            {
                "candles": tally.candles,
                "evaluations": tally.evaluations,
                "signals": tally.signals,
                "dead_letters": tally.dead_letters,
                "seconds": round(seconds, 3),
            }
        )
    else:
        err.print(
            f"ended: {tally.candles:,} candles, {tally.evaluations:,} evaluations, {sum(tally.signals.values()):,} signals"
        )


def _report(live: "Live") -> None:
    """A line every ten seconds in which something happened."""
    before, then = 0, time.perf_counter()
    while not live.stop.wait(REPORT_SECONDS):
        tally, now = live.tally, time.perf_counter()
        if tally.candles != before:
            err.print(
                f"{tally.candles:,} candles ({per_second(tally.candles - before, now - then)}), "
                f"{tally.evaluations:,} evaluations, {sum(tally.signals.values()):,} signals, "
                f"{tally.dead_letters:,} dead letters",
                style="dim",
            )
        before, then = tally.candles, now


def _cluster(workers: int, recovery: Path | None, *, once: bool) -> int:
    """One process for each worker, ended together; 0 only if all ended well."""
    addresses = ",".join(f"127.0.0.1:{port}" for port in _free_ports(workers))
    command = [sys.executable, "-c", "from ui.cli.main import main; main()", "run", "--addresses", addresses]
    command += ["--recovery", str(recovery)] if recovery else []
    command += ["--once"] if once else []
    if recovery is not None:
        from dataflows.settings import load
        from dataflows.worker import recovery_config

        recovery_config(load(recovery_dir=recovery))  # made once, before the workers look for it
    children = [subprocess.Popen([*command, "--process", str(number)], env=os.environ) for number in range(workers)]

    def forward(number: int, _frame: object) -> None:
        for child in children:
            child.send_signal(number)

    signal.signal(signal.SIGTERM, forward)
    signal.signal(signal.SIGINT, forward)
    while any(child.poll() is None for child in children):
        failed = next((child for child in children if child.poll() not in {None, 0}), None)
        if failed is not None:
            for child in children:
                child.terminate()
            break
        time.sleep(0.1)
    return max(1 if child.wait() else 0 for child in children)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports
