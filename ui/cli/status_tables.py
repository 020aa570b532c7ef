"""The tables of `candelabra status`."""

from collections import Counter
from collections.abc import Iterator, Mapping

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from dataflows.health.answers import worker_of
from dataflows.health.news import Recent
from dataflows.health.standing import Standing, Store
from dataflows.health.troubles import duration, patience_seconds
from dataflows.health.verdict import NOT_ASKED
from ui.cli.strategy_report import LIGHTS

LONGEST = 30
"""Strategies that are listed one by one: those with something out of the ordinary come first."""
_EXTRAORDINARY = ("quarantined", "refused")


def tables(standing: Standing) -> Iterator[Table | Text]:
    """All that was seen, the broker first."""
    yield _broker(standing)
    if standing.lags:
        yield _lags(standing)
        yield _newest(standing)
    yield _workers(standing)
    yield _strategies(standing)
    yield _recent("dead letters", "reason", standing.dead_letters)
    if standing.dead_letters.of_newest:
        yield _share(standing)
    yield _recent("alerts", "kind", standing.alerts)
    if standing.store is not None:
        yield _store(standing.store)


def _broker(standing: Standing) -> Text:
    report = standing.topics
    state = f"{len(report.existing)} topics"
    if report.missing:
        state += f", {len(report.missing)} missing"
    if report.differences:
        state += f", {len({one.topic for one in report.differences})} other than designed"
    return Text(f"broker at {standing.servers} answers: {state}")


def _lags(standing: Standing) -> Table:
    table = Table("partition", "candles", "worked to", "lag", "oldest waits", "worker", title=f"group {standing.group}")
    patience = patience_seconds(standing)
    for lag in standing.lags:
        waits = None if lag.waiting_since_ms is None else (standing.looked_at_ms - lag.waiting_since_ms) / 1000
        worker = worker_of(standing.workers or (), lag.partition)
        table.add_row(
            str(lag.partition),
            f"{lag.end:,}",
            "never" if lag.committed is None else f"{lag.committed:,}",
            f"{lag.records:,}",
            "-" if waits is None else Text(duration(max(0.0, waits)), style="red" if waits > patience else ""),
            "-" if worker is None else str(worker.worker),
        )
    return table


def _newest(standing: Standing) -> Text:
    """How old the newest is of what came in, and of what went out."""
    ages = []
    for name, at_ms in (("candle", standing.newest_ms), ("output", standing.output_ms)):
        age = None if at_ms is None else max(0.0, (standing.looked_at_ms - at_ms) / 1000)
        ages.append(f"no {name} yet" if age is None else f"newest {name} {duration(age)} ago")
    return Text(", ".join(ages))


def _share(standing: Standing) -> Text:
    refused, of = standing.dead_letters.of_newest, standing.newest_candles
    return Text(f"{refused:,} of the newest {of:,} candles refused ({refused / of:.1%})")


def _workers(standing: Standing) -> Table | Text:
    if standing.workers is None:
        return Text(NOT_ASKED, style="yellow")
    table = Table("worker", "address", "", "version", "in quarantine", "restarts", "memory")
    for one in standing.workers:
        state = "[green]ready" if one.ready else f"[red]{escape('; '.join(one.why))}"
        told = (one.version or "-", str(one.quarantined), str(one.restarts), _size(one.memory_bytes))
        table.add_row(str(one.worker), one.address, state, *told)
    return table


def _strategies(standing: Standing) -> Table | Text:
    if not standing.statuses:
        return Text("no strategy has been heard of: `candelabra strategy deploy FILE` sends one", style="dim")
    states: dict[str, Counter[str]] = {}
    for one in standing.statuses.values():
        of_strategy = states.setdefault(one.strategy, Counter())
        if one.symbol is not None:
            of_strategy[one.state.value] += 1
    order = sorted(states, key=lambda name: (not any(states[name][bad] for bad in _EXTRAORDINARY), name))
    title = None if standing.statuses_whole else "the status topic is long: not all of it was read"
    table = Table("strategy", "series", "state", title=title)
    for name in order[:LONGEST]:
        counts = states[name]
        shown = "  ".join(f"{LIGHTS[state]} {count} {state}" for state, count in sorted(counts.items()))
        table.add_row(escape(name), str(counts.total()), shown or "no series has acted yet")
    if len(order) > LONGEST:
        table.add_row(f"and {len(order) - LONGEST} more", "", "")
    return table


def _recent(name: str, about: str, recent: Recent) -> Table | Text:
    if not recent.total:
        return Text(f"no {name}", style="dim")
    which = "all" if recent.looked_at >= recent.total else f"the newest {recent.looked_at:,} of {recent.total:,}"
    table = Table(about, "last hour of the feed", which, title=f"{recent.total:,} {name}")
    for kind in _by_count(recent.counts):
        table.add_row(kind, f"{recent.last_hour.get(kind, 0):,}", f"{recent.counts[kind]:,}")
    return table


def _store(store: Store) -> Text:
    if store.faults:
        return Text(f"recovery store {store.folder}: {'; '.join(store.faults)}", style="red")
    age = "" if store.age_seconds is None else f", written to {duration(store.age_seconds)} ago"
    return Text(f"recovery store {store.folder}: {_size(store.bytes)}, goes on at epoch {store.epoch}{age}")


def _by_count(counts: Mapping[str, int]) -> list[str]:
    return sorted(counts, key=lambda kind: (-counts[kind], kind))


def _size(count: float) -> str:
    """Bytes as people read them.

    >>> _size(1_536), _size(40_000_000)
    ('1.5 KiB', '38.1 MiB')
    """
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:  # noqa: PLR2004  # to the next unit
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"
