"""A worker that reads no partition of the candles: every key may be on it, and every version has to be known there."""

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from threading import get_ident

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.operators import KeyedStream
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import TestingSink, TestingSource, cluster_main

from dataflows.brokers.broker import Broker
from dataflows.graph import FeedItem, build
from operators.strategy.catalog import Catalog
from operators.strategy.compile import CompiledStrategy
from operators.tally import Tally
from schemas import topics
from schemas.composite import Composite
from schemas.lifecycle import StrategyVersion
from schemas.record import Record
from tests.dataflows.deployment import Deployment, replayed, swing, version, walk, wanted
from tests.dataflows.test_graph import PARAMETERS, VERSIONS, Item, Marked, Output, by_key, feed, run
from tests.dataflows.told_apart import told_apart
from tests.operators.plain_engine import scripted

WORKERS = 3


class OneForEachWorker(Catalog):
    """A catalog that no worker shares with another, as if each were a process of its own: here they are threads.

    They are told apart by number: to ``threading.local`` a thread that Python did not start is new with every call.
    """

    def __init__(self) -> None:
        super().__init__(scripted)
        self._catalogs: dict[int, Catalog] = defaultdict(lambda: Catalog(scripted))

    @property
    def own(self) -> Catalog:
        return self._catalogs[get_ident()]

    def add(self, version: StrategyVersion) -> CompiledStrategy:
        return self.own.add(version)

    def get(self, strategy: str, version: int) -> CompiledStrategy:
        return self.own.get(strategy, version)

    def version(self, strategy: str, version: int) -> StrategyVersion:
        return self.own.version(strategy, version)

    def fingerprint(self, strategy: str, version: int) -> str:
        return self.own.fingerprint(strategy, version)


class Feed(TestingSource[Item]):
    """One part, that one worker reads. As the live source does, each worker learns the versions before that."""

    def __init__(self, items: Sequence[Marked], catalog: Catalog, known: Sequence[StrategyVersion]) -> None:
        super().__init__(items, batch_size=3)
        self._catalog, self._known = catalog, known

    def list_parts(self) -> list[str]:
        for one in self._known:
            self._catalog.add(one)
        parts: list[str] = super().list_parts()  # type: ignore[no-untyped-call]  # Bytewax does not type it
        return parts


def run_stopped(items: Sequence[Item], every: int, folder: Path, *, known: Sequence[StrategyVersion]) -> Output:
    """The feed on three workers, stopped and gone on with after so many items."""
    marked: list[Marked] = []
    for number, item in enumerate(items):
        marked += [item, TestingSource.EOF()] if number % every == every - 1 else [item]
    init_db_dir(folder, 1)  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    store = RecoveryConfig(folder)  # type: ignore[no-untyped-call]  # as above
    into: dict[str, list[tuple[str, Record]]] = defaultdict(list)
    for _ in range(len(items) // every + 1):
        flow, catalog = Dataflow("graph_under_test"), OneForEachWorker()
        source: KeyedStream[FeedItem] = op.input("feed", flow, Feed(marked, catalog, known))
        out = build(source, catalog=catalog, tally=Tally(), parameters=PARAMETERS)
        for stream in dataclasses.fields(out):
            op.output(f"{stream.name}_out", getattr(out, stream.name), TestingSink(into[stream.name]))
        cluster_main(  # type: ignore[no-untyped-call]  # as above
            flow, [], 0, worker_count_per_proc=WORKERS, epoch_interval=timedelta(0), recovery_config=store
        )
    return by_key(into)


def test_workers_that_share_no_catalog_give_what_one_worker_gives(tmp_path: Path) -> None:
    """Without a stop every version comes with what is about it; composites ask nobody."""
    items = feed()
    assert told_apart(run_stopped(items, len(items) + 1, tmp_path, known=()), run(items)) == []


def test_stopped_and_resumed_they_still_do_once_each_has_read_the_versions(tmp_path: Path) -> None:
    items = feed()
    assert told_apart(run_stopped(items, 150, tmp_path, known=VERSIONS), run(items)) == []


@pytest.mark.kafka
def test_processes_that_read_no_candles_go_on_after_a_stop(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    strategies, rows = [swing(f"s{number}", 30 + number, 60) for number in range(4)], walk(200)
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path, partitions=1).create()
    for one in strategies:
        deployment.command(version(one), wanted(one.id))
    for part in (rows[:300], rows[300:]):
        deployment.candles(part)
        deployment.run_cluster(WORKERS)
    expected = replayed(rows, strategies, tmp_path)
    assert len(expected) > 100
    assert deployment.signals() == expected
    assert deployment.messages(topics.DEAD_LETTER) == []
    assert deployment.records(topics.COMPOSITES, Composite) == [], "each runs on one timeframe"
