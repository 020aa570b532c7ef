"""What the demo shows on the terminal while it runs."""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live as LiveDisplay
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from dataflows.demo import Demo
    from dataflows.kafka.follow import TopicFollower
    from dataflows.live import Live
    from operators.tally import Tally
    from schemas.signal import Signal

NEWEST = 8
REDRAWS_A_SECOND = 4
RATE_SECONDS = 5
WIDE = 110
"""Columns from which on the reason of a signal fits beside it."""


@dataclass
class DemoBoard:
    """Rates and counts from the worker's tally, the newest signals from their topic. ``notes`` go below."""

    running: "Demo"
    live: "Live"
    signals: "TopicFollower"
    console: Console
    address: str | None
    notes: list[str]
    _rates: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=RATE_SECONDS * REDRAWS_A_SECOND))
    _newest: "deque[Signal]" = field(default_factory=lambda: deque(maxlen=NEWEST))

    def show(self) -> None:
        """Redraw four times a second until the end."""
        with LiveDisplay(console=self.console, auto_refresh=False) as display:
            while not self.live.stop.wait(1 / REDRAWS_A_SECOND):
                display.update(self.picture(), refresh=True)
            display.update(self.picture(), refresh=True)

    def picture(self) -> Group:
        """Everything as it is now."""
        self._read_signals()
        tally = self.live.tally
        parts: list[RenderableType] = [self._heading(), Padding(self._numbers(tally), (1, 0)), self._strategies(tally)]
        if self._newest:
            parts.append(self._signals())
        parts += [Text(note, style="yellow") for note in self.notes]
        parts.append(Text("Ctrl-C ends it", style="dim"))
        return Group(*parts)

    def _read_signals(self) -> None:
        from schemas.signal import Signal

        found = [one.record for one in self.signals.poll(timeout_s=0)]
        self._newest.extend(
            sorted((one for one in found if isinstance(one, Signal)), key=lambda one: (one.close_time, one.key))
        )

    def _heading(self) -> Text:
        where = f"dashboard [link={self.address}]{self.address}[/link]" if self.address else "no dashboard"
        broker = escape(f"{self.running.broker.name} at {self.running.broker.bootstrap_servers}")
        return Text.from_markup(f"[bold yellow]candelabra demo[/]   [bold]{where}[/]   [dim]{broker}[/]")

    def _numbers(self, tally: "Tally") -> Table:
        now = time.perf_counter()
        self._rates.append((now, tally.candles))
        then, before = self._rates[0]
        rate = (tally.candles - before) / (now - then) if now > then else 0.0
        numbers = Table.grid(padding=(0, 3))
        signals = sum(tally.signals.copy().values())
        figures = (
            (rate, "candles/s", "bold green"),
            (tally.candles, "candles", "bold"),
            (signals, "signals", "bold"),
            (sum(tally.lag.copy().values()), "lag", "bold"),
            (tally.gaps, "gaps", "bold"),
            (tally.dead_letters, "dead letters", "bold red" if tally.dead_letters else "bold"),
        )
        numbers.add_row(*(f"[{style}]{count:,.0f}[/] {what}" for count, what, style in figures))
        return numbers

    def _strategies(self, tally: "Tally") -> Table:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
        table.add_column("strategy")
        table.add_column("evaluations", justify="right")
        table.add_column("signals", justify="right")
        for config in self.running.strategies:
            counts = tally.evaluated.get(config.id, 0), tally.signals.get(config.id, 0)
            table.add_row(config.id, *(f"{count:,}" for count in counts))
        return table

    def _signals(self) -> Table:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
        table.add_column("closed", no_wrap=True)
        table.add_column("symbol", no_wrap=True)
        table.add_column("newest signals", no_wrap=True)
        table.add_column("price", justify="right", no_wrap=True)
        table.add_column("strategy", no_wrap=True)
        wide = self.console.width >= WIDE
        if wide:
            table.add_column("because", no_wrap=True, style="dim")
        for one in reversed(self._newest):
            cells = [f"{one.close_time:%Y-%m-%d}", one.symbol, _move(one), f"{one.price:,.2f}", one.strategy]
            table.add_row(*cells, *([escape(one.condition)] if wide else []))
        return table


def _move(signal: "Signal") -> str:
    """What a signal does, in the colour of the side that it enters."""
    if signal.type == "exit":
        return f"[dim]leave {signal.side}[/]"
    arrow, colour = ("▲", "green") if signal.side == "long" else ("▼", "red")
    return f"[{colour}]{arrow} enter {signal.side}[/]"
