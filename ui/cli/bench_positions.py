"""`candelabra bench positions`: what a bar costs with many open positions, beside the same bars flat."""

import os
import platform
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ui.cli.printing import JsonFlag, out, print_json, progress_bar

if TYPE_CHECKING:
    from dataflows.bench.positions import Measured, Plan

_PARTS = {
    "exits": "stop, target and trailing stop",
    "mark": "the account marked at the close",
    "performance": "performance and limits",
    "records": "the equity point made",
}


def positions(
    count: Annotated[int, typer.Option("--positions", help="Open positions.", min=1)] = 10_000,
    symbols: Annotated[int, typer.Option(help="Symbols that they are on.", min=1)] = 100,
    bars: Annotated[int, typer.Option(help="Bars of each position a round.", min=1)] = 32,
    rounds: Annotated[int, typer.Option(help="Rounds, of which the median counts.", min=1)] = 5,
    as_json: JsonFlag = False,
) -> None:
    """What a bar costs with 10,000 open positions, each with a stop, a target and a trailing stop.

    In this process and in memory: the strategy step, its rules asked at every close. Beside the same keys flat.

    Example: candelabra bench positions --json
    """
    from dataflows.bench.positions import Plan, measure

    plan = Plan(positions=count, symbols=min(symbols, count), bars=bars, rounds=rounds)
    with progress_bar("working bars", 4 * count * bars * rounds) as (bar, task):
        found = measure(plan, lambda worked: bar.advance(task, worked))
    if as_json:
        print_json(_document(plan, found))
    else:
        _print(plan, found)


def _document(plan: "Plan", found: "Measured") -> dict[str, object]:
    (held, flat), (written, written_flat) = found.position_bytes, found.snapshot_bytes
    return {
        "positions": plan.positions,
        "symbols": plan.symbols,
        "bars": plan.bars,
        "rounds": plan.rounds,
        "microseconds_per_bar": round(found.open_live, 3),
        "microseconds_per_bar_of_rounds": [round(one, 3) for one in found.of_rounds],
        "microseconds_per_bar_flat": round(found.flat_live, 3),
        "ratio_to_flat": round(found.open_live / found.flat_live, 2),
        "microseconds_per_bar_behind": round(found.open_behind, 3),
        "microseconds_per_bar_flat_behind": round(found.flat_behind, 3),
        "of_which": {name: round(value, 3) for name, value in {**asdict(found.parts), "rest": found.rest}.items()},
        "bytes_per_position": held,
        "bytes_per_flat_key": flat,
        "snapshot_bytes_per_position": written,
        "snapshot_bytes_per_flat_key": written_flat,
        "equity_points": found.equity_points,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "time": "CPU time of one thread, in memory: the strategy step, without the market step, reading and writing",
        "compared_to": "the same strategies on the same bars without a position, in the same rounds",
    }


def _print(plan: "Plan", found: "Measured") -> None:
    table = Table(
        "",
        "open",
        "flat",
        title=f"{plan.positions:,} positions on {plan.symbols:,} symbols, microseconds a bar of each",
    )
    table.add_row("live, one bar at a time", f"{found.open_live:.2f}", f"{found.flat_live:.2f}")
    for name, what in _PARTS.items():
        table.add_row(f"  of which {what}", f"{getattr(found.parts, name):.2f}", "-")
    table.add_row("  of which the rest: rules asked, bars walked", f"{found.rest:.2f}", "-")
    table.add_row(f"behind, {plan.bars} bars at once", f"{found.open_behind:.2f}", f"{found.flat_behind:.2f}")
    table.add_row("the equity point to bytes, in the sink", f"{found.parts.encode:.2f}", "-")
    table.add_section()
    table.add_row("memory, bytes", *(f"{one:,}" for one in found.position_bytes))
    table.add_row("snapshot, bytes", *(f"{one:,}" for one in found.snapshot_bytes))
    out.print(table)
    out.print(
        f"{os.cpu_count()} cores, Python {platform.python_version()}; CPU time, medians of {plan.rounds} rounds",
        highlight=False,
    )
