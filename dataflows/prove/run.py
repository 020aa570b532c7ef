"""Run a case: the graph between a planned feed and lists, as often as the case stops it."""

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.operators import KeyedStream
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import cluster_main, run_main

from dataflows import graph
from dataflows.graph import FeedItem, Outputs, Parameters
from dataflows.prove.case import Case
from dataflows.prove.delivery import Plan, deliver
from dataflows.prove.happenings import Input, told
from dataflows.prove.moved_clock import MovedClock
from dataflows.prove.source import PlannedSource
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas.lifecycle import StrategyVersion
from schemas.record import Record

STORE_PARTITIONS = 4

TOPICS = {
    "statuses": "status",
    "dead_letters": "dead-letter",
    "late_signals": "late-signals",
    "portfolio_metrics": "metrics",
    "portfolio_events": "executions",
}
"""Where a stream of the graph is not called as its topic is."""

Emitted = dict[str, dict[str, list[Record]]]
"""Records by topic and key, in the order in which each key emitted them: across keys there is none."""


class Build(Protocol):
    """How a graph is wired onto a feed: ``dataflows.graph.build``, or one with a planted fault."""

    def __call__(
        self, feed: KeyedStream[FeedItem], *, catalog: Catalog, tally: Tally, parameters: Parameters
    ) -> Outputs:
        """The streams that come out."""
        ...


def emitted(given: Input, case: Case, *, build: Build = graph.build) -> Emitted:
    """What the graph makes of the input, told as the case has it."""
    plans = deliver(told(given, early=case.seed if case.early else None), case)
    return worked(plans, given.versions, given.parameters, case=case, build=build)


def worked(
    plans: Mapping[str, Plan],
    versions: Iterable[StrategyVersion],
    parameters: Parameters,
    *,
    case: Case,
    build: Build = graph.build,
) -> Emitted:
    """What the graph makes of a feed that is planned already; of the case only what it says of executions counts."""
    known = list(versions)
    into: dict[str, list[tuple[str, Record]]] = {topic_of(stream): [] for stream in streams()}
    with tempfile.TemporaryDirectory(prefix="candelabra-prove-") as folder, MovedClock() as clock:
        store = _store(Path(folder)) if case.stops else None
        for execution in range(case.stops + 1):
            flow = _flow(known, parameters, PlannedSource(plans, clock), into, build)
            workers = case.workers[min(execution, len(case.workers) - 1)]
            _execute(flow, workers, timedelta(seconds=case.epoch_s), store)
    found: Emitted = {}
    for topic, items in into.items():
        keys: dict[str, list[Record]] = defaultdict(list)
        for key, record in items:
            keys[key].append(record)
        found[topic] = dict(keys)
    return found


def streams() -> list[str]:
    """The graph's output streams, by field name: one more is compared from the day it exists."""
    return [field.name for field in fields(Outputs)]


def topic_of(stream: str) -> str:
    """The topic that a stream of the graph goes to.

    >>> topic_of("signals"), topic_of("dead_letters")
    ('signals', 'dead-letter')
    """
    return TOPICS.get(stream, stream)


def _flow(
    versions: Iterable[StrategyVersion],
    parameters: Parameters,
    source: PlannedSource,
    into: dict[str, list[tuple[str, Record]]],
    build: Build,
) -> Dataflow:
    """The graph with a catalog of its own, that knows the control topic's versions as a fresh process does."""
    catalog = Catalog()
    for version in versions:
        catalog.add(version)
    flow = Dataflow("prove")
    feed: KeyedStream[FeedItem] = op.input("feed", flow, source)
    outputs = build(feed, catalog=catalog, tally=Tally(), parameters=parameters)
    for stream in streams():
        op.output(f"{stream}_out", getattr(outputs, stream), _Collect(into[topic_of(stream)]))
    return flow


def _execute(flow: Dataflow, workers: int, epoch: timedelta, store: RecoveryConfig | None) -> None:
    if workers == 1:
        run_main(flow, epoch_interval=epoch, recovery_config=store)  # type: ignore[no-untyped-call]  # Rust, stubbed without types
        return
    cluster_main(  # type: ignore[no-untyped-call]  # as above
        flow, [], 0, epoch_interval=epoch, recovery_config=store, worker_count_per_proc=workers
    )


def _store(folder: Path) -> RecoveryConfig:
    init_db_dir(folder, STORE_PARTITIONS)  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    return RecoveryConfig(folder)  # type: ignore[no-untyped-call]  # as above


class _Collect(DynamicSink[tuple[str, Record]]):
    """Into a list that all workers of this process share."""

    def __init__(self, into: list[tuple[str, Record]]) -> None:
        self._into = into

    def build(self, step_id: str, worker_index: int, worker_count: int) -> "_Collected":
        del step_id, worker_index, worker_count
        return _Collected(self._into)


class _Collected(StatelessSinkPartition[tuple[str, Record]]):
    def __init__(self, into: list[tuple[str, Record]]) -> None:
        self._into = into

    def write_batch(self, items: list[tuple[str, Record]]) -> None:
        self._into.extend(items)
