"""The command line, called as a person would, in this process."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest

from dataflows.brokers.broker import Broker
from dataflows.feed import feed
from dataflows.settings import Settings, load
from dataflows.stop import StopFlag
from schemas.topics import ALL_TOPICS, CANDLES
from tests.dataflows.deployment import Deployment, as_file, walk
from ui.cli.main import main

SWING = {
    "id": "swing",
    "indicators": {"rsi": {"period": 5}},
    "rules": {
        "entry": {"condition": "rsi < 45", "confidence": 0.7},
        "exit": {"condition": "rsi > 55", "confidence": 0.6},
    },
}


class Said(NamedTuple):
    """How a verb ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The last line on standard output, which machines read."""
        document = json.loads(self.out.splitlines()[-1])
        assert isinstance(document, dict)
        return document


Cli = Callable[..., Said]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings but those of the test, a working directory without an `.env`, a wide terminal."""
    for name in os.environ:
        if name.startswith("CANDELABRA_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Cli:
    """Call `candelabra` with these arguments."""

    def call(*arguments: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["candelabra", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        return Said(int(end.value.code or 0), *capfd.readouterr())

    return call


@pytest.fixture
def strategy_file(tmp_path: Path) -> Callable[..., Path]:
    """A strategy file: long while a fast RSI swings between two levels; with other contents where asked for."""

    def write(identity: str = "swing", *, low: int = 45, **more: object) -> Path:
        rules = {**SWING["rules"], "entry": {"condition": f"rsi < {low}", "confidence": 0.7}}  # type: ignore[dict-item]  # a document
        path = tmp_path / f"{identity}-{low}.json"
        path.write_text(json.dumps({**SWING, "id": identity, "rules": rules, **more}), encoding="utf-8")
        return path

    return write


@pytest.fixture
def kafka_topics(cli: Cli, monkeypatch: pytest.MonkeyPatch, apache_kafka: Broker, topic_prefix: str) -> Settings:
    """Topics of this test's own on Apache Kafka, which the environment names; four partitions, short epochs."""
    monkeypatch.setenv("CANDELABRA_BOOTSTRAP_SERVERS", apache_kafka.bootstrap_servers)
    monkeypatch.setenv("CANDELABRA_TOPIC_PREFIX", topic_prefix)
    monkeypatch.setenv("CANDELABRA_PARTITIONS", "4")
    monkeypatch.setenv("CANDELABRA_EPOCH_SECONDS", "0.1")
    made = cli("topics", "create", "--json")
    assert made.code == 0
    assert len(made.json["created"]) == len(ALL_TOPICS)
    return load()


@pytest.fixture
def busy(kafka_topics: Settings, apache_kafka: Broker, tmp_path: Path) -> Iterator[Settings]:
    """A worker, and candles that keep coming: one of each symbol every tenth of a second."""
    deployment = Deployment(apache_kafka, kafka_topics.topic_prefix, tmp_path)
    candles = as_file(walk(2_000), tmp_path / "walk.parquet")
    stop = StopFlag()
    feeder = Thread(
        target=lambda: feed(
            candles,
            client_config=deployment.config,
            topic=deployment.name(CANDLES),
            codec=deployment.codec,
            speed=600.0,
            stop=stop,
        )
    )
    with deployment.running():
        feeder.start()
        yield kafka_topics
        stop.set()
        feeder.join()
