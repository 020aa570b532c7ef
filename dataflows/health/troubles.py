"""What is wrong with a deployment, each with what to do about it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dataflows.health.answers import Waits, worker_of
from dataflows.health.lag import patience
from dataflows.health.standing import Standing
from dataflows.kafka.topic_report import REMEDY
from schemas.lifecycle import State

NAMED = 3
"""Series of a strategy, or symbols, that are named."""
MOST_REFUSED = 0.01
"""The share of candles that may be refused: a feed has its slips."""
LEAST_REFUSED = 10
"""Fewer than that tell of no share."""
MOST_BEHIND_S = 3_600.0
"""Market time that a symbol may be behind another of its strategy: candles of one time do not come at once."""


class Trouble(NamedTuple):
    """One thing that is wrong, and what to do."""

    what: str
    do: str


def troubles(standing: Standing) -> list[Trouble]:
    """Everything that is wrong, what stops everything first; empty where a person need do nothing."""
    return [
        *_of_topics(standing),
        *_of_workers(standing),
        *_of_lag(standing),
        *_of_dead_letters(standing),
        *_of_strategies(standing),
        *_of_waits(standing),
        *_of_store(standing),
    ]


def patience_seconds(standing: Standing) -> float:
    """How long a candle may wait to be committed."""
    return patience(standing.epoch_seconds)


def _of_topics(standing: Standing) -> Iterator[Trouble]:
    missing = standing.topics.missing
    if missing:
        yield Trouble(f"topics are missing: {', '.join(missing)}", "`candelabra topics create` makes them")
    for difference in standing.topics.differences:
        if difference.is_trouble:
            yield Trouble(str(difference), REMEDY)


def _of_workers(standing: Standing) -> Iterator[Trouble]:
    if standing.workers is None:
        return
    if not standing.workers:
        yield Trouble(
            f"no worker answers at {standing.health}",
            "start one with `candelabra run`; if it runs on another machine, ask there",
        )
    for one in standing.workers:
        if not one.ready:
            yield Trouble(
                f"worker {one.worker} at {one.address} is not ready: {'; '.join(one.why)}",
                "wait if it starts or drains; else its log has the cause",
            )


def _of_lag(standing: Standing) -> Iterator[Trouble]:
    longest = patience_seconds(standing)
    for lag in standing.lags:
        if not lag.records or lag.waiting_since_ms is None:
            continue
        waited = (standing.looked_at_ms - lag.waiting_since_ms) / 1000
        if waited <= longest:
            continue
        worker = worker_of(standing.workers or (), lag.partition)
        behind = f"partition {lag.partition}: {lag.records:,} candles are not worked, the oldest for {duration(waited)}"
        if lag.partition in standing.again:
            behind = (
                f"partition {lag.partition}: {lag.records:,} candles wait that were worked before, by the signals that "
                "are there: it is rebuilt, or what came since a snapshot is worked again"
            )
            do = "look again: the lag gets smaller while `candelabra run` works them; nothing is written twice"
        elif worker is not None:
            do = f"worker {worker.worker} reads it and is too slow, or catches up: look again, or run more workers"
        elif lag.committed is None:
            behind = f"{behind}; nobody has ever worked it"
            do = "start a worker with `candelabra run`; if one runs, look for what stops it in its log"
        else:
            do = "no worker is known to read it: is `candelabra run` running? If so, it is too slow: run more workers"
        yield Trouble(behind, do)


def _of_dead_letters(standing: Standing) -> Iterator[Trouble]:
    refused, of = standing.dead_letters.of_newest, standing.newest_candles
    if refused >= LEAST_REFUSED and refused > MOST_REFUSED * of:
        yield Trouble(
            f"{refused:,} of the newest {of:,} candles were refused ({refused / of:.1%})",
            "`candelabra dead-letter list` has the reasons; `candelabra dead-letter show ID` says what to do about one",
        )


def _of_strategies(standing: Standing) -> Iterator[Trouble]:
    """One for each version and reason, however many series it is out of service on."""
    found: dict[tuple[str, int | None, str], list[str]] = {}
    for status in standing.statuses.values():
        if status.state is State.QUARANTINED:
            alike = (status.strategy, status.version, status.reason or "no reason given")
            found.setdefault(alike, []).append(f"{status.symbol} {status.timeframe}")
    for (strategy, version, reason), series in sorted(found.items(), key=lambda one: (-len(one[1]), one[0][0])):
        yield Trouble(
            f"{strategy} version {version} is in quarantine on {_some(sorted(series))}: {reason}",
            f"mend it with `candelabra strategy update`, or begin anew with `candelabra strategy restart {strategy}`",
        )


def _of_waits(standing: Standing) -> Iterator[Trouble]:
    """One for each strategy that waits for symbols, where that is not because their candles are still to be worked."""
    if any(_of_lag(standing)):
        return
    waiting: dict[tuple[str, str], list[Waits]] = {}
    for wait in (wait for worker in standing.workers or () for wait in worker.waits):
        if wait.candles == "none" or wait.behind_seconds > MOST_BEHIND_S:
            waiting.setdefault((wait.strategy, wait.candles), []).append(wait)
    for (strategy, candles), waits in sorted(waiting.items()):
        symbols, behind = _some(sorted(wait.symbol for wait in waits)), duration(waits[0].behind_seconds)
        of = "no candle has ever come" if candles == "none" else f"no candle has come for {behind} of the others' time"
        yield Trouble(
            f"{strategy} waits for {symbols}, of which {of}: until then none of its symbols is worked, for its "
            "`risk.limits.max_concurrent_positions` counts all of them",
            "feed that symbol; without it, deploy the strategy under another id and without the symbol",
        )


def _of_store(standing: Standing) -> Iterator[Trouble]:
    if standing.store is not None:
        for fault in standing.store.faults:
            yield Trouble(
                f"recovery store {standing.store.folder}: {fault}",
                f"`candelabra recovery check {standing.store.folder}` tells the ways out",
            )


def _some(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def duration(seconds: float) -> str:
    """A length of time in one or two units.

    >>> duration(42.4), duration(150), duration(7_260), duration(200_000)
    ('42 s', '2 min 30 s', '2 h 1 min', '2 d 7 h')
    """
    whole = round(seconds)
    for unit, name, below, small in ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= unit:
            rest = whole % unit // below
            return f"{whole // unit} {name}" + (f" {rest} {small}" if rest else "")
    return f"{whole} s"
