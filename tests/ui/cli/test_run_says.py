"""What `candelabra run` says: what it begins with, at once; what it has done; and of the next run only what is true."""

import os
import signal
from pathlib import Path

import pytest

from dataflows.brokers.broker import Broker
from dataflows.settings import Settings
from schemas import topics
from tests.dataflows.deployment import Deployment, walk
from tests.ui.cli.conftest import Cli
from tests.ui.cli.program import candelabra


def test_it_says_what_it_begins_with_before_it_waits_for_anything(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CANDELABRA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    alone = cli("run", "--once", "--wait", 0)
    assert alone.err.splitlines()[0] == "starting 1 worker on 127.0.0.1:1 without a recovery store"
    assert alone.err.count("error:") == 1
    several = cli("run", "--workers", 3, "--wait", 0, "--recovery", tmp_path)
    assert several.err.splitlines()[0] == f"starting 3 workers on 127.0.0.1:1 with the recovery store {tmp_path}"


@pytest.mark.kafka
def test_in_the_end_it_counts_what_was_refused_too(
    cli: Cli, kafka_topics: Settings, apache_kafka: Broker, tmp_path: Path
) -> None:
    deployment = Deployment(apache_kafka, kafka_topics.topic_prefix, tmp_path)
    deployment.candles(walk(2))
    deployment.produce(topics.CANDLES, [(b"k", b"junk")] * 3)
    said = cli("run", "--once")
    assert said.code == 0, said.err
    assert said.err.splitlines()[-1].endswith("signals, 3 dead letters")


@pytest.mark.kafka
@pytest.mark.usefixtures("kafka_topics")
def test_without_a_store_it_promises_no_snapshot_to_go_on_from() -> None:
    with candelabra("run", "--json") as program:
        program.until("1 worker runs on")
        [worker] = program.workers()
        os.kill(worker, signal.SIGSTOP)  # so that it cannot drain before the second signal
        program.send(signal.SIGTERM)
        program.until("draining")
        program.send(signal.SIGTERM)
        assert program.ended(20) == 128 + signal.SIGTERM
        last = program.err.splitlines()[-1]
    assert "nothing is lost" in last
    assert "the next run begins at the oldest candle" in last
    assert "goes on from" not in last
