"""`candelabra bench recovery`: what it costs to be able to go on."""

import os
import platform
from contextlib import ExitStack
from typing import Annotated

import typer
from rich.table import Table

from ui.cli.printing import JsonFlag, err, out, print_json

KEYS = [1_000, 10_000, 100_000]


def recovery(
    symbols: Annotated[int, typer.Option(help="Symbols.", min=1)] = 100,
    candles: Annotated[int, typer.Option(help="Candles of each symbol, for the throughput.", min=200)] = 15_000,
    rounds: Annotated[int, typer.Option(help="Runs with snapshots and without, in turn; and resumes.", min=1)] = 2,
    keys: Annotated[list[int] | None, typer.Option(help="Keys to resume with; can be given again.", min=1)] = None,
    as_json: JsonFlag = False,
) -> None:
    """Throughput with and without snapshots, the size of a snapshot, and the time that a resume takes.

    Uses KAFKA_BOOTSTRAP if that is set, else starts an Apache Kafka of its own. A key is a strategy on a symbol and
    timeframe.

    Example: candelabra bench recovery --json
    """
    from dataflows.bench import recovery as bench
    from dataflows.brokers.apache_kafka import ApacheKafka
    from dataflows.brokers.external import connect_broker

    with ExitStack() as stack:
        status = stack.enter_context(err.status("starting Apache Kafka"))
        servers = os.environ.get("KAFKA_BOOTSTRAP")
        broker = stack.enter_context(connect_broker(servers) if servers else ApacheKafka(heap_mb=1024))

        def say(what: str) -> None:
            status.update(what)
            if not err.is_terminal:
                err.print(what, style="dim")

        cost = bench.cost(broker.bootstrap_servers, symbols=symbols, candles=candles, rounds=rounds, say=say)
        resumes = bench.resumes(
            broker.bootstrap_servers, symbols=symbols, keys=keys or KEYS, rounds=max(rounds, 3), say=say
        )
    figures = {
        "candles_per_s": round(cost.with_snapshots),
        "candles_per_s_without_snapshots": round(cost.without_snapshots),
        "ratio": round(cost.with_snapshots / cost.without_snapshots, 3),
        "peak_memory_mb": max(one.peak_memory_mb for one in cost.saved),
        "peak_memory_mb_without_snapshots": max(one.peak_memory_mb for one in cost.unsaved),
        "resumes": [
            {
                "keys": one.keys,
                "resume_s": round(one.resume_s, 3),
                "bytes_per_key": round(one.bytes_per_key),
                "bytes_per_symbol": round(one.bytes_per_symbol),
                "store_mb": round(one.store_mb, 1),
            }
            for one in resumes
        ],
        "symbols": symbols,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "broker": f"{broker.name} {broker.version}",
        "compared_to": "the same worker without a recovery store, in turn in the same run",
    }
    if as_json:
        print_json(figures)
        return
    out.print(
        f"{cost.with_snapshots:,.0f} candles/s with snapshots, {cost.without_snapshots:,.0f} without: "
        f"{cost.with_snapshots / cost.without_snapshots:.2f} times"
    )
    table = Table(
        "keys", "resume, s", "bytes a key", "bytes a symbol", "store, MB", title="From exec to the first candle"
    )
    for one in resumes:
        table.add_row(
            f"{one.keys:,}",
            f"{one.resume_s:.2f}",
            f"{one.bytes_per_key:,.0f}",
            f"{one.bytes_per_symbol:,.0f}",
            f"{one.store_mb:,.1f}",
        )
    out.print(table)
    out.print(f"{os.cpu_count()} cores, {broker.name} {broker.version}, Python {platform.python_version()}")
