"""`candelabra status`: how a deployment is, in words."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.printing import JsonFlag, err, out, print_json
from ui.cli.reach import reachable

if TYPE_CHECKING:
    from dataflows.health.standing import Standing
    from dataflows.health.troubles import Trouble
    from dataflows.health.verdict import Verdict


def status(
    recovery: Annotated[Path | None, typer.Option(help="Directory of the recovery store to look at too.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """How the deployment is: topics, lag, workers, strategies, what was refused; exit code 1 if something is wrong.

    Lag is by what workers have committed, as any Kafka tool sees it. Workers are asked if CANDELABRA_HEALTH_PORT is
    set; else it judges by the topics, and says so where they do not tell whether one runs. Each trouble comes with
    what to do.

    Example: candelabra status --recovery recovery
    """
    settings = reachable(recovery_dir=recovery)
    from dataflows.health.standing import look
    from dataflows.health.troubles import troubles
    from dataflows.health.verdict import verdict

    standing = look(settings)
    found = troubles(standing)
    concluded = verdict(standing, found)
    if as_json:
        print_json(_document(standing, found, concluded))
    else:
        from ui.cli.status_tables import tables

        for table in tables(standing):
            out.print(table, highlight=False)
        for trouble in found:
            err.print("trouble:", style="bold red", end=" ")
            err.print(f"{trouble.what}. What to do: {trouble.do}", markup=False, highlight=False, soft_wrap=True)
        if not found:
            out.print(concluded.words, style="green" if concluded.ok else "yellow", highlight=False, soft_wrap=True)
    if found:
        raise typer.Exit(1)


def _document(standing: "Standing", found: "list[Trouble]", concluded: "Verdict") -> dict[str, Any]:
    """For machines: the same, with names."""
    from dataflows.health.answers import worker_of

    store = standing.store
    return {
        "ok": concluded.ok,
        "verdict": concluded.words,
        "troubles": [trouble._asdict() for trouble in found],
        "brokers": standing.servers,
        "topics": {
            "missing": list(standing.topics.missing),
            "differences": [str(one) for one in standing.topics.differences],
        },
        "group": standing.group,
        "partitions": [
            {
                "partition": lag.partition,
                "end": lag.end,
                "committed": lag.committed,
                "lag": lag.records,
                "waiting_seconds": None
                if lag.waiting_since_ms is None
                else max(0.0, (standing.looked_at_ms - lag.waiting_since_ms) / 1000),
                "worked_again": lag.partition in standing.again,
                "worker": None if (one := worker_of(standing.workers or (), lag.partition)) is None else one.worker,
            }
            for lag in standing.lags
        ],
        "newest_candle_age_seconds": _age(standing, standing.newest_ms),
        "newest_output_age_seconds": _age(standing, standing.output_ms),
        "workers": None
        if standing.workers is None
        else [
            {
                "worker": one.worker,
                "address": one.address,
                "ready": one.ready,
                "why": list(one.why),
                "version": one.version,
                "quarantined": one.quarantined,
                "waits": [wait._asdict() for wait in one.waits],
                "restarts": one.restarts,
                "memory_bytes": one.memory_bytes,
            }
            for one in standing.workers
        ],
        "strategies": _strategies(standing),
        "strategies_whole": standing.statuses_whole,
        "dead_letters": {
            **_recent(standing.dead_letters),
            "of_newest_candles": standing.dead_letters.of_newest,
            "newest_candles": standing.newest_candles,
        },
        "alerts": _recent(standing.alerts),
        "recovery": None
        if store is None
        else {
            "directory": str(store.folder),
            "bytes": store.bytes,
            "epoch": store.epoch,
            "age_seconds": store.age_seconds,
            "faults": list(store.faults),
        },
    }


def _age(standing: "Standing", at_ms: int | None) -> float | None:
    return None if at_ms is None else max(0.0, (standing.looked_at_ms - at_ms) / 1000)


def _recent(recent: Any) -> dict[str, Any]:  # noqa: ANN401  # a Recent; its module is imported late
    return {
        "total": recent.total,
        "looked_at": recent.looked_at,
        "by_kind": dict(recent.counts),
        "last_hour": dict(recent.last_hour),
    }


def _strategies(standing: "Standing") -> dict[str, dict[str, int]]:
    """How many series of each strategy are in which state."""
    found: dict[str, dict[str, int]] = {}
    for one in standing.statuses.values():
        states = found.setdefault(one.strategy, {})
        if one.symbol is not None:
            states[one.state.value] = states.get(one.state.value, 0) + 1
    return dict(sorted(found.items()))
