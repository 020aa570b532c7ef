"""`candelabra portfolio explain`: of a deployment on Apache Kafka, and of what a replay wrote: the same."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dataflows.brokers.broker import Broker
from dataflows.live import Live
from dataflows.portfolio_client import PortfolioClient
from dataflows.settings import Settings
from dataflows.worker import run_worker
from schemas.portfolio import PortfolioConfig
from schemas.portfolio_event import PortfolioEvent
from tests.dataflows.deployment import Deployment, as_file, swing, version, walk, wanted
from tests.ui.cli.conftest import Cli

Write = Callable[..., Path]

BARS = 120
MAIN = {
    "id": "main",
    "symbols": ["AAA", "BBB"],
    "strategies": ["swing"],
    "kill_switch": {"action": "flatten", "max_drawdown": 0.0001},
}


@pytest.fixture
def replayed(cli: Cli, strategy_file: Write, tmp_path: Path) -> Path:
    """What a replay wrote, with a portfolio whose kill switch trips."""
    path = tmp_path / "main.json"
    path.write_text(json.dumps(MAIN), encoding="utf-8")
    candles = as_file(walk(BARS, symbols=("AAA", "BBB")), tmp_path / "walk.parquet").path
    said = cli("replay", candles, strategy_file(), "--portfolio", path, "--out", tmp_path / "out")
    assert said.code == 0
    return tmp_path / "out"


def refused(folder: Path) -> PortfolioEvent:
    lines = (folder / "executions.jsonl").read_text("utf-8").splitlines()
    events = [PortfolioEvent.model_validate_json(one) for one in lines if '"portfolio":"' in one]
    return next(one for one in events if one.event == "refused")


def test_a_refusal_is_told_with_its_limit_and_what_stood_against_it(cli: Cli, replayed: Path) -> None:
    event = refused(replayed)
    assert event.limit is not None
    said = cli("portfolio", "explain", "main", f"{event.close_time:%Y-%m-%dT%H:%M}", "--replayed", replayed)
    assert said.code == 0
    told = f"max_drawdown, allowed 0.0001, actual {event.limit.actual:.8g}, lifted by a reset"
    assert f"    refused    swing on {event.symbol} 1m: {told}" in said.out
    assert "refused 1 entry" in said.out
    assert "kill switch tripped at 2025-01-01 " in said.out
    assert "before it at 2025-01-01 " in said.out


def test_of_a_time_after_the_last_record_it_says_that_it_does_not_know(cli: Cli, replayed: Path) -> None:
    said = cli("portfolio", "explain", "main", "2031-01-01T00:00", "--replayed", replayed)
    assert said.code == 0
    assert "Nothing is known of it after 2025-01-01 01:57 UTC, its last record: it held nothing, " in said.out
    assert "It did nothing" not in said.out
    assert cli("portfolio", "explain", "main", "2031-01-01", "--replayed", replayed, "--json").json["is_known"] is False


def test_what_is_not_there_is_one_message(cli: Cli, replayed: Path) -> None:
    said = cli("portfolio", "explain", "mian", "2025-01-01", "--replayed", replayed, "--json")
    assert said.code == 1
    assert "has nothing of a portfolio 'mian' (did you mean \"main\"?)" in said.json["error"]
    assert "expected a time such as" in cli("portfolio", "explain", "main", "noon", "--replayed", replayed).err


@pytest.mark.kafka
def test_a_deployment_explains_itself_as_its_replay_does(
    cli: Cli, kafka_topics: Settings, apache_kafka: Broker, replayed: Path, tmp_path: Path
) -> None:
    deployment = Deployment(apache_kafka, kafka_topics.topic_prefix, tmp_path)
    deployment.command(version(swing("swing")), wanted("swing"))
    PortfolioClient(kafka_topics).apply(PortfolioConfig.model_validate(MAIN, strict=False))
    waiting = cli("portfolio", "explain", "main", "2025-01-01", "--json")
    assert "portfolio 'main' has not begun: the topic executions has nothing of it" in waiting.json["error"]
    deployment.candles(walk(BARS, symbols=("AAA", "BBB")))
    run_worker(Live(deployment.settings, bounded=True))
    time = f"{refused(replayed).close_time:%Y-%m-%dT%H:%M}"
    live = cli("portfolio", "explain", "main", time, "--json").json
    of_replay = cli("portfolio", "explain", "main", time, "--replayed", replayed, "--json").json
    for what in ("summary", "events", "after", "switch", "equity"):
        assert live[what] == of_replay[what], what
    assert [one["id"] for one in live["before"]] == [one["id"] for one in of_replay["before"]]
    assert live["source"] == "from the topics"
