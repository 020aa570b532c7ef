"""`candelabra run` as processes of their own on Apache Kafka: polite ends, clusters, nothing twice."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dataflows.brokers.broker import Broker
from dataflows.settings import Settings
from tests.dataflows.deployment import Deployment, as_file, replayed, wait_until, walk
from tests.ui.cli.conftest import Cli
from ui.cli.files import read_strategy

pytestmark = pytest.mark.kafka

ROOT = Path(__file__).parents[3]


@contextmanager
def candelabra(*words: object) -> Iterator[subprocess.Popen[str]]:
    """The program in a process of its own, with this test's environment; killed if it is still there in the end."""
    command = [sys.executable, "-c", "from ui.cli.main import main; main()", *map(str, words)]
    process = subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str, str]:
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def children(process: subprocess.Popen[str]) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_ends_politely_with_its_last_figures(  # noqa: PLR0913, PLR0917  # fixtures and the case
    kafka_topics: Settings,
    apache_kafka: Broker,
    cli: Cli,
    strategy_file: Callable[..., Path],
    tmp_path: Path,
    number: signal.Signals,
) -> None:
    rows = walk(100)
    deployment = Deployment(apache_kafka, kafka_topics.topic_prefix, tmp_path)
    cli("strategy", "deploy", strategy_file(), "--wait", 0)
    cli("feed", as_file(rows, tmp_path / "walk.parquet").path)
    expected = replayed(rows, [read_strategy(strategy_file())], tmp_path)
    with candelabra("run", "--json", "--recovery", tmp_path / "recovery") as process:
        wait_until(lambda: len(deployment.signals()) >= len(expected))
        code, out, err = ended(process, number)
    assert (code, "Traceback" in err) == (0, False)
    counts = json.loads(out.splitlines()[-1])
    assert counts["candles"] == len(rows)
    assert counts["signals"] == {"swing": len(expected)}
    again = cli("run", "--once", "--recovery", tmp_path / "recovery", "--json")
    assert again.code == 0
    assert again.json["candles"] == 0
    assert deployment.signals() == expected


@pytest.mark.slow
def test_two_workers_then_one_then_three_give_what_one_would_have_given(
    kafka_topics: Settings, apache_kafka: Broker, cli: Cli, strategy_file: Callable[..., Path], tmp_path: Path
) -> None:
    rows = walk(300, symbols=["AAA", "BBB", "CCC", "DDD"])
    config = read_strategy(strategy_file())
    deployment = Deployment(apache_kafka, kafka_topics.topic_prefix, tmp_path)
    cli("strategy", "deploy", strategy_file(), "--wait", 0)
    parts = [as_file(rows[at : at + 400], tmp_path / f"{at}.parquet").path for at in (0, 400, 800)]
    recovery = ("--recovery", tmp_path / "recovery")
    cli("feed", parts[0])
    begun = replayed(rows[:400], [config], tmp_path)
    with candelabra("run", "--workers", 2, "--json", *recovery) as process:
        wait_until(lambda: len(deployment.signals()) >= len(begun), seconds=60)
        code, out, err = ended(process, signal.SIGTERM)
    assert (code, "Traceback" in err) == (0, False)
    assert json.loads(out.splitlines()[-1])["candles"] == 400
    cli("feed", parts[1])
    assert cli("run", "--once", "--json", *recovery).json["candles"] == 400
    cli("feed", parts[2])
    three = cli("run", "--workers", 3, "--once", "--json", *recovery)
    assert three.code == 0, three.err
    assert three.json["candles"] == 400
    assert deployment.signals() == replayed(rows, [config], tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the workers by Linux's /proc")
@pytest.mark.usefixtures("kafka_topics")
def test_a_cluster_that_loses_a_worker_ends_with_exit_code_1_and_leaves_nobody(tmp_path: Path) -> None:
    with candelabra("run", "--workers", 2, "--recovery", tmp_path / "recovery") as process:
        wait_until(lambda: len(children(process)) == 2)
        workers = children(process)
        assert process.stderr is not None
        said = [process.stderr.readline() for _ in workers]
        assert all("runs on" in line for line in said)
        os.kill(workers[0], signal.SIGKILL)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Traceback" not in err, err
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the workers by Linux's /proc")
@pytest.mark.usefixtures("kafka_topics")
def test_the_workers_of_a_supervisor_that_was_killed_end_by_themselves(tmp_path: Path) -> None:
    with candelabra("run", "--workers", 2, "--recovery", tmp_path / "recovery") as process:
        wait_until(lambda: len(children(process)) == 2)
        workers = children(process)
        assert process.stderr is not None
        for _ in workers:
            process.stderr.readline()
        process.kill()
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


@pytest.mark.usefixtures("kafka_topics")
def test_more_workers_than_the_store_has_partitions_are_refused(cli: Cli, tmp_path: Path) -> None:
    said = cli("run", "--workers", 5, "--recovery", tmp_path / "recovery", "--json")
    assert said.code == 1
    assert "has 4 partitions, which is the most workers that can share it" in said.json["error"]
