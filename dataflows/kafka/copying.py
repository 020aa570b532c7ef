"""A deployment's topics, copied: every partition in its order, with keys, bytes, times and headers as they are.

What names offsets (the journal of placements, the origins of dead letters) is told in those of the copy. So a run that
begins anew there works every command before the very same candle, and knows everything that is on the output topics.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from types import TracebackType

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition

from dataflows.errors import CommandRefused, DeliveryFailed
from dataflows.kafka.client import reader_config, writer_config
from dataflows.kafka.codec import build_codec
from dataflows.kafka.control_log import ControlLog
from dataflows.kafka.feed_now import feed_of
from dataflows.kafka.gone import candles_gone, commands_gone, feed_gone
from dataflows.kafka.messages import checked, is_end
from dataflows.kafka.metadata import offset_range, partition_count
from dataflows.kafka.patience import Patience
from dataflows.kafka.placements import Placements, whole_journal
from dataflows.kafka.renumbered import Renumbered
from dataflows.kafka.sink import partition_of
from dataflows.settings import Settings
from schemas.dead_letter import DeadLetter, letter_id
from schemas.placement import PARTIAL_COPY, Placement
from schemas.topics import ALL_TOPICS, CANDLES, CONTROL, DEAD_LETTER, PLACEMENTS, TopicSpec

ONCE = 10_000
WAIT_SECONDS = 0.2
FLUSH_SECONDS = 330.0

Progress = Callable[[str, int], None]
"""Told of a topic, and of how many more of its records were copied."""


@dataclass(frozen=True)
class Copied:
    """How many records were copied of each topic, by its name without prefix.

    ``lacks`` is what the topics had lost before, of what the engine has worked; None where they had lost nothing.
    """

    records: dict[str, int]
    lacks: str | None = None

    @property
    def whole(self) -> bool:
        """Whether an engine that works the copy from its first candle gives what is on its output topics."""
        return self.lacks is None


def copy_topics(source: Settings, target: Settings, *, progress: Progress = lambda _topic, _count: None) -> Copied:
    """Copy what is on the topics of ``source`` now to those of ``target``, which are there and empty.

    Where retention has removed the first candles that the engine worked, or compaction some of its commands, the
    placements of commands mean nothing to one that begins with what is left: they stay behind, ``whole`` is False, and
    the journal of the copy says so, by which a run that does not begin cold there is refused.

    Raises:
        CommandRefused: both are the same topics, the target holds records, or has another number of partitions.
        TopicMissing: a topic of the target is not there.
        DeliveryFailed: the target did not take a record; what was copied stays.
    """
    with _Copy(source, target) as copy:
        return copy.run(progress)


class _Copy(AbstractContextManager["_Copy"]):
    def __init__(self, source: Settings, target: Settings) -> None:
        self._source, self._target = source, target
        if (source.bootstrap_servers, source.topic_prefix) == (target.bootstrap_servers, target.topic_prefix):
            raise CommandRefused("the copy would be the original: expected other brokers, or another prefix")
        self._consumer = Consumer({**reader_config(source.kafka_client_config()), "enable.partition.eof": True})
        self._there = Consumer(reader_config(target.kafka_client_config()))
        self._producer = Producer(writer_config(target.kafka_client_config()))
        self._codec, self._target_codec = build_codec(source), build_codec(target)
        self._numbers: dict[tuple[str, int], Renumbered] = {}
        self._letters = 0
        self._journal = Placements()
        self._lacks: str | None = None
        self._feed = ""
        self._failures: list[str] = []

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._consumer.close()
        self._there.close()

    def run(self, progress: Progress) -> Copied:
        """All topics; the journal last, for it speaks of the others' offsets."""
        places = {spec.name: self._compared(spec) for spec in ALL_TOPICS}
        self._letters = places[DEAD_LETTER.name]
        prefix, config = self._source.topic_prefix, self._source.kafka_client_config()
        self._journal = whole_journal(config, PLACEMENTS.prefixed(prefix), self._codec)
        self._lacks, self._feed = self._lost(), feed_of(self._target).mark
        records: dict[str, int] = {}
        for spec in (*(one for one in ALL_TOPICS if one is not PLACEMENTS), PLACEMENTS):
            records[spec.name] = 0
            for partition in range(places[spec.name]):
                for count in self._partition(spec, partition):
                    records[spec.name] += count
                    progress(spec.name, count)
        return Copied(records, self._lacks)

    def _compared(self, spec: TopicSpec) -> int:
        """How many partitions a topic has, once it is sure that the target is there, alike and empty."""
        own, other = spec.prefixed(self._source.topic_prefix), spec.prefixed(self._target.topic_prefix)
        count = partition_count(self._source.kafka_client_config(), own)
        found = partition_count(self._target.kafka_client_config(), other)
        if found != count:
            raise CommandRefused(
                f"{other} has {found} partitions, expected {count} as {own} has: keys would move between partitions. "
                f"Create it anew with CANDELABRA_PARTITIONS={count}"
            )
        for partition in range(count):
            low, high = offset_range(self._there, other, partition)
            if high > low:
                raise CommandRefused(
                    f"{other}[{partition}] holds {high - low:,} records, expected none: copies go to new topics. "
                    "Choose another prefix, or delete them first"
                )
        return count

    def _lost(self) -> str | None:
        """What is not there any more of what was worked."""
        feed, journal = feed_of(self._source), self._journal
        runs = {partition: run for partition, run in journal.runs.items() if partition < feed.partitions}
        why = feed_gone(journal, feed) or candles_gone(runs, feed.candles, self._consumer)
        if why is not None:
            return why
        placed = [one for found in journal.placed.values() for one in found]
        with closing(ControlLog(self._source.kafka_client_config(), feed.control, self._codec)) as log:
            return commands_gone(placed, feed.control, [entry.offset for entry in log.whole()])

    def _partition(self, spec: TopicSpec, partition: int) -> Iterator[int]:
        """Copy a partition; one for each of its records."""
        own, other = spec.prefixed(self._source.topic_prefix), spec.prefixed(self._target.topic_prefix)
        numbers = self._numbers[spec.name, partition] = Renumbered()
        for message in self._messages(own, partition):
            key, value, place = message.key(), message.value(), partition
            if spec is PLACEMENTS and value is not None:
                placement = self._told_anew(self._codec.decode(value, Placement))
                if placement is None:
                    continue
                key, value = placement.key.encode(), self._target_codec.encode(placement)
            elif spec is DEAD_LETTER and value is not None:
                letter = self._addressed(self._codec.decode(value, DeadLetter))
                key, value = letter.key.encode(), self._target_codec.encode(letter)
                place = partition_of(letter.key) % self._letters
            self._produce(other, place, key, value, message)
            numbers.add(message.offset() or 0)
            yield 1
        left = self._producer.flush(FLUSH_SECONDS)
        self._raise_if_failed(other, left)

    def _addressed(self, letter: DeadLetter) -> DeadLetter:
        """A letter with the place of its record in the copy; as it is where the copy has no such record."""
        for spec in (CANDLES, CONTROL):
            numbers = self._numbers.get((spec.name, letter.partition))
            if letter.topic == spec.prefixed(self._source.topic_prefix) and numbers is not None:
                topic, offset = spec.prefixed(self._target.topic_prefix), numbers.of(letter.offset)
                if numbers.of(letter.offset + 1) == offset:
                    return letter
                identity = letter_id(topic, letter.partition, offset)
                return letter.model_copy(update={"id": identity, "topic": topic, "offset": offset})
        return letter

    def _told_anew(self, placement: Placement) -> Placement | None:
        """A placement in the copy's offsets; None where nothing is to be told of it there.

        That is so where it counts no more, where the control records that it placed are compacted away (and by a
        release that did not count them), and of all but claims and starts of runs where the copy lacks what was worked.
        """
        worked = self._journal.worked(placement.partition)
        # Partitions beyond the topic's are of one that was deleted and made anew with fewer.
        if placement.run < worked.since or (CANDLES.name, placement.partition) not in self._numbers:
            return None
        if placement.claim:
            return placement
        if self._lacks is not None:
            partial = {"feed": PARTIAL_COPY, "candles": 0}
            return placement.model_copy(update=partial) if placement.is_start else None
        candles, control = self._numbers[CANDLES.name, placement.partition], self._numbers[CONTROL.name, 0]
        update: dict[str, object] = {"candles": candles.of(placement.candles)}
        if placement.is_start:
            return placement.model_copy(update={**update, "feed": self._feed})
        first, end = control.of(placement.first), control.of(placement.end)
        return None if first == end else placement.model_copy(update={**update, "first": first, "end": end})

    def _messages(self, topic: str, partition: int) -> Iterator[Message]:
        """What is on a partition now, from its oldest record on."""
        low, high = offset_range(self._consumer, topic, partition)
        if low == high:
            return
        self._consumer.assign([TopicPartition(topic, partition, low)])
        patience, place = Patience(f"{topic}[{partition}]"), low
        while True:
            for message in checked(self._consumer.consume(ONCE, WAIT_SECONDS)):
                if is_end(message):
                    return
                place = message.offset() or 0
                yield message
            patience.at(place)

    def _produce(self, topic: str, partition: int, key: bytes | None, value: bytes | None, message: Message) -> None:
        kind, milliseconds = message.timestamp()
        del kind
        while True:
            try:
                self._producer.produce(
                    topic,
                    value,
                    key,
                    partition,
                    self._delivered,
                    timestamp=max(0, milliseconds),
                    headers=message.headers() or [],
                )
            except BufferError:
                self._producer.poll(0.1)
                self._raise_if_failed(topic, 0)
            else:
                return

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._failures.append(error.str())

    def _raise_if_failed(self, topic: str, left: int) -> None:
        if self._failures or left:
            why = (self._failures or ["no answer in time"])[0]
            raise DeliveryFailed(
                f"{topic}: the broker did not take a record: {why}. What was copied before it is there"
            )
