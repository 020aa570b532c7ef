"""Kafka messages as they come: errors told apart, and turned into dead letters or exceptions."""

from collections.abc import Iterator

from confluent_kafka import KafkaError, KafkaException, Message

from dataflows.errors import BrokerError, OffsetLost, TopicMissing
from schemas.dead_letter import DeadLetter, dead_letter
from schemas.decode_error import DecodeError

_PASSING = {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT}  # noqa: SLF001  # librdkafka's own names
"""The client keeps trying by itself."""

_GONE = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}  # noqa: SLF001  # as above


def checked(messages: list[Message]) -> Iterator[Message]:
    """The messages that carry a record or say that a partition's end is reached; what cannot be mended is raised."""
    for message in messages:
        error = message.error()
        if error is None or error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # librdkafka's own name
            yield message
        elif error.code() == KafkaError._AUTO_OFFSET_RESET:  # noqa: SLF001  # librdkafka's own name
            raise OffsetLost(
                f"{message.topic()}[{message.partition()}]: the offset to go on from is not on the broker any more "
                f"({error.str()}). Retention has removed it, or the topic was recreated. Going on would skip records: "
                "`candelabra run --cold` begins at the oldest that is left, and says what is not promised then."
            )
        elif error.code() in _GONE:
            raise TopicMissing(
                f"{message.topic()}[{message.partition()}]: the topic or the partition is not there any more "
                f"({error.str()}): was it deleted while it was read?"
            )
        elif error.code() not in _PASSING:
            raise BrokerError(f"{message.topic()}[{message.partition()}]: {error.str()}") from KafkaException(error)


def is_end(message: Message) -> bool:
    """Whether the message only says that the end of its partition is reached."""
    return message.error() is not None


def dead_letter_of(message: Message, error: DecodeError) -> DeadLetter:
    """The letter for a record that cannot be used."""
    return dead_letter(
        error.reason,
        error.detail,
        topic=message.topic() or "",  # None only before a message has been to a broker, as with the next two
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        key=message.key(),
        value=message.value(),
    )
