"""`candelabra run` on Apache Kafka: polite ends, clusters, nothing twice."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from dataflows.brokers.broker import Broker
from dataflows.settings import Settings
from tests.dataflows.deployment import Deployment, as_file, replayed, wait_until, walk
from tests.ui.cli.conftest import Cli
from tests.ui.cli.program import PATIENCE_SECONDS, candelabra
from ui.cli.files import read_strategy

pytestmark = pytest.mark.kafka


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
    with candelabra("run", "--json", "--recovery", tmp_path / "recovery") as program:
        wait_until(lambda: len(deployment.signals()) >= len(expected), PATIENCE_SECONDS)
        program.send(number)
        assert program.ended() == 0
        assert "Traceback" not in program.err
        counts = program.json
    assert (counts["candles"], counts["restarts"]) == (len(rows), 0)
    assert counts["signals"] == {"swing": len(expected)}
    again = cli("run", "--once", "--recovery", tmp_path / "recovery", "--json")
    assert again.code == 0, again.err
    assert again.json["candles"] == 0
    assert (
        set(again.json)
        == set(counts)
        == {
            "candles",
            "evaluations",
            "signals",
            "dead_letters",
            "seconds",
            "restarts",
        }
    )
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
    with candelabra("run", "--workers", 2, "--json", *recovery) as program:
        wait_until(lambda: len(deployment.signals()) >= len(begun), PATIENCE_SECONDS)
        program.send(signal.SIGTERM)
        assert program.ended() == 0
        assert "Traceback" not in program.err
        assert program.json["candles"] == 400
    cli("feed", parts[1])
    assert cli("run", "--once", "--json", *recovery).json["candles"] == 400
    cli("feed", parts[2])
    three = cli("run", "--workers", 3, "--once", "--json", *recovery)
    assert three.code == 0, three.err
    assert three.json["candles"] == 400
    assert deployment.signals() == replayed(rows, [config], tmp_path)


@pytest.mark.usefixtures("kafka_topics")
def test_more_workers_than_the_store_has_partitions_are_refused(cli: Cli, tmp_path: Path) -> None:
    said = cli("run", "--workers", 5, "--recovery", tmp_path / "recovery", "--json")
    assert said.code == 1
    assert "it has 4 partitions, which is the most workers that can share it" in said.json["error"]


def test_a_run_cannot_begin_both_as_promised_and_cold(cli: Cli, tmp_path: Path) -> None:
    said = cli("run", "--rebuild", "--cold", "--recovery", tmp_path / "recovery")
    assert said.code == 2
    assert "--rebuild and --cold exclude each other" in said.err
    assert not (tmp_path / "recovery").exists()


def test_what_is_there_already_is_set_aside_and_made_again(
    kafka_topics: Settings, apache_kafka: Broker, cli: Cli, strategy_file: Callable[..., Path], tmp_path: Path
) -> None:
    rows = walk(60)
    deployment = Deployment(apache_kafka, kafka_topics.topic_prefix, tmp_path)
    cli("strategy", "deploy", strategy_file(), "--wait", 0)
    cli("feed", as_file(rows, tmp_path / "walk.parquet").path)
    for flags in ((), ("--rebuild",), ("--cold",)):
        said = cli("run", "--once", "--json", "--recovery", tmp_path / "recovery", *flags)
        assert (said.code, said.json["candles"]) == (0, len(rows)), said.err
    assert "it is not promised" in said.err
    assert deployment.signals() == replayed(rows, [read_strategy(strategy_file())], tmp_path)
