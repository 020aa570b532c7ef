"""Send refused records again: the same key and bytes, to the partition where they were, in the order that they had.

Delivery: every acknowledgement is looked at, and each record carries its letter's id as a header. So whoever runs it
again after an interruption sends what is missing, and nothing twice.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from confluent_kafka import KafkaError, Message, Producer, TopicPartition

from dataflows.dead_letters.letters import StoredLetter, letters
from dataflows.dead_letters.requeued import HEADER, behind
from dataflows.dead_letters.selection import Selection, chosen
from dataflows.dead_letters.verdict import INPUTS, refused_again, unsendable
from dataflows.errors import DeliveryFailed
from dataflows.kafka.client import writer_config
from dataflows.kafka.metadata import partition_count
from dataflows.kafka.registry import MISSING_FOR_S
from dataflows.settings import Settings
from schemas.codec import Codec
from schemas.dead_letter import DeadLetter, Reason
from schemas.record import to_milliseconds
from schemas.topics import CONTROL

FLUSH_SECONDS = 60.0

Progress = Callable[[str, int], None]


class Fate(StrEnum):
    """What becomes of a letter."""

    SENT = "sent"
    THERE = "requeued before"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Planned:
    """A letter that was asked for: whether its record is sent again, and if not, why."""

    stored: StoredLetter
    fate: Fate
    why: str = ""

    @property
    def letter(self) -> DeadLetter:
        """The letter itself."""
        return self.stored.letter


@dataclass(frozen=True, slots=True)
class Overrides:
    """What is done all the same: ``again`` what was requeued before, ``anyway`` what would be refused once more."""

    again: bool = False
    anyway: bool = False


class Requeue:
    """One requeue: chosen, judged, then sent.

    Raises:
        BrokerUnreachable, TopicMissing: the topics cannot be read.
    """

    def __init__(
        self,
        settings: Settings,
        codec: Codec,
        *,
        overrides: Overrides,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings, self._codec = settings, codec
        self._config = settings.kafka_client_config()
        self._prefix = settings.topic_prefix
        self._overrides = overrides
        self._clock = clock
        names = [spec.prefixed(self._prefix) for spec in INPUTS]
        self._partitions = {name: partition_count(self._config, name) for name in names}

    def plan(self, selection: Selection, progress: Progress = lambda _what, _count: None) -> list[Planned]:
        """Every letter that is meant, once, by origin: topic, partition, offset.

        ``progress`` is told what is done (``reading``, ``looking``) and how many more records that was done with.

        Raises:
            CommandRefused: an id names none or several, or there are more letters than are sent at once.
        """
        stored = letters(self._settings, self._codec, progress=lambda count: progress("reading", count))
        planned = [self._judged(one) for one in chosen(stored, selection)]
        if self._overrides.again:
            return planned
        return self._without_those_there(planned, lambda count: progress("looking", count))

    def send(self, planned: Sequence[Planned], progress: Callable[[int], None] = lambda _count: None) -> int:
        """Produce what is to be sent, in order, and wait until all of it is acknowledged; how many that were.

        ``progress`` is told how many more were acknowledged.

        Raises:
            DeliveryFailed: the broker did not take one; what it took before stays, and is not sent again.
        """
        failures: list[str] = []
        taken = 0

        def delivered(error: KafkaError | None, _message: Message) -> None:
            nonlocal taken
            if error is None:
                taken += 1
                progress(1)
            else:
                failures.append(error.str())

        due = [one.letter for one in planned if one.fate is Fate.SENT]
        producer = Producer({**writer_config(self._config), "linger.ms": 5})
        for letter in due:
            self._produce(producer, letter, delivered)
            if failures:
                break
        left = producer.flush(FLUSH_SECONDS)
        if failures or left:
            producer.purge()
            why = (failures or [f"no answer within {FLUSH_SECONDS:g} s"])[0]
            raise DeliveryFailed(
                f"the broker did not take a record: {why}. It took {taken:,} of {len(due):,}: the same command again "
                "sends the others"
            )
        return taken

    def _produce(
        self, producer: Producer, letter: DeadLetter, delivered: Callable[[KafkaError | None, Message], None]
    ) -> None:
        while True:
            try:
                producer.produce(
                    letter.topic,
                    letter.value,
                    letter.record_key,
                    letter.partition,
                    delivered,
                    headers={HEADER: letter.id.encode()},
                )
            except BufferError:
                producer.poll(0.1)
            else:
                producer.poll(0)
                return

    def _judged(self, stored: StoredLetter) -> Planned:
        letter, now_ms = stored.letter, round(self._clock() * 1000)
        why = unsendable(letter, self._partitions)
        if not why and not self._overrides.anyway:
            skew_ms = round(self._settings.max_clock_skew_seconds * 1000)
            again = refused_again(letter, self._codec, self._prefix, now_ms=now_ms, skew_ms=skew_ms)
            why = f"it would be refused again: {again}" if again else self._too_soon(stored, now_ms)
        return Planned(stored, Fate.LEFT if why else Fate.SENT, why)

    def _too_soon(self, stored: StoredLetter, now_ms: int) -> str:
        """Workers remember for a while that the registry had no such schema."""
        if stored.letter.reason is not Reason.UNKNOWN_SCHEMA or self._settings.registry_url is None:
            return ""
        wait_s = MISSING_FOR_S - (now_ms - to_milliseconds(stored.recorded)) / 1000
        if wait_s <= 0:
            return ""
        return (
            f"the schema is known now, and workers that run ask the registry only {MISSING_FOR_S:g} s after they were "
            f"told that it is not: try again in {wait_s:.0f} s"
        )

    def _without_those_there(self, planned: Iterable[Planned], progress: Callable[[int], None]) -> list[Planned]:
        """Read on in each partition, from behind the first record that is to be sent again."""
        places: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
        result = list(planned)
        for number, one in enumerate(result):
            if one.fate is Fate.SENT:
                places[one.letter.topic, one.letter.partition].append(number)
        for (topic, partition), numbers in places.items():
            compacted = topic == CONTROL.prefixed(self._prefix)
            seen = behind(
                self._config,
                TopicPartition(topic, partition, min(result[number].letter.offset for number in numbers)),
                with_keys=compacted,
                progress=progress,
            )
            for number in numbers:
                letter = result[number].letter
                at = seen.letters.get(letter.id)
                if at is not None:
                    why = f"it is at {topic}[{partition}] {at:,}"
                    result[number] = replace(result[number], fate=Fate.THERE, why=why)
                    continue
                newer = seen.keys.get(letter.record_key or b"", -1)
                if newer > letter.offset:  # compaction may have removed it, and it would replace what was said since
                    why = (
                        f"its key has a newer record, at {topic}[{partition}] {newer:,}: give the command anew instead"
                    )
                    result[number] = replace(result[number], fate=Fate.LEFT, why=why)
        return result
