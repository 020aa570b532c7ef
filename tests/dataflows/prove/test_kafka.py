"""The proof's part on Apache Kafka: real worker processes give what the graph in memory gives."""

from dataclasses import replace
from pathlib import Path

import pytest

from dataflows.brokers.broker import Broker
from dataflows.errors import WorkerFailed
from dataflows.prove import kafka
from dataflows.prove.cases import reference
from dataflows.prove.happenings import pinned
from dataflows.prove.inputs import generated_input
from dataflows.prove.kafka_cluster import Cluster
from dataflows.prove.run import emitted
from schemas.portfolio_event import PortfolioEvent

GIVEN = generated_input(7, 300)


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.parametrize("case", kafka.SMALL, ids=lambda case: case.name)
def test_workers_of_their_own_write_the_same_bytes(case: kafka.KafkaCase, apache_kafka: Broker) -> None:
    told: list[str] = []
    (found,) = kafka.prove_on_kafka(apache_kafka.bootstrap_servers, GIVEN, [case], seed=7, progress=told.append)
    assert found.differences == []
    assert found.records["signals"] > 50
    assert told[-1] == f"generated 7: {case.name}"


@pytest.mark.kafka
@pytest.mark.slow
def test_what_accounts_and_a_portfolio_say_is_there_once_after_a_sigkill(apache_kafka: Broker) -> None:
    """In what is compared the portfolio's kill switch trips, flattens, and is reset; twice."""
    by_topic = emitted(pinned(GIVEN), reference())
    events = [one for one in by_topic["executions"]["portfolio:everything"] if isinstance(one, PortfolioEvent)]
    assert [one.event for one in events if one.event in {"tripped", "reset"}] == ["tripped", "reset"] * 2
    assert {"configured", "followed", "refused", "leaving"} < {one.event for one in events}
    assert min(len(by_topic[topic]["portfolio:everything"]) for topic in ("metrics", "equity")) > 50
    case = kafka.KafkaCase("killed with 2", (kafka.Leg(2, "kill"),), 2)
    (found,) = kafka.prove_on_kafka(apache_kafka.bootstrap_servers, GIVEN, [case], seed=11)
    assert found.differences == []
    assert min(found.records[topic] for topic in ("positions", "metrics", "equity", "executions")) > 50


@pytest.mark.kafka
@pytest.mark.slow
def test_what_is_missing_on_a_topic_is_found(apache_kafka: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    less = replace(GIVEN, rows=[row for row in GIVEN.rows if row[0] != "AAA"])
    monkeypatch.setattr(kafka, "emitted", lambda _given, case: emitted(less, case))
    (found,) = kafka.prove_on_kafka(apache_kafka.bootstrap_servers, GIVEN, kafka.CASES[:1], seed=7)
    keys = [one.key.split("|") for one in found.differences if one.topic == "signals"]
    assert {symbol for strategy, symbol, _ in keys if strategy != "together"} == {"AAA"}
    assert {symbol for strategy, symbol, _ in keys if strategy == "together"} > {"AAA"}, "it waits for all of them"


def test_a_worker_that_fails_is_an_error_with_what_it_said(tmp_path: Path) -> None:
    settings = {"bootstrap_servers": "", "recovery_dir": str(tmp_path)}
    with (
        Cluster(settings, 1, follow=False) as cluster,
        pytest.raises(WorkerFailed, match=r"(?s)ended with \[1\], expected 0 of each.*CANDELABRA_BOOTSTRAP_SERVERS"),
    ):
        cluster.finish()
