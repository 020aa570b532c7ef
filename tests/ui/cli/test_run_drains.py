"""A signal at any time of `candelabra run`: the end is polite, said, and the next run goes on from it."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dataflows.brokers.apache_kafka import ApacheKafka
from dataflows.brokers.broker import Broker
from dataflows.brokers.ports import free_port
from dataflows.recovery.lock import Lock
from dataflows.settings import Settings
from schemas import topics
from schemas.signal import Signal
from tests.dataflows.deployment import Deployment, as_file, lines, replayed, wait_until, walk
from tests.ui.cli.conftest import Cli
from tests.ui.cli.program import PATIENCE_SECONDS, Program, candelabra, gone
from ui.cli.files import read_strategy

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

BOTH = [signal.SIGTERM, signal.SIGINT]


@pytest.fixture
def recovery(tmp_path: Path) -> Path:
    return tmp_path / "recovery"


def ends_at_once_by_a_second(program: Program, number: signal.Signals) -> None:
    program.send(number)
    assert program.ended(10) == 128 + number
    assert "ended at once by a second signal: nothing is lost" in program.err
    assert program.json["error"].startswith("ended at once by a second signal")


@pytest.fixture
def fed(
    kafka_topics: Settings, apache_kafka: Broker, cli: Cli, strategy_file: Callable[..., Path], tmp_path: Path
) -> Deployment:
    """A strategy, and candles to work."""
    deployment = Deployment(apache_kafka, kafka_topics.topic_prefix, tmp_path)
    assert cli("strategy", "deploy", strategy_file(), "--wait", 0).code == 0
    assert cli("feed", as_file(walk(200), tmp_path / "walk.parquet").path).code == 0
    return deployment


def goes_on(deployment: Deployment, cli: Cli, strategy: Path, recovery: Path) -> None:
    """What follows works the rest, and all is there once."""
    again = cli("run", "--once", "--json", "--recovery", recovery)
    assert again.code == 0, again.err
    assert deployment.signals() == replayed(walk(200), [read_strategy(strategy)], deployment.folder)


@pytest.mark.parametrize("number", BOTH)
def test_while_it_waits_for_a_broker(monkeypatch: pytest.MonkeyPatch, recovery: Path, number: signal.Signals) -> None:
    monkeypatch.setenv("CANDELABRA_BOOTSTRAP_SERVERS", f"127.0.0.1:{free_port()}")
    with candelabra("run", "--workers", 2, "--json", "--recovery", recovery) as program:
        program.until("waiting for a Kafka broker")
        workers = program.workers()
        program.send(number)
        assert program.ended() == 0
        assert "ended while no worker ran" in program.err
        assert (program.json["candles"], program.json["restarts"]) == (0, 0)
    assert all(gone(pid) for pid in workers)
    assert not recovery.exists()


def test_a_second_one_while_it_waits_for_a_broker(monkeypatch: pytest.MonkeyPatch, recovery: Path) -> None:
    """Both at once: the main thread, which waits in the client, may hear of none before it is over."""
    monkeypatch.setenv("CANDELABRA_BOOTSTRAP_SERVERS", f"127.0.0.1:{free_port()}")
    with candelabra("run", "--json", "--recovery", recovery) as program:
        program.until("waiting for a Kafka broker")
        program.send(signal.SIGINT)
        program.send(signal.SIGTERM)
        assert program.ended() in {0, 130, 143}  # 0 where it was over before the second; sent together they may swap
    assert not recovery.exists()


@pytest.mark.parametrize("after", [0.0, 0.1, 0.4, 1.5])
@pytest.mark.parametrize("workers", [1, 3])
def test_while_the_workers_begin(  # noqa: PLR0913, PLR0917  # fixtures and the case
    fed: Deployment, cli: Cli, strategy_file: Callable[..., Path], recovery: Path, after: float, workers: int
) -> None:
    """From the moment they may go: some still load, connect to each other, build their parts, or work already."""
    with candelabra("run", "--workers", workers, "--json", "--recovery", recovery) as program:
        program.until("run on" if workers > 1 else "runs on")
        time.sleep(after)
        program.send(signal.SIGTERM)
        assert program.ended() == 0, program.err
        assert "draining" in program.err
        assert program.json["restarts"] == 0
    goes_on(fed, cli, strategy_file(), recovery)


def test_a_second_one_while_they_begin(
    fed: Deployment, cli: Cli, strategy_file: Callable[..., Path], recovery: Path
) -> None:
    with candelabra("run", "--workers", 2, "--json", "--recovery", recovery) as program:
        program.until("2 workers run on")
        workers = program.workers()
        program.send(signal.SIGTERM)
        program.until("draining")
        ends_at_once_by_a_second(program, signal.SIGINT)
    wait_until(lambda: all(gone(pid) for pid in workers))
    with Lock(recovery, wait_seconds=0):
        pass
    goes_on(fed, cli, strategy_file(), recovery)


@pytest.mark.parametrize("second", [None, signal.SIGTERM])
def test_while_it_backs_off(
    fed: Deployment, cli: Cli, strategy_file: Callable[..., Path], recovery: Path, second: signal.Signals | None
) -> None:
    with candelabra("run", "--workers", 2, "--json", "--recovery", recovery) as program:
        for life in range(1, 4):  # the third backoff is of two seconds
            program.until("2 workers run on", times=life)
            os.kill(program.workers()[0], signal.SIGKILL)
            program.until("the cluster starts again in", times=life)
        program.send(signal.SIGTERM)
        if second is None:
            assert program.ended() == 0
            assert "ended while no worker ran: the next run goes on from the last snapshot" in program.err
        else:
            program.send(second)
            assert program.ended() in {0, 128 + second}  # it may be over before the second comes
    goes_on(fed, cli, strategy_file(), recovery)


@pytest.fixture
def own_kafka(kafka_can_start: None) -> Iterator[ApacheKafka]:
    """A broker that this test alone stops."""
    assert kafka_can_start is None
    with ApacheKafka() as broker:
        yield broker


def test_a_broker_that_stands_still_holds_the_last_snapshot_up_and_a_second_signal_does_not_wait(
    own_kafka: ApacheKafka,
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
    strategy_file: Callable[..., Path],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("CANDELABRA_BOOTSTRAP_SERVERS", own_kafka.bootstrap_servers)
    monkeypatch.setenv("CANDELABRA_EPOCH_SECONDS", "60")
    monkeypatch.setenv("CANDELABRA_RECOVERY_DIR", str(tmp_path / "recovery"))
    assert cli("topics", "create").code == 0
    deployment = Deployment(own_kafka, "", tmp_path)
    assert cli("strategy", "deploy", strategy_file(), "--wait", 0).code == 0
    rows, config = walk(300), read_strategy(strategy_file())

    def run(begin: int, end: int) -> Iterator[Program]:
        """Work some candles, with the broker stopped in between, and ask for the end."""
        assert cli("feed", as_file(rows[2 * begin : 2 * end], tmp_path / f"{end}.parquet").path).code == 0
        with candelabra("run", "--workers", 2, "--json") as program:
            count = len(replayed(rows[: 2 * end], [config], tmp_path))
            wait_until(lambda: len(deployment.records(topics.SIGNALS, Signal)) == count, PATIENCE_SECONDS)
            own_kafka.pause()
            program.send(signal.SIGTERM)
            program.until("draining")
            yield program

    for program in run(0, 100):
        time.sleep(2)
        own_kafka.resume()
        assert program.ended() == 0, program.err
    for program in run(100, 200):
        time.sleep(1)
        if program.process.poll() is None:  # else nothing was left to be acknowledged
            ends_at_once_by_a_second(program, signal.SIGTERM)
        own_kafka.resume()
    again = cli("run", "--once", "--workers", 2, "--json")
    assert again.code == 0, again.err
    assert lines(deployment.records(topics.SIGNALS, Signal)) == replayed(rows[:400], [config], tmp_path)


def test_broker_and_topics_may_come_after_the_run(
    own_kafka: ApacheKafka,
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
    strategy_file: Callable[..., Path],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("CANDELABRA_BOOTSTRAP_SERVERS", own_kafka.bootstrap_servers)
    own_kafka.kill()
    rows, config = walk(100), read_strategy(strategy_file())
    with candelabra("run", "--workers", 2, "--json", "--recovery", tmp_path / "recovery") as program:
        program.until("waiting for a Kafka broker", times=2)
        time.sleep(5)
        own_kafka.restart()
        program.until("has no candles, control, ")
        assert cli("topics", "create").code == 0
        assert cli("strategy", "deploy", strategy_file(), "--wait", 0).code == 0
        assert cli("feed", as_file(rows, tmp_path / "walk.parquet").path).code == 0
        deployment = Deployment(own_kafka, "", tmp_path)
        expected = replayed(rows, [config], tmp_path)
        wait_until(lambda: len(deployment.records(topics.SIGNALS, Signal)) == len(expected), PATIENCE_SECONDS)
        program.send(signal.SIGTERM)
        assert program.ended() == 0, program.err
        assert program.json["restarts"] == 0
    assert deployment.signals() == expected


def test_what_does_not_come_is_named_when_it_gives_up(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("CANDELABRA_BOOTSTRAP_SERVERS", address)
    said = cli("run", "--wait", 2, "--json")
    assert said.code == 1
    assert f"no Kafka broker answered at {address} within 2 s. The connection was refused" in said.json["error"]
    assert said.err.count("waiting for a Kafka broker") == 1
    assert said.err.count("error:") == 1
