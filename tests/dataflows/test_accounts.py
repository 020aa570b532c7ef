"""What the accounts of strategies say comes out of the graph, to topics of its own, the same however it is run."""

import dataclasses
import json
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.operators import KeyedStream
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import TestingSink, TestingSource, cluster_main, run_main

from dataflows.graph import FeedItem, Outputs, build
from dataflows.kafka.record_types import RECORDS_OF
from dataflows.prove.run import topic_of
from dataflows.replay import Replayed, replay
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas import topics
from schemas.audit import Execution
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.portfolio_event import PortfolioEvent
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.position import PositionChange
from schemas.record import Record
from schemas.signal import Signal
from schemas.trade import Trade
from tests.dataflows.accounts import Accounting, told
from tests.dataflows.deployment import as_file, swing, walk
from tests.dataflows.test_graph import PARAMETERS, VERSIONS, Item, feed
from tests.operators.plain_engine import scripted

OF_ACCOUNTS = ("positions", "metrics", "equity", "executions")

Streams = dict[str, dict[str, list[Any]]]
"""Records by stream and key."""


@pytest.fixture(autouse=True)
def _with_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataflows.graph.StrategyStep", Accounting)


@pytest.fixture(scope="module")
def items() -> list[Item]:
    return feed(candles=80)


def flow(items: list[Any], into: dict[str, list[tuple[str, Record]]]) -> Dataflow:
    """The graph between a list and a list for each stream."""
    catalog = Catalog(scripted)
    for one in VERSIONS:
        catalog.add(one)
    made = Dataflow("accounts")
    source: KeyedStream[FeedItem] = op.input("feed", made, TestingSource(items, batch_size=3))
    out = build(source, catalog=catalog, tally=Tally(), parameters=PARAMETERS)
    for stream in dataclasses.fields(Outputs):
        op.output(f"{stream.name}_out", getattr(out, stream.name), TestingSink(into[stream.name]))
    return made


def by_key(into: dict[str, list[tuple[str, Record]]]) -> Streams:
    found: Streams = {}
    for stream, records in into.items():
        keys: dict[str, list[Record]] = defaultdict(list)
        for key, record in records:
            keys[key].append(record)
        found[stream] = dict(keys)
    return found


def run(items: list[Item]) -> Streams:
    into: dict[str, list[tuple[str, Record]]] = defaultdict(list)
    run_main(flow(items, into))  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    return by_key(into)


def test_each_stream_has_what_the_accounts_said_and_nothing_else(items: list[Item]) -> None:
    found = run(items)
    said = [record for signals in found["signals"].values() for signal in signals for record in told(signal)]
    assert len(said) > 100
    for stream in OF_ACCOUNTS:
        kinds = RECORDS_OF[topic_of(stream)]
        expected: dict[str, list[Record]] = defaultdict(list)
        for record in said:
            if isinstance(record, kinds):
                expected[record.key].append(record)  # type: ignore[attr-defined]  # each of these has one
        assert found[stream] == dict(expected)
    assert {type(record) for records in found["positions"].values() for record in records} == {PositionChange, Trade}
    assert {type(record) for records in found["signals"].values() for record in records} == {Signal}


def test_two_workers_give_what_one_gives(items: list[Item]) -> None:
    expected = run(items)
    into: dict[str, list[tuple[str, Record]]] = defaultdict(list)
    cluster_main(flow(items, into), [], 0, worker_count_per_proc=2)  # type: ignore[no-untyped-call]  # as above
    assert by_key(into) == expected


def test_stop_and_resume_gives_what_an_uninterrupted_run_gives(items: list[Item], tmp_path: Path) -> None:
    marked: list[Any] = []
    for number, item in enumerate(items):
        marked += [item, TestingSource.EOF()] if number % 30 == 29 else [item]
    init_db_dir(tmp_path, 1)  # type: ignore[no-untyped-call]  # as above
    store = RecoveryConfig(tmp_path)  # type: ignore[no-untyped-call]  # as above
    into: dict[str, list[tuple[str, Record]]] = defaultdict(list)
    for _ in range(len(items) // 30 + 1):
        run_main(flow(marked, into), epoch_interval=timedelta(0), recovery_config=store)  # type: ignore[no-untyped-call]  # as above
    assert by_key(into) == run(items)


def replayed(folder: Path) -> Replayed:
    return replay(as_file(walk(200), folder / "small.parquet"), [swing("fast", 45, 55), swing("slow", 35, 65)])


def test_a_replay_writes_them_in_order_of_event_time_and_all_metrics(tmp_path: Path) -> None:
    result = replayed(tmp_path)
    written = {path.stem: path.read_text().splitlines() for path in result.write(tmp_path / "out")}
    assert {*OF_ACCOUNTS} <= {*written}
    signals = result.topics()["signals"]
    assert len(written["metrics"]) == len(written["executions"]) == len(signals) > 50
    for name in ("metrics", "equity", "executions"):
        lines = [json.loads(line) for line in written[name]]
        order = [(one["close_time"], one["strategy"], one["symbol"]) for one in lines]
        assert order == sorted(order)
    said = [record for signal in signals if isinstance(signal, Signal) for record in told(signal)]
    points = [record for record in said if isinstance(record, EquityPoint)]
    assert result.topics()["equity"] == sorted(points, key=lambda one: (one.close_time, one.key))


def test_a_trade_follows_the_change_that_ends_it(tmp_path: Path) -> None:
    records = list(replayed(tmp_path).topics()["positions"])
    trades = [place for place, record in enumerate(records) if isinstance(record, Trade)]
    assert len(trades) > 20
    for place in trades:
        before, trade = records[place - 1], records[place]
        assert isinstance(before, PositionChange)
        assert isinstance(trade, Trade)
        assert (before.change, before.key, before.close_time) == ("closed", trade.key, trade.exit_time)


def test_how_long_it_took_is_with_the_record_and_not_in_the_file(tmp_path: Path) -> None:
    executions = replayed(tmp_path).executions
    assert {one.microseconds is not None for one in executions} == {True}
    assert not any("microseconds" in one.model_dump_json() for one in executions)


def test_every_stream_of_the_graph_goes_to_a_topic_whose_records_are_known() -> None:
    names = {topic_of(stream.name) for stream in dataclasses.fields(Outputs)}
    assert names <= RECORDS_OF.keys()
    assert RECORDS_OF[topics.METRICS.name] == (StrategyMetrics, PortfolioMetrics)
    assert RECORDS_OF[topics.EXECUTIONS.name] == (Execution, PortfolioEvent)
