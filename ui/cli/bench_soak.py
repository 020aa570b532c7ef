"""`candelabra bench soak`: whether anything grows in the long run."""

import os
import platform
from contextlib import ExitStack
from typing import Annotated

import typer
from rich.table import Table

from ui.cli.printing import JsonFlag, err, out, print_json

HELD = ("memory_mb", "snapshots_mb", "store_mb", "files", "threads")
SHOWN = 12
FLAT = 1.1
GREW = 1


def soak(
    candles: Annotated[int, typer.Option(help="Candles in all.", min=1_000)] = 10_000_000,
    symbols: Annotated[int, typer.Option(help="Symbols.", min=1)] = 100,
    as_json: JsonFlag = False,
) -> None:
    """Work ten million candles with one worker and its recovery store, and see that nothing grows.

    Memory, snapshots, files and threads are looked at every two seconds; growth is the last quarter after the warm-up
    (a fifth of the candles) over the first. Exit code 1 where one is more than 1.1. Uses KAFKA_BOOTSTRAP if that is
    set, else starts an Apache Kafka of its own.

    Example: candelabra bench soak --json
    """
    from dataflows.bench import soak as bench
    from dataflows.brokers.apache_kafka import ApacheKafka
    from dataflows.brokers.external import connect_broker

    with ExitStack() as stack:
        status = stack.enter_context(err.status("starting Apache Kafka"))
        servers = os.environ.get("KAFKA_BOOTSTRAP")
        broker = stack.enter_context(connect_broker(servers) if servers else ApacheKafka(heap_mb=1024))
        found = bench.soak(broker.bootstrap_servers, candles=candles, symbols=symbols, say=status.update)
    growth = {name: round(found.growth(name), 3) for name in HELD}
    last, warm = found.samples[-1], found.warm
    flat = all(rate <= FLAT for rate in growth.values())
    if as_json:
        print_json(
            {
                "candles": found.candles,
                "market_hours_a_symbol": round(found.market_hours),
                "seconds": last.seconds,
                "growth": growth,
                "flat": flat,
                "memory_mb": {"warm": warm[0].memory_mb, "end": last.memory_mb},
                "snapshots_mb": {"warm": warm[0].snapshots_mb, "end": last.snapshots_mb},
                "store_mb": {"warm": warm[0].store_mb, "end": last.store_mb},
                "files": last.files,
                "threads": last.threads,
                "samples": len(found.samples),
                "cores": os.cpu_count(),
                "python": platform.python_version(),
                "broker": f"{broker.name} {broker.version}",
                "compared_to": "the same worker after the first fifth of the candles",
            }
        )
    else:
        table = Table("candles", "seconds", "memory, MB", "snapshots, MB", "store, MB", "files", "threads")
        for one in found.samples[:: max(1, len(found.samples) // SHOWN)]:
            figures = (one.memory_mb, one.snapshots_mb, one.store_mb)
            shown = (f"{one.seconds:.0f}", *(f"{figure:,.1f}" for figure in figures), str(one.files), str(one.threads))
            table.add_row(f"{one.candles:,}", *shown)
        out.print(table)
        out.print("growth after the warm-up: " + ", ".join(f"{name} {rate:.2f}" for name, rate in growth.items()))
    if not flat:
        raise typer.Exit(GREW)
