"""Records to a Kafka topic: one part per output partition, each record once, every delivery checked.

Delivery: the producer is idempotent and every acknowledgement is looked at. ``snapshot`` runs before Bytewax records
the epoch: it waits until all is acknowledged, and keeps the partition's end. A part that resumes reads its partition
from there to its end and holds back the records that are there already, so a crash between two snapshots repeats
nothing. That holds because the graph gives the same bytes again, key by key in the same order. What retention or
compaction has removed meanwhile is not written again behind newer records of its key; how that is told from what is new
says ``dataflows.kafka.already``. Other writers on the topic do no harm. A topic that was deleted and made anew is known
by its id. One thing is taken for granted: what a killed process had on its way has reached the broker, or never will,
by the time that the next process has begun and reads.

A part without a snapshot reads its whole partition (see ``Already`` for the memory that takes): a first start cannot be
told from a start after a crash in the first epoch. So a run that begins anew over topics that hold its output adds
nothing.

A broker that is slow is back-pressure, however long. One that acknowledges nothing for minutes (``patience_s`` of the
shared producer) ends the run: all parts of the process, for they share it, and nothing more of them is sent.
"""

import threading
import time
import zlib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Generic, TypedDict, TypeVar, cast, get_args

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition
from confluent_kafka import KafkaError, KafkaException, Message

from dataflows.errors import DeliveryFailed
from dataflows.graph import Emitted
from dataflows.kafka.already import Already, Runs, Sought
from dataflows.kafka.client import ClientConfig
from dataflows.kafka.metadata import partition_count
from dataflows.kafka.producer import give_up, shared_producer
from dataflows.kafka.rank import rank
from dataflows.kafka.refused import Refused
from dataflows.kafka.took import Headers, headers_of
from dataflows.kafka.topic_ids import topic_ids
from dataflows.kafka.written import Written
from dataflows.stop import StopFlag
from operators.snapshot import SnapshotRefused, check_parameters, check_version
from schemas.codec import Codec, DecodeError

SCHEMA_VERSION = 3

_KINDS: Final = get_args(Emitted)

R = TypeVar("R", bound=Emitted)


class PartState(TypedDict):
    """Where the records of this run begin that a resumed part must look for; see ``Sought``.

    ``partitions`` is how many the topic had: with another number keys are elsewhere. 0 where that is not known.
    ``topic`` is the id that the broker gave it; empty where that is not known.
    """

    schema_version: int
    end: int
    waiting: Runs
    holes: int
    partitions: int
    topic: str


@dataclass(frozen=True)
class RecordSink(FixedPartitionedSink[R, PartState], Generic[R]):
    """A topic for records of one kind.

    Attributes:
        refused: where a record goes that the broker will never take; without it that ends the run.
        cold: the run began anew with other settings or over a changed input, so that what is on the topic need not be
            what it makes: then no record is taken for one that was removed.
        stop: set where the end is wanted, for what would wait for a broker that is gone.
    """

    client_config: ClientConfig = field(repr=False)  # may hold secrets
    topic: str
    codec: Codec
    refused: Refused | None = None
    cold: bool = False
    stop: StopFlag = field(default_factory=StopFlag)

    def list_parts(self) -> list[str]:
        """One part for each partition of the topic, in the order of their numbers."""
        return [str(number) for number in range(partition_count(self.client_config, self.topic))]

    def part_fn(self, item_key: str) -> int:
        """The partition of a key: CRC-32, so that it is the same in every process and release."""
        return partition_of(item_key)

    @cached_property
    def topic_id(self) -> str:
        """The topic's id, asked of the broker once; empty where it does not tell it."""
        return topic_ids(self.client_config, (self.topic,))[0]

    def build_part(self, step_id: str, for_part: str, resume_state: Mapping[str, Any] | None) -> "RecordPart[R]":
        """The part of one partition.

        Raises:
            SnapshotRefused: the state has a form that is not known, or is of another topic than the one that is there.
        """
        del step_id
        what = f"sink of {self.topic}[{for_part}]"
        state = None if resume_state is None else _migrated(resume_state, what)
        if state is not None and state["topic"] and self.topic_id not in {"", state["topic"]}:
            raise SnapshotRefused(
                f"{what}: made with the topic of id {state['topic']}, expected {self.topic_id}, which is there now: "
                "the topic was deleted and made anew, or this is another cluster"
            )
        return RecordPart(self, int(for_part), state)

    def rank(self, value: bytes) -> int | None:
        """How far along its key a record of the topic is; None where it has no rank, or is of another writer."""
        try:
            return rank(self.codec.decode_any(value, _KINDS))
        except DecodeError:
            return None


def partition_of(key: str) -> int:
    """A number that names, modulo how many partitions an output topic has, the one that a key lies on."""
    return zlib.crc32(key.encode())


def _migrated(found: Mapping[str, Any], what: str) -> PartState:
    """State in today's form.

    Version 1 was of a part that looked for everything from ``end`` on, version 2 of one that knew of no ids.
    """
    version = found.get("schema_version")
    if version == 1:
        found = {"end": found["end"], "waiting": [], "holes": 0, "partitions": 0}
    if version in {1, 2}:
        found = {**found, "schema_version": SCHEMA_VERSION, "topic": ""}
    check_version(what, found.get("schema_version"), SCHEMA_VERSION)
    return cast("PartState", found)  # as snapshot() wrote it


class RecordPart(StatefulSinkPartition[R, PartState], Generic[R]):
    """One partition of an output topic."""

    def __init__(self, sink: RecordSink[R], partition: int, resume: PartState | None) -> None:
        self._sink = sink
        self._partition = partition
        self._topic_id = sink.topic_id
        self._failure: str | None = None
        self._producer = shared_producer(sink.client_config)
        self._settle()  # of a run that was broken off in this process something may still be on its way
        sought = Sought() if resume is None else Sought(resume["end"], resume["waiting"], resume["holes"])
        self._there = Already(sought, sink.rank, holds_back_removed=not sink.cold)
        with closing(Written(sink.client_config, sink.topic, partition, lambda: sink.stop.is_set)) as written:
            self._partitions = written.partitions()
            if resume is not None and resume["partitions"]:
                then, now = {"partitions": resume["partitions"]}, {"partitions": self._partitions}
                check_parameters(f"sink of {self._name}", then, now)
            self._end = written.into(self._there, sought)
        self._lock = threading.Lock()  # a thread that polls hears of the records of all

    def write_batch(self, values: list[R]) -> None:
        """Hand records to the producer; those that are on the topic already are held back."""
        encode = self._sink.codec.encode
        for record in values:
            key, value = record.key.encode(), encode(record)
            if self._there and self._there.take(key, value):
                continue
            self._produce(key, value, headers_of(record))
        self._producer.poll(0)
        self._raise_if_failed()

    def snapshot(self) -> PartState:
        """Wait until every record is acknowledged; then the end, and which records before it are still to be seen."""
        self._settle()
        sought = self._there.sought(self._end)
        return PartState(
            schema_version=SCHEMA_VERSION,
            end=sought.end,
            waiting=sought.waiting,
            holes=sought.holes,
            partitions=self._partitions,
            topic=self._topic_id,
        )

    def close(self) -> None:
        """Wait for what is still on its way; after a failure nothing is."""
        if self._producer.given_up is None:
            self._settle()

    @property
    def _name(self) -> str:
        return f"{self._sink.topic}[{self._partition}]"

    def _settle(self) -> None:
        unsettled = self._producer.settle()
        self._failure = self._failure or unsettled
        self._raise_if_failed()

    def _produce(self, key: bytes, value: bytes, headers: Headers | None) -> None:
        deadline = 0.0
        while True:
            self._raise_if_failed()
            try:
                self._producer.produce(self._sink.topic, value, key, self._partition, self._delivered, headers=headers)
            except KafkaException as error:  # refused before it was sent: too large for the client's own limit
                self._not_taken(error.args[0], key, value)
            except BufferError:  # the local queue is full: back-pressure
                now = time.monotonic()
                # Half: what is in the queue is older than this wait, and is to be given up before its time is over.
                deadline = deadline or now + self._producer.patience_s / 2
                self._producer.poll(0.1)
                if time.monotonic() > deadline:
                    self._failure = self._failure or self._producer.unanswered("the local queue does not empty")
                continue
            self._raise_if_failed()  # given up in between by another thread: then this record goes too
            return

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._not_taken(error, message.key() or b"", message.value() or b"")
            return
        offset = message.offset()
        if offset is None or offset < 0:  # of an answer that was lost: it was sent again, and the broker had it already
            self._failure = self._failure or "the broker has one and does not say where"
            return
        with self._lock:
            self._end = max(self._end, offset + 1)

    def _not_taken(self, error: KafkaError, key: bytes, value: bytes) -> None:
        if self._sink.refused is not None and self._sink.refused.takes(error):
            self._sink.refused.keep(self._sink.topic, key, value, error)
        else:
            self._failure = self._failure or error.str()

    def _raise_if_failed(self) -> None:
        failure = self._producer.given_up or self._failure
        if failure is not None:
            give_up(self._producer, failure)
            raise DeliveryFailed(
                f"{self._name}: the broker did not take a record: {failure}. "
                "Nothing is lost: the run stops here, and one that resumes produces it again"
            )
