"""`candelabra topics` and `candelabra feed` on Apache Kafka."""

import json
from pathlib import Path

import pytest

from dataflows.brokers.broker import Broker
from dataflows.settings import Settings
from schemas.topics import COMPOSITES
from tests.dataflows.deployment import Deployment, as_file, walk
from tests.ui.cli.conftest import Cli
from tests.ui.cli.weighed import COMPOSITE, CONSENSUS
from ui.cli.feed import parse_speed

pytestmark = pytest.mark.kafka


def test_topics_are_created_once_and_then_there(cli: Cli, kafka_topics: Settings) -> None:
    again, listed = cli("topics", "create"), cli("topics", "list", "--json")
    assert again.code == listed.code == 0
    assert "created" not in again.out
    assert f"{kafka_topics.topic_prefix}dead-letter" in listed.json["existing"]


@pytest.mark.usefixtures("kafka_topics")
@pytest.mark.parametrize("verb", ["create", "list"])
def test_topics_that_differ_are_reported_with_exit_code_1(cli: Cli, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    monkeypatch.setenv("CANDELABRA_PARTITIONS", "3")
    said = cli("topics", verb)
    assert said.code == 1
    assert "candles" in said.err
    assert "differs" in said.out


def test_missing_topics_are_reported_with_exit_code_1(
    cli: Cli, kafka_topics: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANDELABRA_TOPIC_PREFIX", f"{kafka_topics.topic_prefix}none.")
    said = cli("topics", "list")
    assert said.code == 1
    assert said.out.count("missing") == 15
    fed = cli("feed", "candles.csv")
    assert fed.code == 1
    assert "create it with `candelabra topics create`" in fed.err


@pytest.mark.usefixtures("kafka_topics")
def test_candles_that_were_fed_are_seen_by_tail(cli: Cli, tmp_path: Path) -> None:
    rows = walk(20, symbols=["AAA"])
    fed = cli("feed", as_file(rows, tmp_path / "walk.parquet").path, "--json")
    assert fed.code == 0
    assert fed.json["candles"] == 20
    tailed = cli("topics", "tail", "candles", "--all", "--no-follow", "--json")
    assert tailed.code == 0
    closes = [json.loads(line)["record"]["close"] for line in tailed.out.splitlines()]
    assert closes == [row[6] for row in rows]
    last = cli("topics", "tail", "candles", "--last", 3, "--no-follow")
    assert len(last.out.splitlines()) == 3
    assert "AAA" in last.out


@pytest.mark.usefixtures("kafka_topics")
def test_rows_that_are_no_candles_are_named_and_not_sent(cli: Cli, tmp_path: Path) -> None:
    lines = ["symbol,timeframe,open_time,open,high,low,close,volume"]
    lines += [f"AAA,1m,2025-01-01T00:0{minute}:00Z,1,2,{low},1,5" for minute, low in enumerate((0.5, 3, 0.5))]
    path = tmp_path / "candles.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    said = cli("feed", path, "--json")
    assert said.json["candles"] == 2
    assert said.json["refused"] == 1
    assert said.err.startswith("line 3: candle of 'AAA' 1m: high 2.0 is below low 3.0; the line is \"AAA,1m,")
    assert "1 row is no candle and was not sent" in said.err


@pytest.mark.usefixtures("kafka_topics")
def test_a_paced_feed_takes_the_markets_time_over_its_multiple(cli: Cli, tmp_path: Path) -> None:
    path = as_file(walk(6, symbols=["AAA"]), tmp_path / "walk.parquet").path
    said = cli("feed", path, "--speed", "600x", "--json")
    assert said.json["candles"] == 6
    assert said.json["seconds"] >= 5 * 60 / 600


def test_composites_are_tailed_in_columns(
    cli: Cli, kafka_topics: Settings, apache_kafka: Broker, tmp_path: Path
) -> None:
    deployment = Deployment(apache_kafka, kafka_topics.topic_prefix, tmp_path)
    for record in (COMPOSITE, CONSENSUS):
        deployment.produce(COMPOSITES, [(record.key.encode(), deployment.codec.encode(record))])
    said = cli("topics", "tail", "composites", "--all", "--no-follow")
    assert said.code == 0
    titles, *lines = said.out.splitlines()
    assert titles.split()[-4:] == ["confidence", "strength", "supporting", "opposing"]
    assert sorted(line.split()[2] for line in lines) == ["*", "macd"]
    tailed = cli("topics", "tail", "composites", "--all", "--no-follow", "--json").out.splitlines()
    assert {json.loads(line)["record"]["id"] for line in tailed} == {COMPOSITE.id, CONSENSUS.id}
    late = cli("topics", "tail", "late-signals", "--all", "--no-follow")
    assert late.out.split()[-3:] == ["late", "so", "far"]


@pytest.mark.usefixtures("kafka_topics")
def test_tail_names_the_nearest_topic(cli: Cli) -> None:
    said = cli("topics", "tail", "signal")
    assert said.code == 1
    assert 'did you mean "signals"?' in said.err


@pytest.mark.parametrize(("text", "speed"), [("max", None), ("1x", 1.0), ("0.5x", 0.5), ("60", 60.0)])
def test_speeds_as_they_are_typed(text: str, speed: float | None) -> None:
    assert parse_speed(text) == speed
