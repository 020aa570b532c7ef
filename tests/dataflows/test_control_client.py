"""Commands to the engine, on Apache Kafka: what is sent, what is refused, what time they are stamped with."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dataflows.brokers.broker import Broker
from dataflows.brokers.contact import admin_client
from dataflows.control_client import ControlClient
from dataflows.errors import CommandRefused, TopicMissing
from schemas import topics
from tests.dataflows.deployment import SYMBOLS, Deployment, minute, swing, wait_until, walk

pytestmark = pytest.mark.kafka


@pytest.fixture
def deployment(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> Deployment:
    return Deployment(apache_kafka, topic_prefix, tmp_path).create()


def test_the_same_file_again_sends_nothing_and_another_needs_update(deployment: Deployment) -> None:
    client = ControlClient(deployment.settings)
    assert not client.deploy(swing("fast")).unchanged
    sent = len(deployment.messages(topics.CONTROL))
    later = ControlClient(deployment.settings)
    assert later.deploy(swing("fast")).unchanged
    with pytest.raises(CommandRefused, match=r"other contents \(version 1\): use `candelabra strategy update`"):
        later.deploy(swing("fast", low=40))
    assert len(deployment.messages(topics.CONTROL)) == sent == 2
    assert later.update(swing("fast", low=40)).desired.version == 2
    assert sorted(ControlClient(deployment.settings).versions("fast")) == [1, 2]


def test_an_update_keeps_the_state_and_a_restart_begins_a_generation(deployment: Deployment) -> None:
    client = ControlClient(deployment.settings)
    client.deploy(swing("fast"))
    client.want("fast", "paused")
    assert client.update(swing("fast", low=40)).desired.state == "paused"
    restarted = client.restart("fast").desired
    assert (restarted.state, restarted.version, restarted.generation) == ("running", 2, 1)
    assert client.want("fast", "running").unchanged
    assert client.want("fast", "stopped").desired.generation == 1


def test_resume_is_for_what_is_paused_and_not_for_what_is_stopped(deployment: Deployment) -> None:
    client = ControlClient(deployment.settings)
    client.deploy(swing("fast"))
    client.want("fast", "paused")
    assert client.resume("fast").desired.state == "running"
    client.want("fast", "stopped")
    with pytest.raises(CommandRefused, match="is stopped, not paused: use `candelabra strategy start`"):
        client.resume("fast")


def test_without_a_candle_topic_a_command_is_sent_and_does_not_wait_for_one(deployment: Deployment) -> None:
    admin = admin_client(deployment.settings.kafka_client_config())
    name = topics.CANDLES.prefixed(deployment.settings.topic_prefix)
    admin.delete_topics([name])[name].result()
    wait_until(lambda: name not in admin.list_topics(timeout=5).topics)
    assert ControlClient(deployment.settings).deploy(swing("fast")).desired.effective_from is None


def test_an_unknown_name_is_refused_with_the_nearest(deployment: Deployment) -> None:
    client = ControlClient(deployment.settings)
    client.deploy(swing("momentum"))
    with pytest.raises(CommandRefused, match=r"no strategy 'momentun' \(did you mean \"momentum\"\?\)"):
        client.want("momentun", "paused")


def test_a_live_feed_stamps_this_instant_and_an_old_one_does_not(deployment: Deployment) -> None:
    deployment.candles(walk(10))
    live, late = minute(10) + timedelta(seconds=30), minute(10) + timedelta(hours=1)
    old = ControlClient(deployment.settings, now=lambda: late)
    assert old.deploy(swing("old")).desired.effective_from is None
    client = ControlClient(deployment.settings, now=lambda: live)
    assert client.deploy(swing("new")).desired.effective_from == live
    assert client.deploy(swing("new")).unchanged
    asked_for = datetime(2031, 1, 1, tzinfo=UTC)
    assert client.want("new", "paused", asked_for).desired.effective_from == asked_for


def test_a_command_that_waits_for_its_time_is_not_there_already(deployment: Deployment) -> None:
    client = ControlClient(deployment.settings)
    client.deploy(swing("fast"))
    later = datetime(2031, 1, 1, tzinfo=UTC)
    assert not client.want("fast", "paused", later).unchanged
    assert client.want("fast", "paused", later).unchanged
    now = client.want("fast", "paused")
    assert (now.unchanged, now.desired.effective_from) == (False, None)
    assert client.want("fast", "paused").unchanged


def test_answers_come_from_the_command_and_from_every_series(deployment: Deployment) -> None:
    client = ControlClient(deployment.settings)
    sent = client.deploy(swing("fast"))
    deployment.candles(walk(10))
    deployment.run()
    answers = list(client.answers(sent, wait_seconds=20))
    assert {one.symbol for one in answers} == {None, *SYMBOLS}
    assert {one.effective_bar for one in answers if one.symbol} == {minute(0)}
    assert set(client.statuses()) == {"fast", *(f"fast|{symbol}|1m" for symbol in SYMBOLS)}


def test_without_the_control_topic_the_message_says_how_to_make_it(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    without = Deployment(apache_kafka, topic_prefix, tmp_path)
    with pytest.raises(TopicMissing, match=r"there is no topic '.*control' on .*`candelabra topics create`"):
        ControlClient(without.settings)
