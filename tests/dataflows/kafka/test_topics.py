"""Topics are made as the table says, compared when they exist, and never changed."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from dataflows.brokers.broker import Broker
from dataflows.brokers.contact import admin_client
from dataflows.brokers.ports import free_port
from dataflows.errors import BrokerUnreachable, TopicAdministrationRefused
from dataflows.kafka.compaction_lag import LAG
from dataflows.kafka.topic_report import TopicDifference
from dataflows.kafka.topics import check_topics, create_topics
from schemas.topics import ALL_TOPICS


def client_config(broker: Broker) -> dict[str, str | int]:
    return {"bootstrap.servers": broker.bootstrap_servers}


def make(broker: Broker, name: str, partitions: int, settings: Mapping[str, str] | None = None) -> None:
    """Make one topic by hand; a KRaft broker lists it a moment after the controller has made it."""
    topic = NewTopic(name, num_partitions=partitions, replication_factor=1, config=dict(settings or {}))
    admin = admin_client(client_config(broker))
    admin.create_topics([topic])[name].result(10)
    while name not in admin.list_topics(timeout=10).topics:
        time.sleep(0.02)


def all_names(prefix: str) -> tuple[str, ...]:
    return tuple(prefix + spec.name for spec in ALL_TOPICS)


def partition_counts(broker: Broker, prefix: str) -> dict[str, int]:
    topics = admin_client(client_config(broker)).list_topics(timeout=10).topics
    return {name: len(topic.partitions) for name, topic in topics.items() if name.startswith(prefix)}


def settings(broker: Broker, names: Sequence[str], setting: str) -> dict[str, str | None]:
    """One setting of some topics, as the broker tells it."""
    asked = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    admin = admin_client(client_config(broker))
    answers = admin.describe_configs(asked)
    return {resource.name: answer.result(10)[setting].value for resource, answer in answers.items()}


def cleanup_policies(broker: Broker, prefix: str) -> dict[str, str | None]:
    return settings(broker, all_names(prefix), "cleanup.policy")


def test_every_topic_is_made_with_its_partitions_and_cleanup(any_broker: Broker, topic_prefix: str) -> None:
    report = create_topics(client_config(any_broker), prefix=topic_prefix, partitions=3, replication_factor=1)
    assert (report.ok, report.created, report.existing) == (True, all_names(topic_prefix), ())
    assert partition_counts(any_broker, topic_prefix) == dict.fromkeys(all_names(topic_prefix), 3)
    assert cleanup_policies(any_broker, topic_prefix) == {
        topic_prefix + spec.name: spec.cleanup_policy for spec in ALL_TOPICS
    }


def test_a_second_time_nothing_is_made_and_nothing_differs(any_broker: Broker, topic_prefix: str) -> None:
    for _ in range(2):
        report = create_topics(client_config(any_broker), prefix=topic_prefix, partitions=1, replication_factor=1)
    assert (report.ok, report.created, report.existing) == (True, (), all_names(topic_prefix))


def test_partitions_are_given_by_topic(any_broker: Broker, topic_prefix: str) -> None:
    partitions = {spec.name: number for number, spec in enumerate(ALL_TOPICS, start=1)}
    create_topics(client_config(any_broker), prefix=topic_prefix, partitions=partitions, replication_factor=1)
    assert partition_counts(any_broker, topic_prefix) == {
        topic_prefix + name: count for name, count in partitions.items()
    }


def test_a_check_tells_what_is_missing_and_makes_nothing(any_broker: Broker, topic_prefix: str) -> None:
    make(any_broker, f"{topic_prefix}candles", 2, {"cleanup.policy": "delete"})
    report = check_topics(client_config(any_broker), prefix=topic_prefix, partitions=2, replication_factor=1)
    assert report.existing == (f"{topic_prefix}candles",)
    assert report.missing == all_names(topic_prefix)[1:]
    assert (report.ok, report.created, report.differences) == (False, (), ())
    assert partition_counts(any_broker, topic_prefix) == {f"{topic_prefix}candles": 2}


@pytest.mark.kafka
def test_wrong_partitions_and_cleanup_are_reported_and_left(apache_kafka: Broker, topic_prefix: str) -> None:
    candles, control = f"{topic_prefix}candles", f"{topic_prefix}control"
    make(apache_kafka, candles, 2)
    make(apache_kafka, control, 4, {"cleanup.policy": "delete"})
    report = create_topics(client_config(apache_kafka), prefix=topic_prefix, partitions=4, replication_factor=1)
    assert report.differences == (
        TopicDifference(candles, "partitions", expected="4", found="2"),
        TopicDifference(control, "cleanup.policy", expected="compact", found="delete"),
    )
    assert str(report.differences[0]) == f"topic {candles}: partitions is 2, expected 4"
    assert (report.ok, report.existing) == (False, (candles, control))
    assert partition_counts(apache_kafka, topic_prefix)[candles] == 2
    assert cleanup_policies(apache_kafka, topic_prefix)[control] == "delete"


DAY = 86_400_000


@pytest.mark.kafka
@pytest.mark.parametrize(
    ("retention", "lag"), [(30 * DAY, 31 * DAY), (-1, 2**63 - 1)], ids=["thirty days and a segment", "for ever"]
)
def test_commands_are_kept_from_compaction_as_long_as_candles_are_kept(
    apache_kafka: Broker, topic_prefix: str, retention: int, lag: int
) -> None:
    candles, control = f"{topic_prefix}candles", f"{topic_prefix}control"
    make(apache_kafka, candles, 1, {"retention.ms": str(retention), "segment.ms": str(DAY)})
    report = create_topics(client_config(apache_kafka), prefix=topic_prefix, partitions=1, replication_factor=1)
    assert control in report.created
    assert settings(apache_kafka, [control], "min.compaction.lag.ms") == {control: str(lag)}
    report = check_topics(client_config(apache_kafka), prefix=topic_prefix, partitions=1, replication_factor=1)
    assert report.ok


@pytest.mark.kafka
def test_commands_that_compaction_may_remove_too_soon_are_reported(apache_kafka: Broker, topic_prefix: str) -> None:
    control = f"{topic_prefix}control"
    make(apache_kafka, f"{topic_prefix}candles", 1, {"retention.ms": str(30 * DAY), "segment.ms": str(DAY)})
    make(apache_kafka, control, 1, {"cleanup.policy": "compact", "min.compaction.lag.ms": str(31 * DAY - 1)})
    report = create_topics(client_config(apache_kafka), prefix=topic_prefix, partitions=1, replication_factor=1)
    (difference,) = report.differences
    assert (difference.topic, difference.setting, difference.found) == (control, LAG, str(31 * DAY - 1))
    assert difference.expected == f"{31 * DAY} or more, as long as {topic_prefix}candles may keep a candle"
    assert "lets compaction remove commands" in difference.meaning


def test_a_lag_that_a_broker_does_not_tell_is_no_difference(embedded_broker: Broker, topic_prefix: str) -> None:
    """The embedded broker tells what a topic was made with, and nothing else."""
    keeps = {"cleanup.policy": "delete", "retention.ms": str(DAY), "segment.ms": str(DAY)}
    make(embedded_broker, f"{topic_prefix}candles", 1, keeps)
    make(embedded_broker, f"{topic_prefix}control", 1, {"cleanup.policy": "compact"})
    report = create_topics(client_config(embedded_broker), prefix=topic_prefix, partitions=1, replication_factor=1)
    assert report.existing == (f"{topic_prefix}candles", f"{topic_prefix}control")
    assert report.ok


class LowLag:
    """An admin client whose broker has a lower ``max.compaction.lag.ms``, and says it as Apache Kafka does."""

    def __init__(self, admin: AdminClient) -> None:
        self._admin = admin

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the admin client has
        return getattr(self._admin, name)

    def create_topics(self, topics: list[NewTopic], **more: Any) -> dict[str, Future[None]]:  # noqa: ANN401  # as above
        refused: Future[None] = Future()
        reason = "conflict topic config setting min.compaction.lag.ms (172800000) > max.compaction.lag.ms (1000)"
        refused.set_exception(KafkaException(KafkaError(KafkaError.INVALID_CONFIG, reason)))
        others = [one for one in topics if LAG not in (one.config or {})]
        made = self._admin.create_topics(others, **more) if others else {}
        return {**made, **{one.topic: refused for one in topics if one not in others}}


def test_a_lag_that_a_broker_does_not_allow_is_named_in_the_refusal(
    embedded_broker: Broker, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataflows.kafka.topics.admin_client", lambda config: LowLag(admin_client(config)))
    keeps = {"cleanup.policy": "delete", "retention.ms": str(DAY), "segment.ms": str(DAY)}
    make(embedded_broker, f"{topic_prefix}candles", 1, keeps)
    with pytest.raises(TopicAdministrationRefused) as refused:
        create_topics(client_config(embedded_broker), prefix=topic_prefix, partitions=1, replication_factor=1)
    assert f"the broker refused to create topic {topic_prefix}control: " in str(refused.value)
    assert f"It was to have min.compaction.lag.ms={2 * DAY}" in str(refused.value)
    assert "log.cleaner.max.compaction.lag.ms" in str(refused.value)
    assert "The other topics are made" in str(refused.value)


@pytest.mark.kafka
def test_compaction_that_also_deletes_is_another_policy(apache_kafka: Broker, topic_prefix: str) -> None:
    make(apache_kafka, f"{topic_prefix}status", 1, {"cleanup.policy": "compact,delete"})
    report = check_topics(client_config(apache_kafka), prefix=topic_prefix, partitions=1, replication_factor=1)
    (difference,) = report.differences
    assert (difference.setting, difference.expected) == ("cleanup.policy", "compact")
    assert difference.found in {"compact,delete", "delete,compact"}


@pytest.mark.kafka
def test_a_wrong_replication_factor_is_reported(apache_kafka: Broker, topic_prefix: str) -> None:
    make(apache_kafka, f"{topic_prefix}orders", 1)
    report = check_topics(client_config(apache_kafka), prefix=topic_prefix, partitions=1, replication_factor=3)
    assert report.differences == (
        TopicDifference(f"{topic_prefix}orders", "replication.factor", expected="3", found="1"),
    )


@pytest.mark.kafka
def test_more_replicas_than_brokers_is_refused_with_the_cause(apache_kafka: Broker, topic_prefix: str) -> None:
    with pytest.raises(TopicAdministrationRefused, match="cannot exceed the number of brokers") as refused:
        create_topics(client_config(apache_kafka), prefix=topic_prefix, partitions=1, replication_factor=30)
    assert topic_prefix in str(refused.value)


def test_a_topic_made_by_asking_for_it_is_reported_on_the_embedded_broker(
    embedded_broker: Broker, topic_prefix: str
) -> None:
    admin_client(client_config(embedded_broker)).list_topics(f"{topic_prefix}candles", timeout=10)
    report = create_topics(client_config(embedded_broker), prefix=topic_prefix, partitions=2, replication_factor=1)
    assert report.differences == (
        TopicDifference(f"{topic_prefix}candles", "partitions", expected="2", found="4"),
        TopicDifference(f"{topic_prefix}candles", "cleanup.policy", expected="delete", found="(not told)"),
    )


def test_a_broker_that_is_not_there_is_named() -> None:
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(BrokerUnreachable, match=f"no Kafka broker answered at {address} within 1 s"):
        create_topics({"bootstrap.servers": address}, prefix="", partitions=1, replication_factor=1, timeout_s=1)


@pytest.mark.parametrize(
    ("partitions", "replication_factor", "message"),
    [
        (0, 1, "candles: expected at least 1 partition or replica, got 0"),
        (1, 0, "replication factor: expected at least 1 partition or replica, got 0"),
        ({"candels": 4}, 1, r"'candels', which is no topic \(did you mean \"candles\"\?\)"),
        ({"candles": 4}, 1, "not for control, placements, status"),
    ],
)
def test_impossible_numbers_are_refused_before_anyone_is_asked(
    partitions: int | dict[str, int], replication_factor: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        create_topics(
            {"bootstrap.servers": "127.0.0.1:1"},
            prefix="",
            partitions=partitions,
            replication_factor=replication_factor,
        )
