"""Read topics as a spectator: whole or from near their end, then on as they grow. Changes nothing, commits nothing.

Partitions are assigned, never subscribed to: a spectator must see all of them whoever else reads, and the embedded
broker does not deliver to groups. For viewing only; the dataflow has its own source, which never skips a lost offset.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self, TypeAlias

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from dataflows.brokers.contact import wait_for_broker
from dataflows.errors import BrokerError, BrokerUnreachable, TopicMissing
from dataflows.kafka.client import ClientConfig
from dataflows.kafka.near_end import Place, offsets_near_end
from dataflows.kafka.took import timed
from schemas.candle_row import CandleRow
from schemas.decode_error import DecodeError
from schemas.names import did_you_mean
from schemas.record import Record

_METADATA_TIMEOUT_S = 1.0
_LOOK_AGAIN_S = 10.0
"""How often new topics and partitions are looked for, and an idle broker is asked whether it is still there."""
_LOOK_AGAIN_SOON_S = 1.0
"""The same, while a topic is missing or the broker does not answer."""

# confluent-kafka's public error codes begin with an underscore where librdkafka itself is their source.
_AT_END = KafkaError._PARTITION_EOF  # noqa: SLF001  # as above
_GONE = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}  # noqa: SLF001  # as above
_AWAY = {KafkaError._ALL_BROKERS_DOWN, KafkaError._AUTHENTICATION, KafkaError._SSL}  # noqa: SLF001  # as above

_QUIET = {"log_level": 0, "reconnect.backoff.ms": 50, "reconnect.backoff.max.ms": 1_000}
_SPECTATOR = {
    "group.id": "candelabra-spectator",  # confluent-kafka insists on one; nothing is ever committed to it
    "enable.auto.commit": False,
    "enable.partition.eof": True,
    "fetch.wait.max.ms": 100,  # the broker holds the news of a partition's end back for so long
    "auto.offset.reset": "earliest",  # what retention removed cannot be shown
}


class TopicUnreadable(BrokerError):
    """The broker refuses to let this client read a topic; the message gives its reason."""


Decode: TypeAlias = Callable[[bytes | None], Record | CandleRow]
"""From a value to what it holds; ``DecodeError`` where it holds nothing of the kind. As a rule a codec's method."""


@dataclass(frozen=True)
class Followed:
    """A topic to follow.

    ``last`` is the number of records of each partition
    to begin with: None means all, 0 means only what comes from now on. On a compacted topic it counts offsets, so fewer
    records may come.
    """

    topic: str
    decode: Decode
    last: int | None = None


@dataclass(frozen=True)
class FollowedRecord:
    """One record, or why it is none, with its place.

    ``timestamp_ms`` is the broker's or the producer's, since the epoch. ``is_deletion`` marks a null value, which on a
    compacted topic deletes its key.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    record: Record | CandleRow | DecodeError
    timestamp_ms: int | None = None
    is_deletion: bool = False


class TopicFollower:
    """The records of some topics, in order within each partition, for as long as somebody asks.

    Args:
        client_config: librdkafka settings, at least ``bootstrap.servers`` (``Settings.kafka_client_config()``).
        topics: what to read, and from where.
        missing: ``refuse`` raises when a topic does not exist; ``wait`` reads it from its beginning once it does.
        timeout_s: longest wait for the broker's first answer, in seconds.

    Raises:
        BrokerUnreachable: nobody answered in time.
        ClientConfigInvalid: librdkafka refused a setting.
        TopicMissing: a topic does not exist and ``missing`` is ``refuse``.
    """

    def __init__(
        self,
        client_config: ClientConfig,
        topics: Sequence[Followed],
        *,
        missing: Literal["refuse", "wait"] = "refuse",
        timeout_s: float = 8.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Find the topics and stand at the first record of each partition."""
        self._followed = {one.topic: one for one in topics}
        self._clock = clock
        self._assigned: set[Place] = set()
        self._at_end: set[Place] = set()
        self._opened = False
        self.trouble: str | None = None
        """Why the broker cannot be reached at present, or None. ``poll`` keeps trying."""
        self._look_again_at = 0.0
        wait_for_broker(client_config, timeout_s=timeout_s)
        self._consumer = Consumer({**_QUIET, **client_config, **_SPECTATOR, "error_cb": self._note_error})
        try:
            existing = self._look()
            if missing == "refuse":
                self._refuse_missing(existing)
        except KafkaException as failure:
            self._consumer.close()
            raise BrokerUnreachable(f"the broker stopped answering: {failure.args[0].str()}") from failure
        except BaseException:
            self._consumer.close()
            raise
        self._opened = True

    @property
    def caught_up(self) -> bool:
        """Whether every partition of every topic was read to its end at least once."""
        found = {topic for topic, _ in self._assigned}
        return found == set(self._followed) and self._at_end >= self._assigned

    def poll(self, max_records: int = 1_000, timeout_s: float = 0.0) -> list[FollowedRecord]:
        """What has arrived, about ``max_records`` at most; waits up to ``timeout_s`` for the first of it.

        Every ten seconds (every second while a topic is missing or the broker is away) it also asks the broker for its
        metadata, which can take up to one second more. While the broker is away the answer is empty and ``trouble``
        says why.

        Raises:
            TopicUnreadable: the broker refuses this client.
        """
        found = []
        for message in self._arrived(max_records, timeout_s):
            error = message.error()
            if error is None:
                self.trouble = None
                found.append(self._decoded(message))
            else:
                self._note_refusal(message, error)
        if self._clock() >= self._look_again_at:
            self._look_again()
        return found

    def __iter__(self) -> Iterator[FollowedRecord]:
        """Every record, for ever; waits where there is none."""
        while True:
            yield from self.poll(timeout_s=0.2)

    def close(self) -> None:
        """Leave the broker; a second call does nothing."""
        self._consumer.close()

    def __enter__(self) -> Self:
        """Return the follower, which is already open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it, whatever happened inside the block."""
        self.close()

    def _refuse_missing(self, existing: set[str]) -> None:
        for topic in self._followed:
            if topic not in existing:
                raise TopicMissing(
                    f"the topic {topic!r} does not exist{did_you_mean(topic, sorted(existing))}. "
                    "Create the topics with: candelabra topics create"
                )

    def _arrived(self, most: int, timeout_s: float) -> list[Message]:
        """Asked for many, librdkafka waits for all of them; so the wait is for one, and the rest is what is there."""
        first = self._consumer.consume(most, timeout=0)
        if first or timeout_s <= 0:
            return first
        return self._consumer.consume(1, timeout=timeout_s) + self._consumer.consume(most, timeout=0)

    def _decoded(self, message: Message) -> FollowedRecord:
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        if topic is None or partition is None or offset is None:
            raise AssertionError("librdkafka gave a message without an error and without a place")
        value = message.value()
        record: Record | CandleRow | DecodeError
        try:
            record = timed(self._followed[topic].decode(value), message.headers())
        except DecodeError as error:
            record = error
        kind, timestamp = message.timestamp()
        return FollowedRecord(
            topic, partition, offset, message.key(), record, timestamp if kind else None, is_deletion=value is None
        )

    def _note_refusal(self, message: Message, error: KafkaError) -> None:
        place = (message.topic() or "", message.partition() or 0)
        code = error.code()
        if code == _AT_END:
            self.trouble = None
            self._at_end.add(place)
        elif code in _GONE:
            self._leave(place)
        elif code in (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED):
            raise TopicUnreadable(
                f"the broker does not let this client read {place[0]!r}: {error.str()}. "
                "Ask whoever runs it for the Read right on the topic."
            )
        elif not error.retriable():
            self.trouble = error.str()

    def _note_error(self, error: KafkaError) -> None:
        """Called by librdkafka from within ``consume``: one broker's lost connection is no trouble, all of them is."""
        if error.code() in _AWAY:
            self.trouble = error.str()
            self._look_again_at = min(self._look_again_at, self._clock() + _LOOK_AGAIN_SOON_S)

    def _look_again(self) -> None:
        try:
            self._look()
        except KafkaException as failure:
            self.trouble = failure.args[0].str()
            self._look_again_at = self._clock() + _LOOK_AGAIN_SOON_S

    def _look(self) -> set[str]:
        """Assign what is new, and return the names of all topics."""
        # A broker that restarts may answer before it knows its topics, hence the patience at the very first.
        topics = self._consumer.list_topics(timeout=_METADATA_TIMEOUT_S if self._opened else 5.0).topics
        ready = {name for name in self._followed if name in topics and topics[name].error is None}
        places = {(name, partition) for name in ready for partition in topics[name].partitions}
        new = places - self._assigned
        if new:
            offsets = self._first_offsets(new)
            self._consumer.incremental_assign([TopicPartition(*place, offsets[place]) for place in sorted(new)])
            self._assigned |= new
        self.trouble = None
        complete = len(ready) == len(self._followed)
        self._look_again_at = self._clock() + (_LOOK_AGAIN_S if complete else _LOOK_AGAIN_SOON_S)
        return set(topics)

    def _first_offsets(self, places: set[Place]) -> dict[Place, int]:
        # A partition that appears later is new from its first record.
        last = {} if self._opened else {place: self._followed[place[0]].last for place in places}
        near = {place: count for place, count in last.items() if count is not None}
        return dict.fromkeys(places, OFFSET_BEGINNING) | (offsets_near_end(self._consumer, near) if near else {})

    def _leave(self, place: Place) -> None:
        """A topic that was deleted is read again when somebody creates it anew."""
        if place in self._assigned:
            self._consumer.incremental_unassign([TopicPartition(*place)])
            self._assigned.discard(place)
            self._at_end.discard(place)
        self._look_again_at = min(self._look_again_at, self._clock() + _LOOK_AGAIN_SOON_S)
