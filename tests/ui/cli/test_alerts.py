"""`candelabra alerts`, as a person types it."""

import json
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from dataflows.brokers.broker import Broker
from dataflows.brokers.ports import free_port
from dataflows.kafka.follow import Followed, TopicFollower
from dataflows.kafka.topic_layout import create
from dataflows.settings import Settings
from schemas.alert import Alert
from schemas.alert_rule_schema import alert_rules_schema
from schemas.codec import Codec
from schemas.framing import SingleObject
from schemas.json_schema_text import schema_text
from schemas.topics import ALERTS, METRICS
from tests.dataflows.alerts.webhook import webhook
from tests.operators.alerts.made import metrics
from tests.ui.cli.conftest import Cli
from tests.ui.cli.program import candelabra

RULES: dict[str, Any] = {
    "rules": [{"id": "deep", "type": "metric", "figure": "performance.drawdown", "above": 0.1, "severity": "error"}]
}


def rules(document: object = RULES) -> Path:
    path = Path("rules.json")
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_a_right_file_is_said_to_be(cli: Cli) -> None:
    said = cli("alerts", "validate", rules())
    assert (said.code, said.out) == (0, "ok rules.json: 1 rule\n")


def test_every_problem_of_a_wrong_file_is_said(cli: Cli) -> None:
    wrong = {"rules": [{**RULES["rules"][0], "figure": "performance.drawdwn", "for": "soon"}]}
    said = cli("alerts", "validate", rules(wrong))
    assert said.code == 1
    assert "rules.0.for: expected a duration such as 90s, 15m, 1h or 2d, got 'soon'" in said.err
    assert '(did you mean "performance.drawdown"?)' in said.err
    document = cli("alerts", "validate", rules(wrong), "--json").json
    assert document["valid"] is False
    assert len(document["problems"]["rules.json"]) == 2


def test_the_schema_is_that_of_the_models(cli: Cli) -> None:
    assert cli("alerts", "schema").out == schema_text(alert_rules_schema())
    assert cli("alerts", "schema", "--json").json["title"] == "Alert rules file"


def test_a_test_message_reaches_every_destination(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    with webhook() as hook:
        monkeypatch.setenv("CANDELABRA_NOTIFY_URLS", hook.url)
        said = cli("alerts", "test")
        assert (said.code, said.out) == (0, "sent destination 1 (json)\n")
        assert hook.titles == ["[info] Candelabra: a test"]


def test_a_destination_that_does_not_take_it_is_a_failure(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANDELABRA_NOTIFY_URLS", f"json://ada:hush@127.0.0.1:{free_port()}")
    said = cli("alerts", "test", "--json")
    assert (said.code, said.json) == (1, {"sent": {"destination 1 (json)": False}})
    assert "hush" not in said.out + said.err


def test_without_destinations_there_is_nothing_to_test(cli: Cli) -> None:
    said = cli("alerts", "test")
    assert (said.code, said.out) == (1, "")
    assert "CANDELABRA_NOTIFY_URLS is not set" in said.err


@pytest.fixture
def settings(any_broker: Broker, topic_prefix: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CANDELABRA_BOOTSTRAP_SERVERS", any_broker.bootstrap_servers)
    monkeypatch.setenv("CANDELABRA_TOPIC_PREFIX", topic_prefix)
    return Settings(bootstrap_servers=any_broker.bootstrap_servers, topic_prefix=topic_prefix, partitions=2)


def wrote(settings: Settings, hour: int, drawdown: float) -> None:
    producer, record = Producer({"bootstrap.servers": settings.bootstrap_servers}), metrics(hour, drawdown=drawdown)
    producer.produce(
        METRICS.prefixed(settings.topic_prefix), Codec(SingleObject()).encode(record), key=record.key.encode()
    )
    assert producer.flush(20) == 0


def test_alerts_are_run_and_listed(cli: Cli, settings: Settings) -> None:
    create(settings)
    wrote(settings, 1, 0.2)
    said = cli("alerts", "run", "--rules", rules(), "--once", "--json")
    assert (said.code, said.json["told"], said.json["firing"]) == (0, 1, 1)
    assert "deep firing: performance.drawdown of macd|BTCUSDT|1h is 0.2, above 0.1" in said.err
    (firing,) = cli("alerts", "list", "--firing", "--json").json["alerts"]
    assert (firing["rule"], firing["state"], firing["value"]) == ("deep", "firing", 0.2)
    wrote(settings, 2, 0.0)
    assert cli("alerts", "run", "--rules", rules(), "--once", "--json").json["told"] == 1
    assert cli("alerts", "list", "--firing").out == "no alert stands\n"
    states = [one["state"] for one in cli("alerts", "list", "--json").json["alerts"]]
    assert states == ["firing", "resolved"]
    assert "deep resolved" in cli("alerts", "list").out


def test_an_unknown_kind_to_mute_is_told_with_the_nearest(cli: Cli) -> None:
    said = cli("alerts", "run", "--rules", rules(), "--mute", "gaps", "--json")
    assert said.code == 1
    expected = "--mute: expected one of gap, partial, quarantine, refusal, kill_switch, got 'gaps' (did you mean"
    assert said.json["error"].startswith(expected)


def test_without_topics_it_says_how_to_make_them(cli: Cli, settings: Settings) -> None:
    said = cli("alerts", "run", "--rules", rules(), "--once")
    assert said.code == 1
    assert f"{settings.topic_prefix}alerts" in said.err
    assert "candelabra topics create" in said.err


def test_it_ends_politely_when_asked(settings: Settings, tmp_path: Path) -> None:
    create(settings)
    wrote(settings, 1, 0.2)
    with candelabra("alerts", "run", "--rules", rules(), "--json") as running:
        running.until("deep firing")
        running.send(signal.SIGTERM)
        assert running.process.wait(30) == 0
        assert running.json["firing"] == 1
    assert (tmp_path / "alerts.state.json").exists()


@pytest.mark.slow
def test_killed_again_and_again_it_tells_each_alert_once(cli: Cli, settings: Settings) -> None:
    create(settings)
    chance, hours = random.Random(5), 0
    cli("alerts", "run", "--rules", rules(), "--once")  # so that what follows is no history
    for _ in range(4):
        with candelabra("alerts", "run", "--rules", rules()) as running:
            running.until("1 rule; alerts are sent to")
            for _ in range(20):
                hours += 1
                wrote(settings, hours, 0.2 * (hours % 2))
            time.sleep(chance.uniform(0.0, 2.0))
            running.process.kill()
            running.process.wait(10)
    assert cli("alerts", "run", "--rules", rules(), "--once").code == 0
    told = cli("alerts", "list", "--last", "1000", "--json").json["alerts"]
    assert [one["state"] for one in told] == ["firing", "resolved"] * (hours // 2)
    assert count(settings) == hours


def count(settings: Settings) -> int:
    """How many records the topic of alerts has, repeats too."""
    codec, found = Codec(SingleObject()), 0
    followed = Followed(ALERTS.prefixed(settings.topic_prefix), lambda value: codec.decode(value, Alert))
    with TopicFollower(settings.kafka_client_config(), [followed]) as follower:
        while not follower.caught_up:
            found += len(follower.poll(timeout_s=0.2))
    return found
