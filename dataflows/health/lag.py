"""How far the candles are worked, by what the workers have committed: what any Kafka tool sees."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, TopicPartition

from dataflows.brokers.contact import admin_client
from dataflows.errors import BrokerError
from dataflows.kafka.client import ClientConfig, reader_config
from dataflows.kafka.metadata import offset_range

_ANSWER_SECONDS = 8.0
_READ_SECONDS = 4.0
"""What reading one record of each partition may take; mostly it takes a tenth of a second."""


@dataclass(frozen=True)
class PartitionLag:
    """One partition of the candle topic.

    Attributes:
        partition: its number.
        oldest: the oldest offset that it holds.
        end: the offset of the next record to come.
        committed: the next offset to be worked, as of the last snapshot; None where no worker ever committed any.
        waiting_since_ms: timestamp of the oldest record beyond that, milliseconds since the epoch; None without one.
        newest_ms: timestamp of the newest record; None where there is none.
    """

    partition: int
    oldest: int
    end: int
    committed: int | None = None
    waiting_since_ms: int | None = None
    newest_ms: int | None = None

    @property
    def records(self) -> int:
        """How many candles are not worked yet."""
        return max(0, self.end - max(self.oldest, self.committed or 0))


def partition_lags(client_config: ClientConfig, topic: str, partitions: int, group: str) -> list[PartitionLag]:
    """The lag of every partition of a topic for a group, in about half a second.

    A broker that keeps nothing of groups (the embedded one) gives partitions that nobody has committed.

    Raises:
        BrokerUnreachable: the leader of a partition did not answer.
        BrokerError: the broker does not tell what the group has committed.
    """
    committed = _committed(client_config, topic, partitions, group)
    with contextlib.closing(Consumer({**reader_config(client_config), "log_level": 0})) as consumer:
        ranges = {number: offset_range(consumer, topic, number) for number in range(partitions)}
        unread = {number: max(low, committed.get(number, 0)) for number, (low, _) in ranges.items()}
        waiting = _timestamps(consumer, topic, {n: at for n, at in unread.items() if at < ranges[n][1]})
        newest = _timestamps(consumer, topic, {n: high - 1 for n, (low, high) in ranges.items() if low < high})
    return [
        PartitionLag(number, low, high, committed.get(number), waiting.get(number), newest.get(number))
        for number, (low, high) in ranges.items()
    ]


def _committed(client_config: ClientConfig, topic: str, partitions: int, group: str) -> dict[int, int]:
    asked = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, number) for number in range(partitions)])
    admin = admin_client(client_config)  # kept until it has answered: with the client the answer would go
    answers = admin.list_consumer_group_offsets([asked], request_timeout=_ANSWER_SECONDS)
    try:
        found = answers[group].result(_ANSWER_SECONDS).topic_partitions
    except (KafkaException, TimeoutError) as error:
        why = error.args[0].str() if isinstance(error, KafkaException) else "it did not answer"
        raise BrokerError(f"the broker does not tell what the group {group!r} has committed: {why}") from error
    return {one.partition: one.offset for one in found if one.error is None and one.offset >= 0}


def _timestamps(consumer: Consumer, topic: str, offsets: dict[int, int]) -> dict[int, int]:
    """The timestamps of the records at these offsets, or of the next ones there are, by partition."""
    found: dict[int, int] = {}
    if not offsets:
        return found
    consumer.assign([TopicPartition(topic, number, offset) for number, offset in offsets.items()])
    for partition, timestamp in _arriving(consumer, time.monotonic() + _READ_SECONDS):
        found.setdefault(partition, timestamp)
        if len(found) == len(offsets):
            break
    return found


def _arriving(consumer: Consumer, deadline: float) -> Iterator[tuple[int, int]]:
    while (left := deadline - time.monotonic()) > 0:
        for message in consumer.consume(100, timeout=min(left, 0.05)):
            if message.error() is None:
                yield message.partition() or 0, message.timestamp()[1]
