"""What was sent again already: told by the records themselves, for nothing else can know it for sure.

A record that is sent again carries its letter's id as a header, and lies behind the one that was refused. So whoever
reads the partition from there on finds it, whoever sent it, and however often that was interrupted.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from dataflows.errors import BrokerUnreachable, OffsetLost
from dataflows.kafka.client import ClientConfig, reader_config
from dataflows.kafka.messages import checked, is_end
from dataflows.kafka.metadata import offset_range

HEADER = "candelabra-requeued"
"""Header of a record that was sent again; its value is the id of the letter."""

_BATCH = 10_000
_WAIT_SECONDS = 0.1
_PATIENCE = 100
"""So many times nothing may come before the broker is said to be gone."""


@dataclass
class Behind:
    """What lies behind a place of a partition: requeued letters, by id, and keys, each with its last offset."""

    letters: dict[str, int] = field(default_factory=dict)
    keys: dict[bytes, int] = field(default_factory=dict)


def behind(
    client_config: ClientConfig,
    place: TopicPartition,
    *,
    with_keys: bool,
    progress: Callable[[int], None] = lambda _count: None,
) -> Behind:
    """Read a partition from the record after ``place`` to its end; its keys too where they are asked for.

    Raises:
        BrokerUnreachable: the broker does not answer, or not any more.
    """
    found, silent = Behind(), 0
    topic, partition = place.topic, place.partition
    consumer = Consumer({**reader_config(client_config), "enable.partition.eof": True})
    try:
        oldest, _ = offset_range(consumer, topic, partition)
        consumer.assign([TopicPartition(topic, partition, max(oldest, place.offset + 1))])
        while silent < _PATIENCE:
            messages = consumer.consume(num_messages=_BATCH, timeout=_WAIT_SECONDS)
            silent = 0 if messages else silent + 1
            for message in checked(messages):
                if is_end(message):
                    return found
                at = message.offset() or 0
                headers = message.headers()
                if headers:
                    _note(headers, at, found.letters)
                key = message.key()
                if with_keys and key is not None:
                    found.keys[key] = at
            progress(len(messages))
    except OffsetLost:
        return found  # the topic was made anew, and is shorter now: nothing of this letter can be there
    finally:
        consumer.close()
    raise BrokerUnreachable(f"{topic}[{partition}]: the broker does not give what is behind offset {place.offset}")


def _note(headers: Any, at: int, letters: dict[str, int]) -> None:  # noqa: ANN401  # the client's stubs say less than it gives
    """Headers are pairs of a name and bytes; a name may come several times."""
    for name, value in headers:
        if name == HEADER and isinstance(value, bytes):
            letters[value.decode("utf-8", "replace")] = at
