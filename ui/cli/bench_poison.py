"""`candelabra bench poison`: a feed with malformed records, beside the same feed without them."""

import os
import platform
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from ui.cli.printing import JsonFlag, err, out, print_json

if TYPE_CHECKING:
    from dataflows.bench.poison import Plan, Poisoned

GOAL = 0.90
COUNTED = "candles a second are good candles over wall time, so that what is refused counts as time lost"


def poison(
    records: Annotated[int, typer.Option(help="Records in the feed, good and malformed.", min=20_000)] = 1_000_000,
    share: Annotated[float, typer.Option(help="Share of them that is malformed.", min=0.0001, max=0.5)] = 0.01,
    symbols: Annotated[int, typer.Option(help="Symbols.", min=1, max=1_000)] = 100,
    rounds: Annotated[int, typer.Option(help="Alternating runs with and without malformed records.", min=1)] = 3,
    bootstrap_servers: Annotated[
        str | None, typer.Option(help="Use this broker, in place of one started for it.", envvar="KAFKA_BOOTSTRAP")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """One record in a hundred is malformed, in every way, beside the same feed without those; one worker.

    After each round every malformed record has to be a dead letter with its reason, its origin and its bytes, and every
    other output topic has to be the same, byte for byte.

    Example: candelabra bench poison --json
    """
    from dataflows.bench.poison import Plan, poison
    from dataflows.brokers.apache_kafka import ApacheKafka
    from dataflows.brokers.external import connect_broker

    plan = Plan(records=records, share=share, symbols=symbols, rounds=rounds)
    with ExitStack() as stack:
        status = stack.enter_context(err.status("starting Apache Kafka"))
        broker = stack.enter_context(
            connect_broker(bootstrap_servers) if bootstrap_servers else ApacheKafka(heap_mb=1024)
        )

        def say(what: str) -> None:
            status.update(what)
            if not err.is_terminal:
                err.print(what, style="dim")

        found = poison(broker.bootstrap_servers, plan, say)
    machine = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "broker": f"{broker.name} {broker.version}",
        "compared_to": "the same feed without the malformed records, in the same run",
    }
    if as_json:
        print_json({**_document(plan, found), **machine})
        return
    _print(plan, found)
    out.print(
        f"{os.cpu_count()} cores, {broker.name} {broker.version}, Python {platform.python_version()}; dead letters and "
        f"all other outputs checked after each round; {COUNTED}",
        highlight=False,
    )


def _document(plan: "Plan", found: "Poisoned") -> dict[str, Any]:
    return {
        "clean_candles_per_s": round(found.clean_candles_per_s),
        "poisoned_candles_per_s": round(found.poisoned_candles_per_s),
        "ratio": round(found.ratio, 3),
        "ratio_of_rounds": [
            round(clean.wall_s / poisoned.wall_s, 3)
            for clean, poisoned in zip(found.clean, found.poisoned, strict=True)
        ],
        "cpu_ratio": round(found.cpu_ratio, 3),
        "cpu_us_per_malformed_record": round(found.us_per_malformed, 1),
        "goal": GOAL,
        "counted": COUNTED,
        "records": plan.records,
        "candles": plan.candles,
        "malformed": plan.malformed,
        "injected": dict(found.injected),
        "injected_by_reason": dict(found.expected),
        "dead_lettered_by_reason": dict(found.by_reason),
        "origins_and_bytes_correct": True,
        "other_outputs_equal": True,
        "symbols": plan.symbols,
        "strategies": plan.strategies,
        "rounds": plan.rounds,
    }


def _print(plan: "Plan", found: "Poisoned") -> None:
    table = Table("", "without", f"with {plan.malformed:,} malformed", "ratio")
    table.title = f"{plan.records:,} records, {plan.symbols} symbols, {plan.strategies} strategies, one worker"
    table.add_row(
        "candles/s", f"{found.clean_candles_per_s:,.0f}", f"{found.poisoned_candles_per_s:,.0f}", f"{found.ratio:.3f}"
    )
    cpu = [
        sum(one.cpu_s for one in usages) / sum(one.candles for one in usages) * 1e6
        for usages in (found.clean, found.poisoned)
    ]
    table.add_row("CPU, us a candle", *(f"{taken:.2f}" for taken in cpu), f"{found.cpu_ratio:.3f}")
    out.print(table)
    letters = Table("reason", "injected", "dead letters")
    for reason, count in sorted(found.expected.items()):
        letters.add_row(reason, f"{count:,}", f"{found.by_reason.get(reason, 0):,}")
    out.print(letters)
