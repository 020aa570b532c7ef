"""The journal of placements: which control record is worked before which candle, written down before anything follows.

Delivery: a placement counts once the broker has acknowledged it, and nothing that follows from it leaves the process
before. Whoever begins again reads the journal whole, so that every control record is worked before the very same
candle, after a crash and in a rebuild from the first candle.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from dataflows.brokers.contact import wait_for_broker
from dataflows.errors import DeliveryFailed, TopicUnfit
from dataflows.kafka.client import ClientConfig, reader_config
from dataflows.kafka.messages import checked, is_end
from dataflows.kafka.metadata import TIMEOUT_SECONDS, offset_range
from dataflows.kafka.patience import Patience
from dataflows.kafka.producer import give_up, shared_producer
from operators.control.placing import Run
from schemas.codec import Codec, DecodeError
from schemas.placement import Placement

_BATCH = 10_000
_WAIT_SECONDS = 0.02
_FETCH_MILLISECONDS = 10
"""The broker holds the news of the topic's end back for so long."""
_ANSWER_SECONDS = 0.01
"""Until the next look whether the answer is there: it may have gone to another thread that polls."""


class Worked(NamedTuple):
    """The feed that a run worked (``Feed.text``; empty: not known), and the first run on it."""

    feed: str
    since: int


NOT_KNOWN: Final = Worked("", 1)


@dataclass(frozen=True)
class Placements:
    """The journal as it was read, by partition of the candle topic.

    Attributes:
        runs: the newest run of each partition that was ever worked.
        placed: the placements of each partition on the feed of its newest run, in the order of the journal.
        feeds: what the newest run of each partition worked, where that is known.
    """

    runs: Mapping[int, Run] = field(default_factory=dict)
    placed: Mapping[int, tuple[Placement, ...]] = field(default_factory=dict)
    feeds: Mapping[int, Worked] = field(default_factory=dict)

    def worked(self, partition: int) -> Worked:
        """What the newest run of a partition worked."""
        return self.feeds.get(partition, NOT_KNOWN)


def read_placements(client_config: ClientConfig, topic: str, codec: Codec) -> Placements:
    """The journal, read whole; empty where there is no such topic.

    Raises:
        BrokerUnreachable: nobody answered.
        TopicUnfit: a record of it is no placement.
    """
    # All topics are asked for, not this one: the embedded broker makes a topic of any name that it is asked for.
    if topic not in wait_for_broker(client_config, timeout_s=TIMEOUT_SECONDS).topics:
        return Placements()
    return whole_journal(client_config, topic, codec)


def whole_journal(
    client_config: ClientConfig, topic: str, codec: Codec, asked_to_end: Callable[[], bool] = lambda: False
) -> Placements:
    """As ``read_placements``, for a topic that is there."""
    config = {**reader_config(client_config), "enable.partition.eof": True, "fetch.wait.max.ms": _FETCH_MILLISECONDS}
    consumer = Consumer(config)
    starts: dict[int, Placement] = {}
    placed: dict[int, list[Placement]] = {}
    patience = Patience(f"{topic}[0]", asked_to_end)
    try:
        oldest, _ = offset_range(consumer, topic, 0)
        consumer.assign([TopicPartition(topic, 0, oldest)])
        place = oldest
        while True:
            for message in checked(consumer.consume(_BATCH, _WAIT_SECONDS)):
                if is_end(message):
                    return _journal(starts, placed)
                place = message.offset() or 0
                if message.value() is None:
                    continue  # a tombstone: compaction at work
                one = _decoded(message, codec)
                if not one.is_start:
                    placed.setdefault(one.partition, []).append(one)
                elif one.partition not in starts or starts[one.partition].run < one.run:
                    starts[one.partition] = one
            patience.at(place)
    finally:
        consumer.close()


def _journal(starts: Mapping[int, Placement], placed: Mapping[int, list[Placement]]) -> Placements:
    worked = {partition: Worked(start.feed, start.since) for partition, start in starts.items()}
    since = {partition: one.since for partition, one in worked.items()}
    return Placements(
        {
            partition: Run(start.run, start.candles, start.parameters, start.since)
            for partition, start in starts.items()
        },
        {
            partition: tuple(one for one in found if one.run >= since.get(partition, 1))
            for partition, found in placed.items()
        },
        {partition: one for partition, one in worked.items() if one != NOT_KNOWN},
    )


def _decoded(message: Message, codec: Codec) -> Placement:
    try:
        return codec.decode(message.value(), Placement)
    except DecodeError as error:
        raise TopicUnfit(
            f"{message.topic()}[0]: the record at offset {message.offset()} is no placement ({error}). Without it a "
            "command could be worked before another candle than it was acknowledged for. Was something else written "
            "to this topic, or was it written by a later release?"
        ) from error


class Journal:
    """A way to add to the journal; the producer is the process's own, and nothing else of it is waited for."""

    def __init__(self, client_config: ClientConfig, topic: str, codec: Codec) -> None:
        self._topic = topic
        self._codec = codec
        self._producer = shared_producer(client_config)

    def write(self, placement: Placement) -> None:
        """Add a placement; returns once the broker has it.

        Raises:
            DeliveryFailed: the broker did not take it.
        """
        failure = self._failure(placement)
        if failure is not None:
            give_up(self._producer, failure)
            raise DeliveryFailed(
                f"{self._topic}[0]: the broker did not take a placement: {failure}. "
                "Nothing is lost: the run stops here, and one that resumes places anew what nobody has worked"
            )

    def _failure(self, placement: Placement) -> str | None:
        """Send it and wait; why it cannot be relied on, None once the broker has it."""
        answers: list[KafkaError | None] = []

        def delivered(error: KafkaError | None, _message: Message) -> None:
            answers.append(error)

        producer = self._producer
        key, value = placement.key.encode(), self._codec.encode(placement)
        sent, deadline = False, time.monotonic() + producer.patience_s
        while not answers:
            if producer.given_up is not None:
                return producer.given_up
            if time.monotonic() > deadline:
                return producer.unanswered(f"no answer within {producer.patience_s:g} s")
            if not sent:
                try:
                    producer.produce(self._topic, value, key, 0, delivered)
                    sent = True
                except KafkaException as error:
                    answers.append(error.args[0])
                except BufferError:
                    pass  # the sinks have filled the local queue: it empties
            producer.poll(_ANSWER_SECONDS)
        return None if answers[0] is None else answers[0].str()
