"""Records to a Kafka topic: one part per output partition, each record once, every delivery checked.

Delivery: the producer is idempotent and every acknowledgement is looked at. ``snapshot`` runs before Bytewax records
the epoch: it flushes, and keeps the partition's end. A part that resumes reads its partition from there to its end and
holds back the records that are there already, so a crash between two snapshots repeats nothing. That holds because the
graph gives the same bytes again. Other writers on the topic do no harm.

A part without a snapshot reads its whole partition (about 150 bytes of memory a record): a first start cannot be told
from a start after a crash in the first epoch. So a run that begins anew over topics that hold its output adds nothing.
"""

import zlib
from dataclasses import dataclass, field
from typing import Generic, TypedDict, TypeVar

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from dataflows.errors import DeliveryFailed
from dataflows.graph import Emitted
from dataflows.kafka.already import Already
from dataflows.kafka.client import ClientConfig, reader_config
from dataflows.kafka.messages import checked, is_end
from dataflows.kafka.metadata import offset_range, partition_count
from dataflows.kafka.producer import give_up, shared_producer
from dataflows.kafka.refused import Refused
from schemas.codec import Codec

SCHEMA_VERSION = 1
FLUSH_SECONDS = 60.0
READ_SECONDS = 0.05
"""Short, because the client waits this long for a full batch even when the end is reached."""

R = TypeVar("R", bound=Emitted)


class PartState(TypedDict):
    """Where the records of this run begin that a resumed part must look for."""

    schema_version: int
    end: int


@dataclass(frozen=True)
class RecordSink(FixedPartitionedSink[R, PartState], Generic[R]):
    """A topic for records of one kind. ``refused``: where a record goes that the broker will never take; else raise."""

    client_config: ClientConfig = field(repr=False)  # may hold secrets
    topic: str
    codec: Codec
    refused: Refused | None = None
    compacted: bool = False

    def list_parts(self) -> list[str]:
        """One part for each partition of the topic, in the order of their numbers."""
        return [str(number) for number in range(partition_count(self.client_config, self.topic))]

    def part_fn(self, item_key: str) -> int:
        """The partition of a key: CRC-32, so that it is the same in every process and release."""
        return zlib.crc32(item_key.encode())

    def build_part(self, step_id: str, for_part: str, resume_state: PartState | None) -> "RecordPart[R]":
        """The part of one partition."""
        del step_id
        if resume_state is not None and resume_state["schema_version"] != SCHEMA_VERSION:
            found = resume_state["schema_version"]
            raise ValueError(f"sink of {self.topic}: expected state of schema version {SCHEMA_VERSION}, got {found}")
        return RecordPart(self, int(for_part), resume_state)


class RecordPart(StatefulSinkPartition[R, PartState], Generic[R]):
    """One partition of an output topic."""

    def __init__(self, sink: RecordSink[R], partition: int, resume: PartState | None) -> None:
        self._sink = sink
        self._partition = partition
        self._producer = shared_producer(sink.client_config)
        self._failure: str | None = None
        self._end = 0 if resume is None else resume["end"]
        self._there = Already()
        self._read_what_is_there()

    def write_batch(self, values: list[R]) -> None:
        """Hand records to the producer; those that are on the topic already are held back."""
        encode = self._sink.codec.encode
        for record in values:
            key, value = record.key.encode(), encode(record)
            if self._there and self._there.take(key, value):
                continue
            self._produce(key, value)
        self._producer.poll(0)
        self._raise_if_failed()

    def snapshot(self) -> PartState:
        """Wait until every record is acknowledged; then the end, or the oldest record still to be seen again."""
        left = self._producer.flush(FLUSH_SECONDS)
        if left and self._failure is None:
            self._failure = f"{left} records were not acknowledged within {FLUSH_SECONDS:g} s"
        self._raise_if_failed()
        oldest = self._there.oldest
        return PartState(schema_version=SCHEMA_VERSION, end=self._end if oldest is None else min(self._end, oldest))

    def close(self) -> None:
        """Wait for what is still on its way; after a failure nothing is."""
        self._producer.flush(FLUSH_SECONDS)

    @property
    def _name(self) -> str:
        return f"{self._sink.topic}[{self._partition}]"

    def _produce(self, key: bytes, value: bytes) -> None:
        while True:
            try:
                self._producer.produce(self._sink.topic, value, key, self._partition, self._delivered)
            except KafkaException as error:  # refused before it was sent: too large for the client's own limit
                self._not_taken(error.args[0], key, value)
                return
            except BufferError:
                self._producer.poll(0.1)  # the local queue is full: back-pressure
                self._raise_if_failed()
            else:
                return

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            self._end = max(self._end, (message.offset() or 0) + 1)
        else:
            self._not_taken(error, message.key() or b"", message.value() or b"")

    def _not_taken(self, error: KafkaError, key: bytes, value: bytes) -> None:
        if self._sink.refused is not None and self._sink.refused.takes(error):
            self._sink.refused.keep(self._sink.topic, key, value, error)
        else:
            self._failure = self._failure or error.str()

    def _raise_if_failed(self) -> None:
        if self._failure is not None:
            give_up(self._producer)
            raise DeliveryFailed(
                f"{self._name}: the broker did not take a record: {self._failure}. "
                "Nothing is lost: the run stops here, and one that resumes produces it again"
            )

    def _read_what_is_there(self) -> None:
        consumer = Consumer({**reader_config(self._sink.client_config), "enable.partition.eof": True})
        try:
            low, high = offset_range(consumer, self._sink.topic, self._partition)
            self._end = max(self._end, low)  # what retention has removed cannot be looked for
            if self._end >= high:
                return
            consumer.assign([TopicPartition(self._sink.topic, self._partition, self._end)])
            while True:
                for message in checked(consumer.consume(num_messages=10_000, timeout=READ_SECONDS)):
                    if is_end(message):
                        return
                    offset = message.offset() or 0
                    self._there.add(message.key() or b"", message.value() or b"", offset)
                    self._end = offset + 1
        finally:
            consumer.close()
