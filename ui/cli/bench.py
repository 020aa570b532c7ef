"""`candelabra bench`: measured figures, beside what they are compared to."""

import os
import platform
from contextlib import ExitStack
from typing import Annotated

import typer
from rich.table import Table

from ui.cli.bench_backpressure import backpressure
from ui.cli.bench_language import language
from ui.cli.bench_poison import poison
from ui.cli.bench_positions import positions
from ui.cli.bench_recovery import recovery
from ui.cli.bench_soak import soak
from ui.cli.bench_timeframes import timeframes
from ui.cli.printing import JsonFlag, err, out, print_json

app = typer.Typer(help="Measured figures, beside what they are compared to.", no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Measured figures, beside what they are compared to."""


app.command("backpressure")(backpressure)
app.command("language")(language)
app.command("poison")(poison)
app.command("positions")(positions)
app.command("recovery")(recovery)
app.command("soak")(soak)
app.command("timeframes")(timeframes)


@app.command("engine")
def engine(
    symbols: Annotated[int, typer.Option(help="Symbols.", min=1)] = 100,
    candles: Annotated[int, typer.Option(help="Candles of each symbol.", min=200)] = 4_000,
    rounds: Annotated[int, typer.Option(help="Alternating runs of engine and bare loop.", min=1)] = 2,
    seconds: Annotated[float, typer.Option(help="Length of the latency stretch.", min=1)] = 20.0,
    as_json: JsonFlag = False,
) -> None:
    """Topic to topic on Apache Kafka, one worker with its recovery store, beside a bare loop in the same run.

    Uses KAFKA_BOOTSTRAP if that is set, else starts an Apache Kafka of its own.

    Example: candelabra bench engine --json
    """
    from dataflows.bench.engine import Plan, latencies, throughput
    from dataflows.brokers.apache_kafka import ApacheKafka
    from dataflows.brokers.external import connect_broker

    plan = Plan(symbols=symbols, candles_per_symbol=candles, rounds=rounds, latency_seconds=seconds)
    with ExitStack() as stack:
        status = stack.enter_context(err.status("starting Apache Kafka"))
        servers = os.environ.get("KAFKA_BOOTSTRAP")
        broker = stack.enter_context(connect_broker(servers) if servers else ApacheKafka(heap_mb=1024))

        def say(what: str) -> None:
            status.update(what)
            if not err.is_terminal:
                err.print(what, style="dim")

        five = throughput(broker.bootstrap_servers, plan, 5, say)
        fifty = throughput(broker.bootstrap_servers, plan, 50, say)
        own, bare = latencies(broker.bootstrap_servers, plan, say)
    figures = {
        "candles_per_s": round(five.candles_per_s),
        "evaluations_per_s": round(five.evaluations_per_s),
        "cpu_s_per_million_evaluations": round(five.cpu_s_per_million_evaluations, 3),
        "cpu_ratio_to_bare_loop": round(five.cpu_ratio_to_bare_loop, 3),
        "peak_memory_mb": five.peak_memory_mb,
        "bare_loop_candles_per_s": round(five.bare_candles_per_s),
        "candles_per_s_fifty": round(fifty.candles_per_s),
        "evaluations_per_s_fifty": round(fifty.evaluations_per_s),
        "cpu_s_per_million_evaluations_fifty": round(fifty.cpu_s_per_million_evaluations, 3),
        "cpu_ratio_to_bare_loop_fifty": round(fifty.cpu_ratio_to_bare_loop, 3),
        "peak_memory_mb_fifty": fifty.peak_memory_mb,
        "p50_ms": own.p50_ms,
        "p99_ms": own.p99_ms,
        "bare_loop_p50_ms": bare.p50_ms,
        "bare_loop_p99_ms": bare.p99_ms,
        "p99_ratio_to_bare_loop": round(own.p99_ms / bare.p99_ms, 3),
        "output_correct": True,
        "symbols": symbols,
        "latency_candles_per_s": plan.latency_rate,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "broker": f"{broker.name} {broker.version}",
        "compared_to": "a bare consume-decode-encode-produce loop in the same run",
    }
    if as_json:
        print_json(figures)
        return
    table = Table(
        "", "5 strategies a symbol", "50 strategies a symbol", "bare loop", title=f"{symbols} symbols, one worker"
    )
    table.add_row(
        "candles/s", *(f"{rate:,.0f}" for rate in (five.candles_per_s, fifty.candles_per_s, five.bare_candles_per_s))
    )
    table.add_row("evaluations/s", f"{five.evaluations_per_s:,.0f}", f"{fifty.evaluations_per_s:,.0f}", "-")
    table.add_row(
        "CPU s per million evaluations",
        f"{five.cpu_s_per_million_evaluations:.2f}",
        f"{fifty.cpu_s_per_million_evaluations:.2f}",
        "-",
    )
    table.add_row(
        "CPU, times the bare loop's", f"{five.cpu_ratio_to_bare_loop:.2f}", f"{fifty.cpu_ratio_to_bare_loop:.2f}", "1"
    )
    table.add_row("peak memory, MB", f"{five.peak_memory_mb:,.0f}", f"{fifty.peak_memory_mb:,.0f}", "-")
    table.add_row(f"latency at {plan.latency_rate:g} candles/s, p50 ms", f"{own.p50_ms:.1f}", "-", f"{bare.p50_ms:.1f}")
    table.add_row(f"latency at {plan.latency_rate:g} candles/s, p99 ms", f"{own.p99_ms:.1f}", "-", f"{bare.p99_ms:.1f}")
    out.print(table)
    out.print(
        f"{os.cpu_count()} cores, {broker.name} {broker.version}, Python {platform.python_version()}; signals checked"
    )
