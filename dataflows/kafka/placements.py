"""The journal of placements: which control record is worked before which candle, written down before anything follows.

Delivery: a placement counts once the broker has acknowledged it (unless a later life has claimed a run by then, which
one engine for a prefix rules out), and nothing that follows from it leaves the process before. Whoever begins again
claims a run of its own and reads the journal whole, so that every control record is worked before the very same candle,
after a crash and in a rebuild from the first candle.
"""

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from uuid import uuid4

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from dataflows.brokers.contact import wait_for_broker
from dataflows.errors import DeliveryFailed, TopicUnfit
from dataflows.kafka.client import ClientConfig, reader_config
from dataflows.kafka.messages import checked, is_end
from dataflows.kafka.metadata import TIMEOUT_SECONDS, offset_range
from dataflows.kafka.patience import Patience
from dataflows.kafka.producer import give_up, shared_producer
from operators.control.journal import PartitionJournal
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


def whole_journal(client_config: ClientConfig, topic: str, codec: Codec) -> Placements:
    """As ``read_placements``, for a topic that is there."""
    with contextlib.closing(_Reader(client_config, topic, codec)) as reader:
        reader.to_end()
        return reader.placements


class Claimed(NamedTuple):
    """The number of a run that is one's own, and the journal before it."""

    run: int
    placements: Placements


def claim_run(  # noqa: PLR0913  # where, of what, and how long to try
    client_config: ClientConfig,
    topic: str,
    codec: Codec,
    partition: int,
    *,
    above: int = 0,
    asked_to_end: Callable[[], bool] = lambda: False,
) -> Claimed:
    """Begin a run of a partition, with a number above all before it and ``above``.

    The claim is written before the journal is read for good: so what an earlier life of the partition sent, and comes
    later than that, is void.

    Raises:
        BrokerUnreachable: the broker fell silent.
        DeliveryFailed: it did not take the claim.
        TopicUnfit: a record of the topic is no placement.
    """
    name = uuid4().hex
    journal = Journal(client_config, topic, codec)
    with contextlib.closing(_Reader(client_config, topic, codec, asked_to_end)) as reader:
        reader.to_end()
        while True:
            run = max(reader.of(partition).next_run, above + 1)
            claim = Placement(partition=partition, run=run, candles=0, first=0, end=0, claim=name)
            journal.write(claim)
            reader.to(claim)
            if reader.of(partition).is_held(name, run):
                return Claimed(run, reader.placements)


class _Reader:
    """The journal from its beginning on."""

    def __init__(
        self, client_config: ClientConfig, topic: str, codec: Codec, asked_to_end: Callable[[], bool] = lambda: False
    ) -> None:
        config = {**reader_config(client_config), "enable.partition.eof": True}
        self._consumer = Consumer({**config, "fetch.wait.max.ms": _FETCH_MILLISECONDS})
        self._topic = topic
        self._codec = codec
        self._patience = Patience(f"{topic}[0]", asked_to_end)
        self._journals: dict[int, PartitionJournal] = {}
        self._place, _ = offset_range(self._consumer, topic, 0)
        self._consumer.assign([TopicPartition(topic, 0, self._place)])

    def of(self, partition: int) -> PartitionJournal:
        """What was read of a partition."""
        return self._journals.setdefault(partition, PartitionJournal())

    @property
    def placements(self) -> Placements:
        """What was read of all partitions."""
        journals = self._journals.items()
        worked = {number: Worked(own.start.feed, own.start.since) for number, own in journals if own.start is not None}
        return Placements(
            {number: own.latest for number, own in journals if own.latest is not None},
            {number: own.placed for number, own in journals if own.placed},
            {number: one for number, one in worked.items() if one != NOT_KNOWN},
        )

    def to_end(self) -> None:
        """Read on until the end was seen."""
        while None not in self._some():
            pass

    def to(self, awaited: Placement) -> None:
        """Read on until this record was seen, which the broker has."""
        while awaited not in self._some():
            pass

    def _some(self) -> list[Placement | None]:
        """What comes next, already taken; None where it is the end."""
        found: list[Placement | None] = []
        for message in checked(self._consumer.consume(_BATCH, _WAIT_SECONDS)):
            if is_end(message):
                found.append(None)
                continue
            self._place = message.offset() or 0
            if message.value() is not None:  # a tombstone is compaction at work
                one = _decoded(message, self._codec)
                self.of(one.partition).take(one)
                found.append(one)
        self._patience.at(self._place)
        return found

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()


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
