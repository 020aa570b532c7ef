"""`candelabra run` through what happens to processes: kills, crash loops, errors that would come again."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic

from dataflows.brokers.broker import Broker
from dataflows.recovery.lock import Lock
from dataflows.settings import Settings, load
from schemas import topics
from tests.dataflows.deployment import Deployment, as_file, replayed, wait_until, walk
from tests.ui.cli.conftest import Cli
from tests.ui.cli.program import PATIENCE_SECONDS, candelabra, gone, listens
from ui.cli.files import read_strategy

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the workers by Linux's /proc")

SYMBOLS = ["AAA", "BBB", "CCC", "DDD"]


@pytest.fixture
def deployed(  # noqa: PLR0913, PLR0917  # fixtures
    any_broker: Broker,
    topic_prefix: str,
    cli: Cli,
    strategy_file: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Deployment:
    """A strategy and topics of this test's own, on either broker."""
    monkeypatch.setenv("CANDELABRA_BOOTSTRAP_SERVERS", any_broker.bootstrap_servers)
    monkeypatch.setenv("CANDELABRA_TOPIC_PREFIX", topic_prefix)
    monkeypatch.setenv("CANDELABRA_EPOCH_SECONDS", "0.1")
    monkeypatch.setenv("CANDELABRA_RECOVERY_DIR", str(tmp_path / "recovery"))
    assert cli("topics", "create", "--json").code == 0
    assert cli("strategy", "deploy", strategy_file(), "--wait", 0).code == 0
    return Deployment(any_broker, topic_prefix, tmp_path)


def fed(cli: Cli, deployment: Deployment, bars: int, begin: int = 0) -> int:
    """Feed a part of one walk."""
    rows = walk(1_000, symbols=SYMBOLS)[begin * len(SYMBOLS) : (begin + bars) * len(SYMBOLS)]
    assert cli("feed", as_file(rows, deployment.folder / f"{begin}.parquet").path).code == 0
    return begin + bars


def expected(strategy: Path, bars: int, folder: Path) -> list[str]:
    return replayed(walk(1_000, symbols=SYMBOLS)[: bars * len(SYMBOLS)], [read_strategy(strategy)], folder)


@pytest.mark.slow
@pytest.mark.parametrize("victim", [0, 1, 2])
def test_a_worker_that_is_killed_brings_the_cluster_back_and_nothing_is_lost_or_repeated(
    deployed: Deployment, cli: Cli, strategy_file: Callable[..., Path], tmp_path: Path, victim: int
) -> None:
    strategy = strategy_file()
    bars = fed(cli, deployed, 100)
    with candelabra("run", "--workers", 3, "--json") as program:
        wait_until(lambda: len(deployed.signals()) >= len(expected(strategy, 100, tmp_path)), PATIENCE_SECONDS)
        workers = program.workers()
        assert len(workers) == 3
        bars = fed(cli, deployed, 100, bars)
        os.kill(workers[victim], signal.SIGKILL)
        program.until(f"worker {victim} was ended by SIGKILL")
        bars = fed(cli, deployed, 100, bars)
        program.until("3 workers run", times=2)
        wait_until(lambda: len(deployed.signals()) >= len(expected(strategy, 300, tmp_path)), PATIENCE_SECONDS)
        assert all(gone(pid) for pid in workers)
        program.send(signal.SIGTERM)
        assert program.ended() == 0, program.err
        assert program.json["restarts"] == 1
        assert "Traceback" not in program.err
        assert "panicked" not in program.err
    assert deployed.signals() == expected(strategy, bars, tmp_path)


@pytest.mark.slow
@pytest.mark.kafka
def test_a_crash_loop_stops_with_its_cause(
    kafka_topics: Settings, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Killed again and again before anything is done."""
    monkeypatch.setenv("CANDELABRA_EPOCH_SECONDS", "60")
    with candelabra("run", "--json", "--recovery", tmp_path / "recovery") as program:
        for life in range(1, 6):
            program.until("1 worker runs on", times=life)
            os.kill(program.workers()[0], signal.SIGKILL)
        assert program.ended() == 1
        said = program.json["error"]
    assert "failed 5 times in a row" in said
    assert "The last cause: the worker was ended by SIGKILL" in said
    assert kafka_topics.topic_prefix
    assert cli("run", "--once", "--json", "--recovery", tmp_path / "recovery").code == 0


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_that_would_come_again_is_shown_and_not_tried_again(
    kafka_topics: Settings, cli: Cli, tmp_path: Path, workers: int
) -> None:
    """Also from one of several processes, where Bytewax itself would only say that a thread panicked."""
    admin = AdminClient({**kafka_topics.kafka_client_config(), "log_level": 0})
    control = topics.CONTROL.prefixed(kafka_topics.topic_prefix)
    admin.delete_topics([control])[control].result(20)
    wait_until(lambda: control not in admin.list_topics(timeout=10).topics)
    admin.create_topics([NewTopic(control, 2, 1, config={"cleanup.policy": "compact"})])[control].result(20)
    wait_until(lambda: control in admin.list_topics(timeout=10).topics)
    said = cli("run", "--workers", workers, "--json", "--recovery", tmp_path / "recovery")
    assert said.code == 1
    assert f"the topic '{control}' has 2 partitions, expected 1" in said.json["error"]
    assert said.err.count("error:") == 1
    assert "starts again" not in said.err
    assert "panic" not in said.err


@pytest.mark.slow
@pytest.mark.kafka
def test_the_cause_of_a_worker_that_fails_is_told_with_every_restart(
    kafka_topics: Settings, apache_kafka: Broker, cli: Cli, strategy_file: Callable[..., Path], tmp_path: Path
) -> None:
    """One that may pass: the broker refuses records of this size, until somebody sets the topic right."""
    deployment = Deployment(apache_kafka, kafka_topics.topic_prefix, tmp_path)
    assert cli("strategy", "deploy", strategy_file(), "--wait", 0).code == 0
    admin = AdminClient({**deployment.config, "log_level": 0})

    def limit(size: int) -> None:
        entry = ConfigEntry("max.message.bytes", str(size), incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource("topic", deployment.name(topics.SIGNALS), incremental_configs=[entry])
        admin.incremental_alter_configs([resource])[resource].result(20)

    limit(10)
    bars = fed(cli, deployment, 50)
    with candelabra("run", "--workers", 2, "--json", "--recovery", tmp_path / "recovery") as program:
        program.until("; the cluster starts again in")
        assert "panic" not in program.err
        assert deployment.name(topics.SIGNALS) in program.err
        limit(1_000_000)
        wait_until(lambda: len(deployment.signals()) == len(expected(strategy_file(), bars, tmp_path)), 120)
        program.send(signal.SIGTERM)
        assert program.ended() == 0, program.err
    assert deployment.signals() == expected(strategy_file(), bars, tmp_path)


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.parametrize("workers", [1, 3])
def test_the_workers_of_a_supervisor_that_was_killed_are_gone_within_a_second(
    kafka_topics: Settings, cli: Cli, tmp_path: Path, workers: int
) -> None:
    recovery = tmp_path / "recovery"
    assert kafka_topics.recovery_dir is None
    with candelabra("run", "--workers", workers, "--recovery", recovery) as program:
        program.until("run on" if workers > 1 else "runs on")
        children = program.workers()
        assert len(children) == workers
        program.process.kill()
        killed = time.monotonic()
        wait_until(lambda: all(gone(pid) for pid in children))
        assert time.monotonic() - killed < 1
        with Lock(recovery, wait_seconds=1):  # the last of a process to go are its open files
            pass
    assert cli("run", "--once", "--json", "--recovery", recovery).code == 0


@pytest.mark.slow
@pytest.mark.kafka
def test_a_worker_that_is_asked_to_end_by_itself_ends_with_its_cluster(kafka_topics: Settings, tmp_path: Path) -> None:
    assert load() == kafka_topics
    with candelabra("run", "--workers", 2, "--json", "--recovery", tmp_path / "recovery") as program:
        program.until("2 workers run on")
        first = program.workers()[0]
        wait_until(lambda: listens(first, signal.SIGTERM), PATIENCE_SECONDS)  # before that a signal is a kill
        os.kill(first, signal.SIGTERM)
        assert program.ended() == 0, program.err
        assert "draining" in program.err
        assert json.dumps(program.json).count("restarts") == 1
