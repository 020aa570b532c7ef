"""`candelabra demo`: everything at once on this machine, with nothing to set up."""

import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from ui.cli.feed import parse_speed
from ui.cli.printing import JsonFlag, counted, err, out, print_json
from ui.cli.reach import reachable

if TYPE_CHECKING:
    from dataflows.demo import Demo
    from operators.tally import Tally

CANDLES_BEFORE = "2001-06-01"
"""The past that is there when the demo opens; from here on the candles come at a pace that one can watch."""

END_SECONDS = 5.0


def demo(
    once: Annotated[bool, typer.Option("--once", help="As fast as it goes; print a summary and exit.")] = False,
    speed: Annotated[str, typer.Option(help="max, or market time over real time.")] = "400000x",
    port: Annotated[
        int | None, typer.Option(help="The dashboard's port; default: CANDELABRA_DASHBOARD_PORT, or a free one.")
    ] = None,
    no_dashboard: Annotated[bool, typer.Option("--no-dashboard", help="Only the table.")] = False,
    bootstrap_servers: Annotated[str | None, typer.Option(help="Use this broker in place of the embedded one.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Watch three strategies turn real candles into signals: embedded broker, worker and dashboard.

    The candles are daily bars of five US stocks, 2000 to 2013, from the package bokeh-sampledata. The embedded broker
    keeps everything in memory and is for demonstrations only.

    Example: candelabra demo --once
    """
    pace = parse_speed(speed)
    with ExitStack() as stack:
        if bootstrap_servers is not None:
            reachable(bootstrap_servers=bootstrap_servers)
        with err.status("starting a broker, its topics and three strategies"):
            from dataflows.demo import running_demo

            running = stack.enter_context(running_demo(bootstrap_servers))
        if once:
            _once(running, as_json=as_json)
        else:
            _watch(running, pace, None if no_dashboard else _Port(port), as_json=as_json)


class _Port:
    """Where the dashboard goes: a port that was asked for, or the usual one and any other if that is taken."""

    def __init__(self, asked_for: int | None) -> None:
        self._asked_for = asked_for

    def choose(self, usual: int) -> int:
        """A port that is free now; CandelabraError where the one that was asked for is not."""
        from dataflows.brokers.ports import free_port
        from dataflows.errors import CandelabraError

        wanted = self._asked_for or usual
        if _is_free(wanted):
            return wanted
        if self._asked_for is not None:
            raise CandelabraError(
                f"--port {wanted}: something else listens there. Give another port, or none to have a free one chosen"
            )
        return free_port()


def _is_free(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was just given back is free
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _once(running: "Demo", *, as_json: bool) -> None:
    from dataflows.demo_data import DemoCandles
    from dataflows.live import Live
    from dataflows.stop import stop_on_signals
    from dataflows.worker import run_worker

    started = time.perf_counter()
    live = Live(running.settings, bounded=True)
    with stop_on_signals(live.stop):
        with err.status("feeding real candles"):
            running.feed(DemoCandles(), stop=live.stop)
        with err.status("running three strategies"):
            run_worker(live)
    if live.stop.is_set:
        raise KeyboardInterrupt  # a part of the answer is none
    summary = _summary(running, live.tally, time.perf_counter() - started)
    if as_json:
        print_json(summary)
        return
    table = Table("strategy", "what it does", "signals", title="Real candles in, signals out", title_justify="left")
    for config in running.strategies:
        table.add_row(config.id, config.meta.description.partition(".")[0], f"{summary['signals'][config.id]:,}")
    out.print(table)
    out.print(
        f"{counted(summary['candles'], 'candle')}   {counted(summary['evaluations'], 'evaluation')}   "
        f"{counted(sum(summary['signals'].values()), 'signal')}   {counted(summary['dead_letters'], 'dead letter')}   "
        f"{summary['seconds']:.1f} s on {running.broker.name}",
        soft_wrap=True,
    )


def _summary(running: "Demo", tally: "Tally", seconds: float) -> dict[str, Any]:
    return {
        "candles": tally.candles,
        "evaluations": tally.evaluations,
        "signals": {config.id: tally.signals.get(config.id, 0) for config in running.strategies},
        "dead_letters": tally.dead_letters,
        "gaps": tally.gaps,
        "seconds": round(seconds, 3),
        "broker": f"{running.broker.name} {running.broker.version}",
    }


def _watch(running: "Demo", pace: float | None, port: _Port | None, *, as_json: bool) -> None:
    from datetime import UTC, datetime

    from dataflows.demo import Slice
    from dataflows.demo_data import DemoCandles
    from dataflows.kafka.codec import build_codec
    from dataflows.kafka.follow import Followed, TopicFollower
    from dataflows.live import Live
    from dataflows.settings import load
    from dataflows.stop import stop_on_signals
    from dataflows.worker import run_worker
    from schemas.record import to_milliseconds
    from schemas.signal import Signal
    from schemas.topics import SIGNALS
    from ui.cli.demo_board import NEWEST, DemoBoard

    started = time.perf_counter()
    live = Live(running.settings)
    begins = to_milliseconds(datetime.fromisoformat(CANDLES_BEFORE).replace(tzinfo=UTC))
    codec = build_codec(running.settings)
    signals = Followed(
        SIGNALS.prefixed(running.settings.topic_prefix), lambda value: codec.decode(value, Signal), NEWEST
    )
    with ExitStack() as stack:
        address: str | None = None
        notes: list[str] = []
        if port is not None:
            address, notes = _dashboard(stack, running, port.choose(load().dashboard_port))
        with err.status("feeding the past"):
            running.feed(Slice(DemoCandles(), before=begins))
        follower = stack.enter_context(TopicFollower(running.settings.kafka_client_config(), [signals]))
        stack.enter_context(stop_on_signals(live.stop))
        board = DemoBoard(running, live, follower, err if as_json else out, address, notes)
        if not board.console.is_terminal:
            err.print(f"dashboard at {address}" if address else "no dashboard", style="dim")
        rest = Slice(DemoCandles(), since=begins)
        threads = [
            threading.Thread(target=lambda: running.feed(rest, speed=pace, stop=live.stop), daemon=True),
            threading.Thread(target=board.show, daemon=True),
        ]
        for thread in threads:
            thread.start()
        try:
            run_worker(live)
        finally:
            live.stop.set()
            for thread in threads:
                thread.join(END_SECONDS)
    if as_json:
        print_json(_summary(running, live.tally, time.perf_counter() - started))
    else:
        given = counted(sum(live.tally.signals.values()), "signal")
        out.print(f"stopped after {counted(live.tally.candles, 'candle')} and {given}")


def _dashboard(stack: ExitStack, running: "Demo", port: int) -> tuple[str | None, list[str]]:
    """Its address, and what a person should know about it. The demo goes on where it does not come up."""
    import tempfile
    from pathlib import Path

    from dataflows.brokers.leash import LeashedProcess
    from ui.dashboard.build import chart_is_built
    from ui.dashboard.launch import (
        DashboardNotServing,
        dashboard_command,
        dashboard_environment,
        wait_until_serving,
    )

    notes = [] if chart_is_built() else ["the dashboard's chart is not built: `make ui` builds it (once, with Node)"]
    process = LeashedProcess(  # leashed, so that nothing serves on after a closed terminal or a SIGKILL
        dashboard_command(port=port),
        directory=Path(tempfile.mkdtemp(prefix="candelabra-dashboard-")),
        environment=dashboard_environment(running.settings),
    )
    stack.callback(process.stop)
    try:
        with err.status("starting the dashboard"):
            return wait_until_serving(port, alive=process.alive), notes
    except DashboardNotServing as error:
        return None, [*notes, f"{error} Its last lines:\n{process.log_tail(5)}"]
