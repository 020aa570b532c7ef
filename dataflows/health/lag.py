"""How far the candles are worked, by what the workers have committed: what any Kafka tool sees."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Message, TopicPartition

from dataflows.brokers.contact import admin_client
from dataflows.errors import BrokerError
from dataflows.kafka.client import ClientConfig, reader_config
from dataflows.kafka.metadata import offset_range

_ANSWER_SECONDS = 8.0
_READ_SECONDS = 4.0
"""What reading one record of each partition may take; mostly it takes a tenth of a second."""
_LEAST_PATIENCE_SECONDS = 60.0
_EPOCHS = 3
"""A candle is committed with the snapshot after it, so it waits an epoch or two while all is well."""


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
        worked_ms: timestamp of the newest record that is committed; None where there is none.
        waiting: the value of the oldest record beyond what is committed; None without one.
    """

    partition: int
    oldest: int
    end: int
    committed: int | None = None
    waiting_since_ms: int | None = None
    newest_ms: int | None = None
    worked_ms: int | None = None
    waiting: bytes | None = None

    @property
    def position(self) -> int:
        """The offset that workers have come to; the end, where the broker keeps nothing of them."""
        return self.end if self.committed is None else min(self.committed, self.end)

    @property
    def records(self) -> int:
        """How many candles are not worked yet."""
        return max(0, self.end - max(self.oldest, self.committed or 0))


def patience(epoch_seconds: float) -> float:
    """How long a candle may wait to be committed, in seconds, where snapshots are taken so often."""
    return max(_LEAST_PATIENCE_SECONDS, _EPOCHS * epoch_seconds)


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
        waiting = _records(consumer, topic, {n: at for n, at in unread.items() if at < ranges[n][1]})
        newest = _records(consumer, topic, {n: high - 1 for n, (low, high) in ranges.items() if low < high})
        last = {n: min(committed[n], ranges[n][1]) - 1 for n in committed if n in ranges}
        worked = _records(consumer, topic, {n: at for n, at in last.items() if at >= ranges[n][0]})
    return [
        PartitionLag(
            number,
            low,
            high,
            committed.get(number),
            waiting_since_ms=_timestamp(waiting.get(number)),
            newest_ms=_timestamp(newest.get(number)),
            worked_ms=_timestamp(worked.get(number)),
            waiting=message.value() if (message := waiting.get(number)) is not None else None,
        )
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


def _timestamp(message: Message | None) -> int | None:
    return None if message is None else message.timestamp()[1]


def _records(consumer: Consumer, topic: str, offsets: dict[int, int]) -> dict[int, Message]:
    """The records at these offsets, or the next ones there are, by partition."""
    found: dict[int, Message] = {}
    if not offsets:
        return found
    consumer.assign([TopicPartition(topic, number, offset) for number, offset in offsets.items()])
    for message in arriving(consumer, time.monotonic() + _READ_SECONDS):
        found.setdefault(message.partition() or 0, message)
        if len(found) == len(offsets):
            break
    return found


def arriving(consumer: Consumer, deadline: float) -> Iterator[Message]:
    """Records of what is assigned, until a deadline of the clock that never goes back."""
    while (left := deadline - time.monotonic()) > 0:
        for message in consumer.consume(100, timeout=min(left, 0.05)):
            if message.error() is None:
                yield message
