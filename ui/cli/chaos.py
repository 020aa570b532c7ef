"""`candelabra chaos`: kill everything at any moment, and compare what comes out."""

import os
import platform
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from ui.cli.printing import JsonFlag, err, out, print_json, progress_bar

if TYPE_CHECKING:
    from dataflows.brokers.broker import Broker
    from dataflows.chaos.plan import Plan
    from dataflows.chaos.run import Verdict

FOUND = 1
SHOWN = 10
LONGEST_SHOWN = 1_200
REAL_CANDLES = Path("../shared/data")


def chaos(
    small: Annotated[bool, typer.Option("--small", help="Each kind of fault about once, on little.")] = False,
    seed: Annotated[int, typer.Option(help="What candles, commands, faults and their moments are made from.")] = 7,
    kills: Annotated[
        int | None, typer.Option(min=1, help="SIGKILLs of workers over all runs; 100, or 8 with --small.")
    ] = None,
    data: Annotated[Path, typer.Option(help="Where the files of real candles are, if anywhere.")] = REAL_CANDLES,
    as_json: JsonFlag = False,
) -> None:
    """Kill, stop and cut off everything, at moments drawn from a seed, and compare what comes out, byte by byte.

    Workers are killed while they start, restore state, take a snapshot, or hold a command; the broker is killed and
    paused; connections are slowed, reset and left half open; clocks jump; the number of workers changes; and all the
    while candles, garbage and commands come. Starts an Apache Kafka of its own. Exit code 1 where a record is lost,
    repeated or different, or an acknowledgement was not kept.

    Example: candelabra chaos --small
    """
    from dataflows.chaos import plan as plans
    from dataflows.chaos.stage import Stage

    started = time.perf_counter()
    amount = {} if kills is None else {"kills": kills}
    plan = plans.small(seed, **amount) if small else plans.whole(data, seed, **amount)
    found: list[Verdict] = []
    with err.status("starting Apache Kafka"):
        stage = Stage()
    with stage, progress_bar("killing", plan.kills) as (bar, task):
        for verdict in plan.verdicts(stage, told=lambda more: bar.advance(task, more)):
            found.append(verdict)
            if not err.is_terminal:
                err.print(f"done with {verdict.run.given.name}", style="dim", highlight=False)
    if as_json:
        _print_json(plan, found, stage.broker, time.perf_counter() - started)
    else:
        _print(plan, found, stage.broker, time.perf_counter() - started)
    if not all(one.clean for one in found):
        raise typer.Exit(FOUND)


def _sums(found: "Sequence[Verdict]") -> dict[str, Any]:
    """The figures over all runs, by the names that other programs rely on."""
    import numpy as np

    from dataflows.chaos.faults import Fault

    faults = sum((one.faults for one in found), Counter[Fault]())
    resumes = [seconds for one in found for seconds in one.resumes]
    p50, p99 = (round(float(part), 2) for part in np.percentile(resumes, [50, 99])) if resumes else (None, None)
    return {
        "faults": {kind.identifier: faults[kind] for kind in Fault},
        "records": sum(sum(one.compared.records.values()) for one in found),
        "lost": sum(one.compared.lost for one in found),
        "repeated": sum(one.compared.repeated for one in found),
        "different": sum(one.compared.different for one in found),
        "broken_promises": sum(len(one.broken) for one in found),
        "resume_p50_s": p50,
        "resume_p99_s": p99,
        "resumes": len(resumes),
        "started_again": sum(one.failures for one in found),
    }


def _print_json(plan: "Plan", found: "Sequence[Verdict]", broker: "Broker", seconds: float) -> None:
    document: dict[str, Any] = {
        **_sums(found),
        "topics": dict(sum((Counter(one.compared.records) for one in found), Counter())),
        "findings": [
            {"seed": one.run.seed, "input": one.run.given.name, **vars(finding)}
            for one in found
            for finding in one.compared.findings[:SHOWN]
        ],
        "promises": [text for one in found for text in one.broken[:SHOWN]],
        "inputs": {one.run.given.name: len(one.run.given.records) for one in found},
        "left_out": list(plan.left_out),
        "seed": plan.seed,
        "seconds": round(seconds, 1),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "broker": f"{broker.name} {broker.version}",
    }
    print_json(document)


def _print(plan: "Plan", found: "Sequence[Verdict]", broker: "Broker", seconds: float) -> None:
    from dataflows.chaos.faults import Fault

    table = Table("fault", *(one.run.given.name for one in found), "in all", title="faults injected")
    for kind in Fault:
        counts = [one.faults[kind] for one in found]
        if any(counts):
            table.add_row(kind.value, *map(str, counts), str(sum(counts)))
    out.print(table)
    topics = sum((Counter(one.compared.records) for one in found), Counter[str]())
    out.print("   ".join(f"{topic} {count:,}" for topic, count in topics.items()), highlight=False)
    for text in plan.left_out:
        err.print(f"left out: {text}", style="yellow", highlight=False, markup=False)
    for one in found:
        if not one.clean:
            _print_findings(one)
    sums = _sums(found)
    clean = all(one.clean for one in found)
    out.print(
        f"{sums['records']:,} records compared: {sums['lost']} lost, {sums['repeated']} repeated, "
        f"{sums['different']} different; {sums['broken_promises']} acknowledgements not kept",
        style="bold green" if clean else "bold red",
        highlight=False,
    )
    out.print(
        f"{sums['resumes']} resumes: p50 {sums['resume_p50_s']} s, p99 {sums['resume_p99_s']} s, from the start of a "
        f"process to its first candle; {sums['started_again']} times workers ended by themselves, with the broker or a "
        "neighbour away, and were started again",
        highlight=False,
    )
    out.print(
        f"seed {plan.seed}, {seconds:,.0f} s, {os.cpu_count()} cores, {broker.name} {broker.version}, "
        f"Python {platform.python_version()}",
        style="dim",
        highlight=False,
    )


def _print_findings(one: "Verdict") -> None:
    """What is wrong in one run, the first of each key, and how to have it again."""
    out.print(
        f"{one.run.given.name}: to repeat it, the same command with the same seed; this run's own is {one.run.seed}",
        style="red",
        highlight=False,
        markup=False,
    )
    for finding in one.compared.findings[:SHOWN]:
        text = f"  {finding.kind}: {finding.topic} {finding.key}: {finding.detail[:LONGEST_SHOWN]}"
        out.print(text, highlight=False, markup=False, soft_wrap=True)
    for text in one.broken[:SHOWN]:
        out.print(f"  not kept: {text}", highlight=False, markup=False, soft_wrap=True)
