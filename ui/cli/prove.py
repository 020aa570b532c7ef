"""`candelabra prove`: the answer depends on the candles and the commands, and on nothing else."""

import os
import platform
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from ui.cli.printing import JsonFlag, err, out, print_json, progress_bar

if TYPE_CHECKING:
    from dataflows.brokers.broker import Broker
    from dataflows.prove.matrix import Proved
    from dataflows.prove.plan import Plan

FOUND = 1
SHOWN = 10
LONGEST_SHOWN = 1_200
REAL_CANDLES = Path("../shared/data")


def prove(
    small: Annotated[bool, typer.Option("--small", help="One case of each kind on little of each set.")] = False,
    seed: Annotated[int, typer.Option(help="What generated candles, orders, pauses and stops are made from.")] = 7,
    data: Annotated[Path, typer.Option(help="Where the files of real candles are, if anywhere.")] = REAL_CANDLES,
    kafka: Annotated[bool, typer.Option(help="Also with real workers on Apache Kafka, where one can be had.")] = True,
    as_json: JsonFlag = False,
) -> None:
    """Tell the same candles and commands in many ways, and compare what comes out, topic by topic, byte by byte.

    At full speed, at 60x, with pauses and across an outage, in batches of any size, on 1, 2 and 4 workers, stopped and
    resumed, symbols in any order. Uses KAFKA_BOOTSTRAP if that is set, else starts an Apache Kafka of its own. Exit
    code 1 where anything differs.

    Example: candelabra prove --small
    """
    from dataflows.prove import plan as plans

    started = time.perf_counter()
    plan = (plans.small if small else plans.whole)(data, seed)
    left_out = list(plan.left_out)
    found: list[Proved] = []
    with ExitStack() as stack:
        broker = _broker(stack, left_out) if kafka else None
        servers = broker.bootstrap_servers if broker else None
        with progress_bar("proving", plan.runs(servers)) as (bar, task):
            for proved in plan.proved(servers, progress=lambda what: bar.update(task, description=what)):
                if not err.is_terminal and (not found or found[-1].input != proved.input):
                    err.print(f"proving on {proved.input}", style="dim", highlight=False)
                found.append(proved)
                bar.advance(task)
    if not kafka:
        left_out.append("Kafka: not asked for")
    different = sum(bool(one.differences) for one in found)
    if as_json:
        _print_json(plan, found, left_out, broker, time.perf_counter() - started)
    else:
        _print(plan, found, left_out, broker, time.perf_counter() - started)
    if different:
        raise typer.Exit(FOUND)


def _broker(stack: ExitStack, left_out: list[str]) -> "Broker | None":
    """The broker to prove on; None, and why, where none can be started."""
    from dataflows.brokers.apache_kafka import ApacheKafka
    from dataflows.brokers.external import connect_broker
    from dataflows.errors import BrokerUnavailable

    servers = os.environ.get("KAFKA_BOOTSTRAP")
    try:
        with err.status("starting Apache Kafka"):
            return stack.enter_context(connect_broker(servers) if servers else ApacheKafka())
    except BrokerUnavailable as unavailable:
        left_out.append(f"Kafka: {unavailable}")
        return None


def _records(found: "Sequence[Proved]") -> dict[str, int]:
    """Records compared, by topic, over all cases."""
    total: dict[str, int] = {}
    for one in found:
        for topic, count in one.records.items():
            total[topic] = total.get(topic, 0) + count
    return total


def _print_json(
    plan: "Plan", found: "Sequence[Proved]", left_out: Sequence[str], broker: "Broker | None", seconds: float
) -> None:
    records = _records(found)
    document: dict[str, Any] = {
        "cases": len(found),
        "different": sum(bool(one.differences) for one in found),
        "records": sum(records.values()),
        "topics": records,
        "differences": [
            {"input": one.input, "case": one.case, **vars(difference)}
            for one in found
            for difference in one.differences[:SHOWN]
        ],
        "inputs": {one.name: len(one.rows) for one in plan.inputs},
        "without_origins": sum(not one.origins for one in found),
        "left_out": list(left_out),
        "seed": plan.seed,
        "seeds": sorted({one.seed for one in plan.inputs if one.seed is not None}),
        "seconds": round(seconds, 1),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "broker": f"{broker.name} {broker.version}" if broker else None,
    }
    print_json(document)


def _print(
    plan: "Plan", found: "Sequence[Proved]", left_out: Sequence[str], broker: "Broker | None", seconds: float
) -> None:
    names = [one.name for one in plan.inputs]
    table = Table("case", *names, title="records compared, or how many keys differ")
    for case in dict.fromkeys(one.case for one in found):
        cells = {one.input: _cell(one) for one in found if one.case == case}
        table.add_row(case, *(cells.get(name, "-") for name in names))
    out.print(table)
    records = _records(found)
    out.print("   ".join(f"{topic} {count:,}" for topic, count in records.items()), highlight=False)
    without = sum(not one.origins for one in found)
    out.print(
        f"In {without} of {len(found)} cases partitions mix the symbols in another way, so that a candle has another "
        "offset by nature: there dead letters are compared without their origin, and all else as it is.",
        style="dim",
        highlight=False,
    )
    for text in left_out:
        err.print(f"left out: {text}", style="yellow", highlight=False, markup=False)
    different = [one for one in found if one.differences]
    for one in different[:SHOWN]:
        _print_difference(one)
    verdict = "nothing differs" if not different else f"{len(different)} differ"
    where = f"{broker.name} {broker.version}" if broker else "no broker"
    out.print(
        f"{len(found)} cases, {sum(records.values()):,} records compared: {verdict}",
        style="bold red" if different else "bold green",
        highlight=False,
    )
    out.print(
        f"seed {plan.seed}, {seconds:,.0f} s, {os.cpu_count()} cores, {where}, Python {platform.python_version()}",
        style="dim",
        highlight=False,
    )


def _cell(one: "Proved") -> str:
    count = f"{sum(one.records.values()):,}"
    return f"[bold red]{len(one.differences)} of {count}[/]" if one.differences else count


def _print_difference(one: "Proved") -> None:
    """The first difference of a case: both sides of the first record that is not the same."""
    first = one.differences[0]
    out.print(
        f"{one.input}, {one.case}: {first.topic} {first.key}: {first.records} records differ, the first is number "
        f"{first.place + 1}",
        style="red",
        highlight=False,
        markup=False,
    )
    for side, record in (("reference", first.reference), ("here", first.variant)):
        shown = "no record" if record is None else record[:LONGEST_SHOWN]
        out.print(f"  {side:9} {shown}", highlight=False, markup=False, soft_wrap=True)
