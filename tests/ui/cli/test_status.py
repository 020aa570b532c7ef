"""`candelabra status` on Apache Kafka: what is well, what is not, and what to do."""

import time
from datetime import datetime
from pathlib import Path

import pytest

from dataflows.brokers.broker import Broker
from dataflows.brokers.ports import LOOPBACK, free_port
from dataflows.health.lag import PartitionLag
from dataflows.health.signs import worked_again
from dataflows.settings import Settings
from schemas import topics
from schemas.candle_row import CandleRow
from schemas.dead_letter import Reason, dead_letter
from schemas.record import from_milliseconds
from schemas.signal import Signal
from schemas.strategy_file import parse_strategy
from tests.dataflows.deployment import Deployment, swing, version, wait_until, walk, wanted
from tests.ui.cli.conftest import Cli
from tests.ui.cli.program import candelabra
from ui.cli.status_tables import LONGEST

pytestmark = pytest.mark.kafka

BROKEN = parse_strategy(
    {"id": "broken", "rules": {"entry": {"condition": "close@30s > 1"}, "exit": {"condition": "close > 1"}}},
    origin="test",
)
LONG_AGO = 1_735_689_600_000


def row_closes(row: CandleRow) -> datetime:
    """When a candle of a minute closes."""
    return from_milliseconds(row[2] + 60_000)


def deployed(broker: Broker, settings: Settings, folder: Path, **more: object) -> Deployment:
    deployment = Deployment(broker, settings.topic_prefix, folder, **more)
    deployment.command(version(swing("fast")), wanted("fast"))
    return deployment


def test_a_deployment_that_is_well(
    cli: Cli, kafka_topics: Settings, apache_kafka: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    deployment = deployed(apache_kafka, kafka_topics, tmp_path, health_port=port)
    deployment.candles(walk(30))
    monkeypatch.setenv("CANDELABRA_HEALTH_PORT", str(port))
    recovery = tmp_path / "recovery"
    with deployment.running() as live:
        wait_until(lambda: live.tally.candles == 90)
        wait_until(lambda: cli("status", "--json").json["partitions"][0]["worker"] == 0)
        wait_until(lambda: cli("status", "--json").json["ok"])
        # In processes of their own, for they look at the store that this one writes: `dataflows.recovery.partition`.
        with candelabra("status", "--recovery", recovery, "--json") as said:
            assert said.ended() == 0
            told = said.json
        with candelabra("status", "--recovery", recovery) as said:
            assert said.ended() == 0
            shown = said.out
    assert told["troubles"] == []
    assert told["group"] == f"{kafka_topics.topic_prefix}candelabra"
    assert [one["worker"] for one in told["partitions"] if one["lag"] == 0] == [0, 0, 0, 0]
    assert sum(one["committed"] or 0 for one in told["partitions"]) == 90
    assert told["strategies"] == {"fast": {"running": 3}}
    [worker] = told["workers"]
    assert (worker["ready"], worker["address"]) == (True, f"{LOOPBACK}:{port}")
    assert told["recovery"]["bytes"] > 0
    assert told["recovery"]["faults"] == []
    for word in ("15 topics", "ready", "fast", "running", "no dead letters", "recovery store", "all is well"):
        assert word in shown, word


def test_a_deployment_without_a_worker_says_so_and_what_to_do(
    cli: Cli, kafka_topics: Settings, apache_kafka: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANDELABRA_HEALTH_PORT", str(free_port()))
    deployment = Deployment(apache_kafka, kafka_topics.topic_prefix, tmp_path)
    deployment.candles(walk(10), timestamp=LONG_AGO)
    said = cli("status")
    assert said.code == 1
    assert "no worker answers at 127.0.0.1:" in said.err
    assert "nobody has ever worked it. What to do: start a worker with `candelabra run`" in said.err
    assert "all is well" not in said.out
    told = cli("status", "--json")
    assert told.code == 1
    assert sum(one["lag"] for one in told.json["partitions"]) == 30
    assert all(set(trouble) == {"what", "do"} for trouble in told.json["troubles"])


def test_quarantine_and_dead_letters_are_told(
    cli: Cli, kafka_topics: Settings, apache_kafka: Broker, tmp_path: Path
) -> None:
    deployment = deployed(apache_kafka, kafka_topics, tmp_path)
    deployment.command(version(BROKEN), wanted("broken", command="go"))
    deployment.candles(walk(5))
    deployment.produce(topics.CANDLES, [(b"k", b"junk")] * 4)
    deployment.run()
    said, told = cli("status"), cli("status", "--json").json
    assert said.code == 1
    assert told["strategies"]["broken"] == {"quarantined": 3}
    assert told["dead_letters"]["by_kind"] == told["dead_letters"]["last_hour"] == {"unknown_format": 4}
    assert told["alerts"]["by_kind"]["quarantine"] == 3
    assert told["workers"] is None
    assert "broken version 1 is in quarantine on AAA 1m, BBB 1m, CCC 1m: " in said.err
    assert "candelabra strategy restart broken" in said.err
    for word in ("4 dead letters", "unknown_format", "CANDELABRA_HEALTH_PORT is not set"):
        assert word in said.out, word


def test_letters_of_before_the_last_hour_count_apart(
    cli: Cli, kafka_topics: Settings, apache_kafka: Broker, tmp_path: Path
) -> None:
    deployment = deployed(apache_kafka, kafka_topics, tmp_path)
    deployment.candles(walk(1))
    for minutes, reason in ((70, Reason.EMPTY), (50, Reason.INVALID)):
        letter = dead_letter(reason, "x", topic="candles", partition=0, offset=minutes, key=None, value=None)
        written = round((time.time() - minutes * 60) * 1000)
        deployment.produce(topics.DEAD_LETTER, [(b"k", deployment.codec.encode(letter))], timestamp=written)
    told = cli("status", "--json").json["dead_letters"]
    assert (told["total"], told["by_kind"], told["last_hour"]) == (2, {"empty": 1, "invalid": 1}, {"invalid": 1})


def test_without_a_health_port_it_says_what_it_knows_and_no_more(
    cli: Cli, kafka_topics: Settings, apache_kafka: Broker, tmp_path: Path
) -> None:
    nothing = cli("status")
    assert nothing.code == 0
    assert "whether a worker runs is not known: no worker was asked" in nothing.out
    assert "all is well" not in nothing.out
    assert cli("status", "--json").json["ok"] is None
    deployment = deployed(apache_kafka, kafka_topics, tmp_path)
    deployment.candles(walk(20))
    deployment.produce(topics.CANDLES, [(b"k", b"junk")])
    deployment.run()
    said, told = cli("status"), cli("status", "--json").json
    assert said.code == 0
    assert "nothing is wrong by what is on the topics: a candle that was written " in said.out
    assert "no worker was asked (CANDELABRA_HEALTH_PORT is not set)" in said.out
    assert "all is well" not in said.out  # a worker has run; whether one runs now nobody was asked
    assert "newest candle " in said.out
    assert "1 of the newest 61 candles refused (1.6%)" in said.out
    assert told["ok"] is True
    assert told["verdict"].startswith("nothing is wrong by what is on the topics")
    assert (told["dead_letters"]["of_newest_candles"], told["dead_letters"]["newest_candles"]) == (1, 61)
    assert 0 <= told["newest_output_age_seconds"] < 60


def test_candles_that_wait_although_their_signals_are_there_are_worked_again(
    kafka_topics: Settings, apache_kafka: Broker, tmp_path: Path
) -> None:
    rows = walk(60)
    deployment = deployed(apache_kafka, kafka_topics, tmp_path)
    deployment.candles(rows)
    deployment.run()
    signalled = max(one.close_time for one in deployment.records(topics.SIGNALS, Signal) if one.symbol == "AAA")
    now_ms = round(time.time() * 1000)

    def waits(of: int, row: CandleRow, since_ms: int = now_ms) -> PartitionLag:
        return PartitionLag(of, 0, 90, 5, waiting_since_ms=since_ms, waiting=deployment.codec.encode_candle_row(row))

    first = waits(0, rows[0])
    beyond = waits(1, walk(61)[-3])
    assert row_closes(walk(61)[-3]) > signalled
    late = now_ms + 3_600_000
    assert worked_again(deployment.settings, [first, beyond], late) == {0}
    assert worked_again(deployment.settings, [first], now_ms) == frozenset()  # it may just not be committed yet
    assert worked_again(deployment.settings, [waits(0, ("ZZZ", *rows[0][1:]))], late) == frozenset()
    junk = PartitionLag(0, 0, 90, 5, waiting_since_ms=now_ms, waiting=b"junk")
    assert worked_again(deployment.settings, [junk], late) == frozenset()


def test_missing_topics_are_a_trouble(cli: Cli, kafka_topics: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANDELABRA_TOPIC_PREFIX", f"{kafka_topics.topic_prefix}none.")
    said = cli("status")
    assert said.code == 1
    assert "topics are missing: " in said.err
    assert "`candelabra topics create` makes them" in said.err


@pytest.mark.usefixtures("kafka_topics")
def test_a_recovery_store_that_is_not_there_is_a_trouble(cli: Cli, tmp_path: Path) -> None:
    said = cli("status", "--recovery", tmp_path / "none")
    assert said.code == 1
    assert "there is no recovery store" in said.err
    assert f"candelabra recovery check {tmp_path / 'none'}" in said.err


def test_without_a_broker_it_says_so_in_a_sentence(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANDELABRA_BOOTSTRAP_SERVERS", f"{LOOPBACK}:{free_port()}")
    said = cli("status", "--json")
    assert said.code == 1
    assert "no Kafka broker answered" in said.json["error"]


def test_of_many_strategies_those_in_trouble_come_first(
    cli: Cli, kafka_topics: Settings, apache_kafka: Broker, tmp_path: Path
) -> None:
    names = [f"s{number:02d}" for number in range(LONGEST)]
    deployment = Deployment(apache_kafka, kafka_topics.topic_prefix, tmp_path)
    for name in names:
        deployment.command(version(swing(name)), wanted(name))
    deployment.command(version(BROKEN.model_copy(update={"id": "zz"})), wanted("zz"))
    deployment.candles(walk(2))
    deployment.run()
    said = cli("status")
    assert "zz" in said.out
    assert "and 1 more" in said.out
    assert len(cli("status", "--json").json["strategies"]) == LONGEST + 1
