"""`candelabra bench timeframes`: every timeframe of a watchlist in one worker, beside what it is to reach."""

import os
import platform
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from ui.cli.printing import JsonFlag, err, out, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dataflows.bench.timeframes import Plan, Throughput
    from dataflows.bench.timeframes_goals import Goal
    from dataflows.bench.timeframes_live import Latencies, Memory
    from dataflows.bench.timeframes_waits import Waits

COUNTED = (
    "a calculation is an evaluation of one strategy on one closed bar of one timeframe; indicators, bars of timeframes "
    "on which nothing runs, windows, composites, reading and writing are not counted and are in what one takes"
)


def timeframes(
    symbols: Annotated[int, typer.Option(help="Symbols on the watchlist.", min=2)] = 100,
    candles: Annotated[int, typer.Option(help="Minutes of each symbol.", min=240)] = 6_000,
    rounds: Annotated[int, typer.Option(help="Alternating runs of worker and bare loop.", min=1)] = 2,
    seconds: Annotated[float, typer.Option(help="Length of the latency stretch.", min=1)] = 60.0,
    consensus: Annotated[bool, typer.Option(help="Also weigh the strategies of each symbol together.")] = True,
    bootstrap_servers: Annotated[
        str | None, typer.Option(help="Use this broker, in place of one started for it.", envvar="KAFKA_BOOTSTRAP")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Symbols x 5 timeframes x 5 strategies on Apache Kafka, one worker, beside a bare loop in the same run.

    Throughput with the CPU time of each step, latency by trading style at the rate that the multi-timeframe document
    asks for, memory a symbol with every history full. What lies on the topics is compared with the graph in memory.

    Example: candelabra bench timeframes --json
    Example: candelabra bench timeframes --symbols 20 --candles 1000 --rounds 1 --seconds 10
    """
    from dataflows.bench.timeframes import Plan, throughput
    from dataflows.bench.timeframes_goals import SEED_CALCULATIONS_PER_S, goals
    from dataflows.bench.timeframes_live import Pace, live
    from dataflows.brokers.apache_kafka import ApacheKafka
    from dataflows.brokers.external import connect_broker

    plan = Plan(symbols, candles, rounds, consensus=consensus)
    pace = Pace(symbols, SEED_CALCULATIONS_PER_S, seconds, consensus=consensus)
    with ExitStack() as stack:
        status = stack.enter_context(err.status("starting Apache Kafka"))
        broker = stack.enter_context(
            connect_broker(bootstrap_servers) if bootstrap_servers else ApacheKafka(heap_mb=1024)
        )

        def say(what: str) -> None:
            status.update(what)
            if not err.is_terminal:
                err.print(what, style="dim")

        work = throughput(broker.bootstrap_servers, plan, say)
        waits, memory = live(broker.bootstrap_servers, pace, say)
    found = goals(work, waits, memory)
    if as_json:
        machine = {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "broker": f"{broker.name} {broker.version}",
            "compared_to": "a bare consume-decode-encode-produce loop in the same run, on the same candles",
        }
        print_json({**_document(plan, work, waits, memory), "goals": _goals(found), **machine})
        return
    _print_goals(found, plan)
    _print_work(work, memory)
    _print_waits(waits, pace.calculations_per_s)
    _print_parts(work)
    out.print(
        f"{os.cpu_count()} cores, {broker.name} {broker.version}, Python {platform.python_version()}; signals and "
        f"composites on the topics are those of the graph in memory; {COUNTED}",
        highlight=False,
    )


def _document(plan: "Plan", work: "Throughput", waits: "Latencies", memory: "Memory") -> dict[str, Any]:
    return {
        "calculations_per_s": round(work.calculations_per_s),
        "calculations_per_cpu_s": round(work.calculations_per_cpu_s),
        "calculations_not_ready": round(work.not_ready, 4),
        "counted": COUNTED,
        "candles_per_s": round(work.candles_per_s),
        "us_per_candle": round(work.us_per_candle, 2),
        "cpu_ratio_to_bare_loop": round(work.cpu_ratio_to_bare_loop, 3),
        "bare_loop_candles_per_s": round(work.bare_candles_per_s),
        "peak_memory_mb": work.peak_memory_mb,
        "records": work.records,
        "metered_us_per_candle": round(work.metered_us_per_candle, 2),
        "steps": [
            {
                "step": one.name,
                "us_per_candle": round(one.us_per_candle, 3),
                "share": round(one.share, 4),
                "calls_per_candle": round(one.calls_per_candle, 4),
            }
            for one in work.parts
        ],
        "memory_mb_per_symbol": round(memory.mb_per_symbol, 3),
        "memory_mb": memory.many_mb,
        "memory_mb_few_symbols": memory.few_mb,
        "memory_few_symbols": memory.few,
        "memory_mb_before_the_flow": memory.start_mb,
        "signals": _waits(waits.signals),
        "composites": _waits(waits.composites),
        "bare_loop": _waits(waits.bare),
        "output_correct": True,
        "symbols": plan.symbols,
        "candles_per_symbol": plan.candles_per_symbol,
        "consensus": plan.consensus,
    }


def _waits(waits: "Waits") -> dict[str, Any]:
    return {style: {"count": one.count, "p50_ms": one.p50_ms, "p99_ms": one.p99_ms} for style, one in waits.items()}


def _goals(found: "Sequence[Goal]") -> list[dict[str, Any]]:
    return [
        {"figure": one.name, "unit": one.unit, "goal": one.goal, "reached": round(one.reached, 3), "met": one.met}
        for one in found
    ]


def _print_goals(found: "Sequence[Goal]", plan: "Plan") -> None:
    table = Table("", "goal", "reached", "met")
    table.title = f"{plan.symbols} symbols x 5 timeframes x 5 strategies, one worker"
    for one in found:
        sign = "" if one.more_is_better else "below "
        digits = 0 if one.more_is_better else 2
        met = "[green]yes[/]" if one.met else "[red]no[/]"
        table.add_row(one.name, f"{sign}{one.goal:,.0f} {one.unit}", f"{one.reached:,.{digits}f} {one.unit}", met)
    out.print(table)


def _print_work(work: "Throughput", memory: "Memory") -> None:
    table = Table("", "worker", "bare loop")
    table.add_row("candles/s", f"{work.candles_per_s:,.0f}", f"{work.bare_candles_per_s:,.0f}")
    table.add_row("calculations/s", f"{work.calculations_per_s:,.0f}", "-")
    table.add_row("calculations in a second of CPU", f"{work.calculations_per_cpu_s:,.0f}", "-")
    table.add_row("not ready yet, of the calculations", f"{work.not_ready:.1%}", "-")
    table.add_row("CPU, times the bare loop's", f"{work.cpu_ratio_to_bare_loop:.2f}", "1")
    for kind, count in work.records.items():
        table.add_row(f"{kind} records", f"{count:,}", "-")
    table.add_row(f"live memory with {memory.few} symbols, MB", f"{memory.few_mb:,.0f}", "-")
    table.add_row(f"live memory with {memory.many} symbols, MB", f"{memory.many_mb:,.0f}", "-")
    table.add_row("before the flow is built, MB", f"{memory.start_mb:,.0f}", "-")
    out.print(table)


def _print_waits(waits: "Latencies", rate: float) -> None:
    table = Table("", "signals", "p50", "p99", "composites", "p50", "p99", "bare loop p50", "p99")
    table.title = f"milliseconds from a candle's produce call, at {rate:,.0f} calculations a second"
    for style in waits.signals:
        row = [style]
        for one in (waits.signals.get(style), waits.composites.get(style)):
            row += ["-"] * 3 if one is None else [f"{one.count:,}", f"{one.p50_ms:.1f}", f"{one.p99_ms:.1f}"]
        bare = waits.bare.get(style)
        row += ["-"] * 2 if bare is None else [f"{bare.p50_ms:.1f}", f"{bare.p99_ms:.1f}"]
        table.add_row(*row)
    out.print(table)


def _print_parts(work: "Throughput") -> None:
    table = Table("step", "us a candle", "share", "calls a candle")
    table.title = "CPU of another run, step by step"
    for one in work.parts:
        calls = f"{one.calls_per_candle:.4f}" if one.calls_per_candle else "-"
        table.add_row(one.name, f"{one.us_per_candle:.2f}", f"{one.share:.1%}", calls)
    table.add_section()
    table.add_row("all of it", f"{work.metered_us_per_candle:.2f}", "", "")
    table.add_row("the rounds that count", f"{work.us_per_candle:.2f}", "", "")
    out.print(table)
