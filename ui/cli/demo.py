"""`candelabra demo`: everything at once on this machine, with nothing to set up."""

import threading
import time
from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.live import Live as LiveDisplay
from rich.table import Table
from rich.text import Text

from ui.cli.feed import parse_speed
from ui.cli.printing import JsonFlag, err, out, print_json

if TYPE_CHECKING:
    from dataflows.demo import Demo
    from dataflows.live import Live
    from operators.tally import Tally

CANDLES_BEFORE = "2001-06-01"
"""The past that is there when the demo opens; from here on the candles come at a pace that one can watch."""


def demo(
    once: Annotated[bool, typer.Option("--once", help="As fast as it goes; print a summary and exit.")] = False,
    speed: Annotated[str, typer.Option(help="max, or market time over real time.")] = "400000x",
    port: Annotated[int | None, typer.Option(help="The dashboard's port; default: CANDELABRA_DASHBOARD_PORT.")] = None,
    no_dashboard: Annotated[bool, typer.Option("--no-dashboard", help="Only the table.")] = False,
    bootstrap_servers: Annotated[str | None, typer.Option(help="Use this broker in place of the embedded one.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Watch three strategies turn real candles into signals: embedded broker, worker and dashboard.

    The candles are daily bars of five US stocks, 2000 to 2013, from the package bokeh-sampledata. The embedded broker
    keeps everything in memory and is for demonstrations only.

    Example: candelabra demo --once
    """
    from dataflows.demo import running_demo

    pace = parse_speed(speed)
    with running_demo(bootstrap_servers) as running:
        if once:
            _once(running, as_json=as_json)
        else:
            _watch(running, pace, port, dashboard=not no_dashboard)


def _once(running: "Demo", *, as_json: bool) -> None:
    from dataflows.demo_data import DemoCandles
    from dataflows.live import Live
    from dataflows.worker import run_worker

    started = time.perf_counter()
    with err.status("feeding real candles"):
        running.feed(DemoCandles())
    live = Live(running.settings, bounded=True)
    with err.status("running three strategies"):
        run_worker(live)
    seconds = time.perf_counter() - started
    tally = live.tally
    signals = {config.id: tally.signals.get(config.id, 0) for config in running.strategies}
    if as_json:
        print_json(
            {
                "candles": tally.candles,
                "evaluations": tally.evaluations,
                "signals": signals,
                "dead_letters": tally.dead_letters,
                "gaps": tally.gaps,
                "seconds": round(seconds, 3),
                "broker": f"{running.broker.name} {running.broker.version}",
            }
        )
        return
    table = Table("strategy", "what it does", "signals", title="Real candles in, signals out", title_justify="left")
    for config in running.strategies:
        table.add_row(config.id, config.description.partition(".")[0], f"{signals[config.id]:,}")
    out.print(table)
    out.print(
        f"{tally.candles:,} candles   {tally.evaluations:,} evaluations   {sum(signals.values()):,} signals   "
        f"{tally.dead_letters:,} dead letters   {seconds:.1f} s on {running.broker.name}"
    )


def _watch(running: "Demo", pace: float | None, port: int | None, *, dashboard: bool) -> None:
    from datetime import UTC, datetime

    from dataflows.demo import Slice
    from dataflows.demo_data import DemoCandles
    from dataflows.live import Live
    from dataflows.settings import load
    from dataflows.stop import stop_on_signals
    from dataflows.worker import run_worker
    from schemas.record import to_milliseconds

    live = Live(running.settings)
    begins = to_milliseconds(datetime.fromisoformat(CANDLES_BEFORE).replace(tzinfo=UTC))
    fed = running.feed(Slice(DemoCandles(), before=begins)).candles
    with ExitStack() as stack:
        address = None
        if dashboard:
            address = _dashboard(stack, running, port or load().dashboard_port)
        stack.enter_context(stop_on_signals(live.stop))
        rest = Slice(DemoCandles(), since=begins)
        feeder = threading.Thread(target=lambda: running.feed(rest, speed=pace, stop=live.stop), daemon=True)
        feeder.start()
        board = _Board(running, live, address, fed, begins)
        display = threading.Thread(target=board.show, daemon=True)
        display.start()
        try:
            run_worker(live)
        finally:
            live.stop.set()
            display.join(timeout=5)
            feeder.join(timeout=5)
    out.print(f"stopped after {live.tally.candles:,} candles and {sum(live.tally.signals.values()):,} signals")


def _dashboard(stack: ExitStack, running: "Demo", port: int) -> str:
    from ui.dashboard.launch import start_dashboard, wait_until_serving

    process = start_dashboard(running.settings, port=port)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    with err.status("starting the dashboard"):
        return wait_until_serving(port, alive=lambda: process.poll() is None)


@dataclass
class _Board:
    """What is shown while the demo runs."""

    running: "Demo"
    live: "Live"
    address: str | None
    fed: int
    begins: int
    rates: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=20))

    def show(self) -> None:
        """Redraw four times a second until the end."""
        with LiveDisplay(console=out, refresh_per_second=4) as display:
            while not self.live.stop.wait(0.25):
                display.update(self._table(self.live.tally))
            display.update(self._table(self.live.tally))

    def _table(self, tally: "Tally") -> Group:
        now = time.perf_counter()
        self.rates.append((now, tally.candles))
        then, before = self.rates[0]
        rate = (tally.candles - before) / (now - then) if now > then else 0.0
        numbers = Table.grid(padding=(0, 3))
        numbers.add_row(
            f"[bold]{rate:,.0f}[/] candles/s",
            f"[bold]{tally.candles:,}[/] candles",
            f"[bold]{tally.evaluations:,}[/] evaluations",
            f"[bold]{sum(tally.signals.values()):,}[/] signals",
            f"[bold]{sum(tally.behind.values()):,}[/] behind",
            f"[bold]{tally.gaps:,}[/] gaps",
            f"[bold]{tally.dead_letters:,}[/] dead letters",
        )
        table = Table("strategy", "evaluations", "signals")
        for config in self.running.strategies:
            table.add_row(config.id, f"{tally.evaluated.get(config.id, 0):,}", f"{tally.signals.get(config.id, 0):,}")
        where = f"dashboard  [link={self.address}]{self.address}[/link]" if self.address else "no dashboard"
        broker = f"{self.running.broker.name} at {self.running.broker.bootstrap_servers} (in memory, for demos)"
        return Group(
            Text.from_markup(f"[bold yellow]candelabra demo[/]   {where}   [dim]{broker}[/]"),
            numbers,
            table,
            Text("Ctrl-C ends it", style="dim"),
        )
