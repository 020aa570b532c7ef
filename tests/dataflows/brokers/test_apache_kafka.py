"""Apache Kafka starts by itself where it can, and says in words why where it cannot."""

import tempfile
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import NewTopic

from dataflows.brokers.apache_kafka import ApacheKafka
from dataflows.brokers.broker import Broker
from dataflows.brokers.contact import admin_client, wait_for_broker
from dataflows.chaos.proxy import Proxy
from dataflows.errors import BrokerUnavailable, BrokerUnreachable

pytestmark = pytest.mark.kafka


def create_topic(broker: Broker, name: str) -> None:
    admin = admin_client({"bootstrap.servers": broker.bootstrap_servers})
    admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])[name].result(10)


def produce(broker: Broker, topic: str, value: bytes) -> KafkaError | None:
    """Produce one record; return why it was not delivered."""
    outcome: list[KafkaError | None] = []
    producer = Producer(
        {"bootstrap.servers": broker.bootstrap_servers, "log_level": 0, "topic.metadata.propagation.max.ms": 500}
    )
    producer.produce(topic, value, on_delivery=lambda error, _message: outcome.append(error))
    assert producer.flush(20) == 0
    return outcome[0]


def first_value(broker: Broker, topic: str) -> bytes | None:
    consumer = Consumer({"bootstrap.servers": broker.bootstrap_servers, "group.id": "test", "log_level": 0})
    consumer.assign([TopicPartition(topic, 0, 0)])
    try:
        message = consumer.poll(20)
        return None if message is None else message.value()
    finally:
        consumer.close()


def test_topics_are_not_made_by_accident(apache_kafka: Broker, topic_prefix: str) -> None:
    error = produce(apache_kafka, f"{topic_prefix}mistyped", b"value")
    assert error is not None
    assert error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART


@pytest.mark.usefixtures("kafka_can_start")
def test_killed_and_restarted_it_has_its_address_and_its_records(topic_prefix: str) -> None:
    quick = {"broker.session.timeout.ms": "2000", "broker.heartbeat.interval.ms": "500"}
    with ApacheKafka(properties=quick) as broker:
        address = broker.bootstrap_servers
        create_topic(broker, f"{topic_prefix}kept")
        assert produce(broker, f"{topic_prefix}kept", b"survivor") is None
        first = broker.pid
        broker.kill()
        broker.restart()
        assert (broker.bootstrap_servers, broker.pid != first) == (address, True)
        assert first_value(broker, f"{topic_prefix}kept") == b"survivor"


@pytest.mark.usefixtures("kafka_can_start")
def test_paused_it_answers_nobody_and_resumed_it_does() -> None:
    with ApacheKafka() as broker:
        client_config = {"bootstrap.servers": broker.bootstrap_servers}
        broker.pause()
        with pytest.raises(BrokerUnreachable):
            wait_for_broker(client_config, timeout_s=1.0)
        broker.resume()
        assert wait_for_broker(client_config, timeout_s=30.0).brokers


@pytest.mark.usefixtures("kafka_can_start")
def test_who_comes_behind_a_front_is_sent_to_it_and_who_comes_past_it_is_not() -> None:
    with Proxy() as front, ApacheKafka(front=front.address) as broker:
        assert broker.behind_front is not None
        front.forward_to(broker.behind_front)
        for address in (front.address, broker.bootstrap_servers):
            (told,) = wait_for_broker({"bootstrap.servers": address}).brokers.values()
            assert f"{told.host}:{told.port}" == address


@pytest.mark.usefixtures("kafka_can_start")
def test_a_property_it_refuses_is_shown_in_its_own_words() -> None:
    with pytest.raises(BrokerUnavailable, match=r"(?s)could not format its storage.*num\.io\.threads"):
        ApacheKafka(properties={"num.io.threads": "none"})


@pytest.mark.usefixtures("kafka_can_start")
def test_a_start_that_fails_leaves_no_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(BrokerUnavailable):
        ApacheKafka(properties={"num.io.threads": "none"})
    assert list(tmp_path.iterdir()) == []
