"""Following topics as a spectator, on both brokers."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from dataflows.brokers.broker import Broker
from dataflows.brokers.embedded import EmbeddedBroker
from dataflows.brokers.ports import free_port
from dataflows.errors import BrokerUnreachable, TopicMissing
from dataflows.kafka.follow import Followed, FollowedRecord, TopicFollower
from schemas.candle import Candle
from schemas.codec import Codec
from schemas.decode_error import DecodeError
from schemas.framing import SingleObject

CODEC = Codec(SingleObject())
START = datetime(2025, 5, 9, tzinfo=UTC)


def candle(minute: int) -> Candle:
    return Candle(
        symbol="BTCUSDT",
        timeframe="1m",
        open_time=START + timedelta(minutes=minute),
        open=100.0 + minute,
        high=100.0 + minute,
        low=100.0 + minute,
        close=100.0 + minute,
        volume=1.0,
    )


def decode(value: bytes | None) -> Candle:
    return CODEC.decode(value, Candle)


def create(broker: Broker, topic: str, partitions: int = 1) -> None:
    admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers})
    for answer in admin.create_topics([NewTopic(topic, partitions, 1)]).values():
        answer.result(timeout=20)
    wait_for(lambda: topic in admin.list_topics(timeout=5).topics)


def produce(broker: Broker, topic: str, values: list[bytes | None], partition: int = 0) -> None:
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "log_level": 0})
    for value in values:
        producer.produce(topic, value, key=b"BTCUSDT", partition=partition)
    assert producer.flush(20) == 0


def candles(first: int, count: int) -> list[bytes | None]:
    return [CODEC.encode(candle(minute)) for minute in range(first, first + count)]


def wait_for(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def collect(follower: TopicFollower, until: Callable[[list[FollowedRecord]], bool]) -> list[FollowedRecord]:
    found: list[FollowedRecord] = []

    def enough() -> bool:
        found.extend(follower.poll(timeout_s=0.1))
        return until(found)

    wait_for(enough)
    return found


def config(broker: Broker) -> dict[str, str | int | float | bool]:
    return {"bootstrap.servers": broker.bootstrap_servers}


def test_reads_every_partition_from_its_beginning_in_order(any_broker: Broker, topic_prefix: str) -> None:
    topic = f"{topic_prefix}candles"
    create(any_broker, topic, partitions=2)
    produce(any_broker, topic, candles(0, 30), partition=0)
    produce(any_broker, topic, candles(100, 20), partition=1)
    with TopicFollower(config(any_broker), [Followed(topic, decode)]) as follower:
        found = collect(follower, lambda _: follower.caught_up)
    for partition, first, count in ((0, 0, 30), (1, 100, 20)):
        here = [one for one in found if one.partition == partition]
        assert [one.offset for one in here] == list(range(count))
        assert [one.record for one in here] == [candle(minute) for minute in range(first, first + count)]
    assert {(one.topic, one.key) for one in found} == {(topic, b"BTCUSDT")}


def test_reads_the_last_records_of_each_partition_and_then_what_comes(any_broker: Broker, topic_prefix: str) -> None:
    topic = f"{topic_prefix}candles"
    create(any_broker, topic, partitions=2)
    produce(any_broker, topic, candles(0, 30), partition=0)
    produce(any_broker, topic, candles(0, 2), partition=1)
    with TopicFollower(config(any_broker), [Followed(topic, decode, last=5)]) as follower:
        before = collect(follower, lambda _: follower.caught_up)
        produce(any_broker, topic, candles(30, 1), partition=0)
        after = collect(follower, bool)
    assert sorted((one.partition, one.offset) for one in before) == [(0, o) for o in range(25, 30)] + [(1, 0), (1, 1)]
    assert [one.record for one in after] == [candle(30)]


def test_reads_from_the_end_only_what_comes_from_now_on(any_broker: Broker, topic_prefix: str) -> None:
    topic = f"{topic_prefix}candles"
    create(any_broker, topic)
    produce(any_broker, topic, candles(0, 3))
    with TopicFollower(config(any_broker), [Followed(topic, decode, last=0)]) as follower:
        produce(any_broker, topic, candles(3, 2))
        found = collect(follower, lambda found: len(found) == 2)
    assert [one.record for one in found] == [candle(3), candle(4)]


def test_iteration_goes_on_past_what_cannot_be_decoded(any_broker: Broker, topic_prefix: str) -> None:
    topic = f"{topic_prefix}candles"
    create(any_broker, topic)
    produce(any_broker, topic, [b"garbage", None, *candles(0, 1)])
    with TopicFollower(config(any_broker), [Followed(topic, decode)]) as follower:
        found = list(islice(follower, 3))
    assert isinstance(found[0].record, DecodeError)
    assert "expected the single-object marker" in str(found[0].record)
    assert (found[0].is_deletion, found[1].is_deletion) == (False, True)
    assert isinstance(found[1].record, DecodeError)
    assert found[2].record == candle(0)


def test_a_topic_that_does_not_exist_is_refused_with_the_nearest_name(
    embedded_broker: Broker, topic_prefix: str
) -> None:
    create(embedded_broker, f"{topic_prefix}candles")
    misspelt = f"{topic_prefix}candels"
    with pytest.raises(TopicMissing) as refused:
        TopicFollower(config(embedded_broker), [Followed(misspelt, decode)])
    assert f"the topic '{misspelt}' does not exist (did you mean \"{topic_prefix}candles\"?)" in str(refused.value)
    assert "candelabra topics create" in str(refused.value)


def test_a_topic_that_does_not_exist_yet_can_be_waited_for(any_broker: Broker, topic_prefix: str) -> None:
    topic = f"{topic_prefix}candles"
    with TopicFollower(config(any_broker), [Followed(topic, decode, last=0)], missing="wait") as follower:
        assert follower.poll() == []
        assert not follower.caught_up
        create(any_broker, topic)
        produce(any_broker, topic, candles(0, 3))
        found = collect(follower, lambda found: len(found) == 3)
    assert [one.record for one in found] == [candle(0), candle(1), candle(2)]


def test_no_broker_is_said_within_the_time_given() -> None:
    with pytest.raises(BrokerUnreachable, match="no Kafka broker answered"):
        TopicFollower({"bootstrap.servers": f"127.0.0.1:{free_port()}"}, [Followed("candles", decode)], timeout_s=1.0)


def test_a_broker_that_goes_away_is_trouble_and_not_an_error() -> None:
    with EmbeddedBroker() as broker:
        create(broker, "candles")
        produce(broker, "candles", candles(0, 1))
        follower = TopicFollower(config(broker), [Followed("candles", decode)])
        collect(follower, lambda _: follower.caught_up)
        assert follower.trouble is None
    wait_for(lambda: not follower.poll(timeout_s=0.1) and follower.trouble is not None)
    follower.close()
