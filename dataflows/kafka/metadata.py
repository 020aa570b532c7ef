"""What the broker says of a topic."""

import time
from collections.abc import Sequence

from confluent_kafka import Consumer, KafkaException, TopicPartition

from dataflows.brokers.contact import wait_for_broker
from dataflows.errors import BrokerUnreachable, TopicMissing, TopicUnfit
from dataflows.kafka.client import ClientConfig
from schemas.names import did_you_mean

TIMEOUT_SECONDS = 8.0


def partition_count(client_config: ClientConfig, topic: str) -> int:
    """How many partitions a topic has; TopicMissing where there is none, BrokerUnreachable where nobody answers."""
    return partition_counts(client_config, (topic,))[0]


def partition_counts(client_config: ClientConfig, topics: Sequence[str]) -> list[int]:
    """As ``partition_count``, for several topics at once, in order."""
    # All topics, not these: the embedded broker makes a topic of any name that it is asked for.
    there = wait_for_broker(client_config, timeout_s=TIMEOUT_SECONDS).topics
    counts = []
    for topic in topics:
        found = there.get(topic)
        if found is None or not found.partitions:
            servers, hint = client_config.get("bootstrap.servers"), did_you_mean(topic, there)
            raise TopicMissing(
                f"there is no topic {topic!r} on {servers}{hint}: create it with `candelabra topics create`"
            )
        counts.append(len(found.partitions))
    return counts


def check_single_partition(client_config: ClientConfig, topic: str) -> None:
    """TopicUnfit where a topic that all must read in one order has more than one partition; else as above."""
    require_single_partition(topic, partition_count(client_config, topic))


def require_single_partition(topic: str, count: int) -> None:
    """TopicUnfit where ``count``, the number of its partitions, is not 1."""
    if count != 1:
        raise TopicUnfit(
            f"the topic {topic!r} has {count} partitions, expected 1: its records must have one order for all who read "
            "them. Delete it and create it again with `candelabra topics create`, then deploy the strategies anew"
        )


def offset_range(consumer: Consumer, topic: str, partition: int) -> tuple[int, int]:
    """The oldest offset that the partition still holds, and its end: the offset of the next record to come.

    Raises:
        BrokerUnreachable: the partition's leader did not say in time.
    """
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        left = max(0.1, deadline - time.monotonic())
        try:
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=left)
        except KafkaException as error:
            if time.monotonic() < deadline:  # a topic just made has no leader for a moment
                time.sleep(0.05)
                continue
            raise BrokerUnreachable(
                f"{topic}[{partition}]: its leader did not say within {TIMEOUT_SECONDS:g} s which offsets there are: "
                f"{error.args[0].str()}"
            ) from error
        return low, high
