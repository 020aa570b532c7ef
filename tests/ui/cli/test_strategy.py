"""`candelabra strategy`: files checked without a broker; commands to a worker that runs, on Apache Kafka."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dataflows.brokers.broker import Broker
from dataflows.control_client import ControlClient
from dataflows.settings import Settings
from tests.dataflows.deployment import Deployment, wait_until, walk
from tests.ui.cli.conftest import Cli, Said

Write = Callable[..., Path]

SERIES = {"AAA", "BBB", "CCC"}


def acted(said: Said, state: str, version: int = 1) -> bool:
    """Whether every series took this state and names the bar from which it holds."""
    assert said.code == 0, said.err
    answers: list[dict[str, Any]] = [one for one in said.json["answers"] if one["symbol"]]
    assert {one["symbol"] for one in answers} == SERIES
    assert all(one["effective_bar"] for one in answers)
    return {(one["state"], one["version"]) for one in answers} == {(state, version)}


@pytest.mark.kafka
@pytest.mark.slow
def test_every_command_is_answered_with_the_bar_from_which_it_holds(
    cli: Cli, busy: Settings, strategy_file: Write
) -> None:
    first, second = strategy_file(), strategy_file(low=40)
    wait = ("--wait", 20, "--json")
    assert acted(cli("strategy", "deploy", first, *wait), "running")
    assert acted(cli("strategy", "pause", "swing", *wait), "paused")
    assert acted(cli("strategy", "resume", "swing", *wait), "running")
    assert acted(cli("strategy", "stop", "swing", *wait), "stopped")
    assert acted(cli("strategy", "start", "swing", *wait), "running")
    assert acted(cli("strategy", "restart", "swing", *wait), "running")
    assert acted(cli("strategy", "update", second, *wait), "running", version=2)
    [row] = cli("strategy", "list", "--json").json["strategies"]
    assert row == {
        "strategy": "swing",
        "version": 2,
        "wanted": "running",
        "effective_from": None,
        "timeframes": ["*"],
        "series": {"1m": 3},
        "actual": {"running": 3},
    }
    shown = cli("strategy", "show", "swing", "--json")
    assert shown.json["versions"] == [1, 2]
    assert shown.json["config"]["signals"][0]["expression"] == "rsi < 40"
    assert len(shown.json["status"]) == 1 + len(SERIES)

    later = cli("strategy", "stop", "swing", "--effective-from", "2031-01-01", "--wait", 2, "--json")
    assert later.code == 0
    assert [one["state"] for one in later.json["answers"]] == ["accepted"]
    assert ControlClient(busy).statuses()["swing|AAA|1m"].state == "running"
    listed = cli("strategy", "list")
    assert "stopped from 2031-01-01 00:00" in listed.out
    assert "3 running" in listed.out
    assert "AAA 1m" in cli("strategy", "show", "swing").out


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.usefixtures("busy")
def test_a_day_answers_at_once_with_the_bar_that_is_forming(cli: Cli, strategy_file: Write) -> None:
    """The bars of one symbol at one candle: of every timeframe the one that this candle is in."""
    file = strategy_file(symbols=["AAA"], timeframes=["1m", "1d", "swing", "30s"])
    said = cli("strategy", "deploy", file, "--wait", 20, "--json")
    assert said.code == 0
    by_series = {one["timeframe"]: one for one in said.json["answers"] if one["symbol"]}
    states = {timeframe: one["state"] for timeframe, one in by_series.items()}
    assert states == {"1m": "running", "1d": "running", "30s": "quarantined"}
    minute, day = by_series["1m"]["effective_bar"], by_series["1d"]["effective_bar"]
    assert day == f"{minute[:10]}T00:00:00Z"
    assert "30s is shorter than the 1m candles of the feed" in by_series["30s"]["reason"]

    watchlist = Path("watchlist.json")
    watchlist.write_text('{"assets": [{"symbol": "AAA", "timeframes": ["4h"]}]}', encoding="utf-8")
    assert cli("watchlist", "apply", watchlist).code == 0
    wait_until(lambda: cli("strategy", "list", "--json").json["strategies"][0]["series"].get("4h") == 1)
    assert "1m, 1d, swing, 30s (30s, 1m, 4h, 1d)" in cli("strategy", "list").out
    shown = [line.split() for line in cli("strategy", "show", "swing").out.splitlines() if line.startswith("│ AAA")]
    assert [(line[2], line[4]) for line in shown] == [
        ("30s", "day"),
        ("1m", "day"),
        ("4h", "swing"),
        ("1d", "position"),
    ]


@pytest.mark.kafka
@pytest.mark.usefixtures("kafka_topics")
def test_without_a_worker_a_command_waits_on_its_topic(cli: Cli, strategy_file: Write) -> None:
    assert "no strategy yet" in cli("strategy", "list").out
    sent = cli("strategy", "deploy", strategy_file(), "--wait", 0.3)
    assert sent.code == 0
    assert "swing version 1: running" in sent.out
    assert "no worker has answered within 0.3 s; the command is on the control topic" in sent.err

    again = cli("strategy", "deploy", strategy_file(), "--wait", 0)
    assert again.code == 0
    assert "swing version 1 is to be running already: nothing was sent" in again.out
    assert cli("strategy", "deploy", strategy_file(), "--json").json["unchanged"] is True


@pytest.mark.kafka
@pytest.mark.usefixtures("kafka_topics")
def test_what_makes_no_sense_is_refused_with_the_way_out(cli: Cli, strategy_file: Write) -> None:
    cli("strategy", "deploy", strategy_file(), "--wait", 0)
    other = cli("strategy", "deploy", strategy_file(low=40), "--json")
    assert other.code == 1
    assert "exists with other contents (version 1): use `candelabra strategy update`" in other.json["error"]
    for verb in ("start", "stop", "pause", "resume", "restart", "show"):
        unknown = cli("strategy", verb, "swingg", "--json")
        assert unknown.code == 1
        assert "there is no strategy 'swingg' (did you mean \"swing\"?)" in unknown.json["error"]
    fresh = cli("strategy", "update", strategy_file("fresh"))
    assert fresh.code == 1
    assert "there is no strategy 'fresh'" in fresh.err


@pytest.mark.kafka
def test_a_worker_that_comes_later_carries_out_what_was_asked(
    cli: Cli, kafka_topics: Settings, apache_kafka: Broker, strategy_file: Write, tmp_path: Path
) -> None:
    deployment = Deployment(apache_kafka, kafka_topics.topic_prefix, tmp_path)
    cli("strategy", "deploy", strategy_file(), "--wait", 0)
    cli("strategy", "pause", "swing", "--wait", 0)
    deployment.candles(walk(30))
    deployment.run()
    wait_until(lambda: "swing|AAA|1m" in ControlClient(kafka_topics).statuses())
    [row] = cli("strategy", "list", "--json").json["strategies"]
    assert row["wanted"] == "paused"
    assert row["actual"] == {"paused": 3}
    assert deployment.signals() == []


def test_files_are_checked_without_a_broker(cli: Cli, strategy_file: Write) -> None:
    good = strategy_file()
    bad = strategy_file("bad", indicators={"rsi": {"type": "rsii"}})
    said = cli("strategy", "validate", good)
    assert said.code == 0
    assert "swing, 2 rules" in said.out
    both = cli("strategy", "validate", good, bad, "--json")
    assert both.code == 1
    assert both.json["valid"] is False
    assert both.json["problems"][str(good)] == []
    assert 'did you mean "rsi"?' in " ".join(both.json["problems"][str(bad)])
    assert "1 problem" in cli("strategy", "validate", bad).err


def test_a_file_that_is_not_there_is_one_message(cli: Cli) -> None:
    said = cli("strategy", "deploy", "none.json", "--json")
    assert said.code == 1
    assert said.json["error"].startswith("none.json: cannot be read")
