"""What topics hold of one key: of each, the one partition that the key belongs to, read to its end."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from dataflows.brokers.contact import wait_for_broker
from dataflows.kafka.client import reader_config
from dataflows.kafka.codec import build_codec
from dataflows.kafka.messages import checked, is_end
from dataflows.kafka.metadata import TIMEOUT_SECONDS, offset_range
from dataflows.kafka.patience import Patience
from dataflows.kafka.record_types import RECORDS_OF
from dataflows.kafka.sink import partition_of
from dataflows.kafka.took import timed
from dataflows.settings import Settings
from schemas.codec import Codec
from schemas.decode_error import DecodeError
from schemas.record import Record
from schemas.topics import TopicSpec

_BATCH = 4_096
_WAIT_SECONDS = 0.1


def records_by_key(
    settings: Settings,
    key: str,
    topics: Iterable[TopicSpec],
    progress: Callable[[int], None] = lambda _count: None,
) -> list[list[Record]]:
    """The records of a key on each topic, in its order; topics that are not there hold nothing.

    Raises:
        BrokerUnreachable: the broker fell silent.
    """
    config, codec = settings.kafka_client_config(), build_codec(settings)
    there = wait_for_broker(config, timeout_s=TIMEOUT_SECONDS).topics
    found: list[list[Record]] = []
    consumer = Consumer({**reader_config(config), "enable.partition.eof": True})
    try:
        for spec in topics:
            topic = spec.prefixed(settings.topic_prefix)
            records: list[Record] = []
            if topic in there and there[topic].partitions:
                place = TopicPartition(topic, partition_of(key) % len(there[topic].partitions))
                records += _read(consumer, place, spec, key, codec, progress)
            found.append(records)
    finally:
        consumer.close()
    return found


def _read(  # noqa: PLR0913, PLR0917  # a topic, a key, and how to read them
    consumer: Consumer,
    place: TopicPartition,
    spec: TopicSpec,
    key: str,
    codec: Codec,
    progress: Callable[[int], None],
) -> Iterator[Record]:
    low, high = offset_range(consumer, place.topic, place.partition)
    consumer.assign([TopicPartition(place.topic, place.partition, low)])
    patience, offset, wanted = Patience(f"{place.topic}[{place.partition}]"), low, key.encode()
    while offset < high:
        messages = list(checked(consumer.consume(_BATCH, _WAIT_SECONDS)))
        for message in messages:
            if is_end(message):
                offset = high
                break
            offset = (message.offset() or 0) + 1
            if message.key() == wanted:
                try:
                    record: Any = codec.decode_any(message.value() or b"", RECORDS_OF[spec.name])
                except DecodeError:  # of a later release, or not ours: it says nothing to us
                    continue
                yield timed(record, message.headers())
        progress(len(messages))
        patience.at(offset)
