"""Whether all that was malformed is in the dead letters, as it was, and nothing of it anywhere else."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition

from dataflows.kafka.client import ClientConfig, reader_config
from dataflows.kafka.codec import build_codec
from dataflows.kafka.messages import checked, is_end
from dataflows.kafka.metadata import partition_count
from dataflows.settings import Settings
from schemas.dead_letter import DeadLetter, Reason
from schemas.topics import (
    ALERTS,
    COMPOSITES,
    DEAD_LETTER,
    EQUITY,
    EXECUTIONS,
    LATE_SIGNALS,
    METRICS,
    POSITIONS,
    SIGNALS,
    STATUS,
)

OUTPUTS = (SIGNALS, COMPOSITES, LATE_SIGNALS, POSITIONS, METRICS, EQUITY, EXECUTIONS, ALERTS, STATUS)
"""What must be as if nothing had been malformed."""

_BATCH, _WAIT_SECONDS = 10_000, 0.5


class Origin(NamedTuple):
    """Where a malformed record lies and what it is: what its dead letter must say."""

    partition: int
    offset: int
    reason: Reason
    key: bytes | None
    size: int
    digest: bytes


def origin(partition: int, offset: int, reason: Reason, key: bytes | None, value: bytes | None) -> Origin:
    """The origin of a record with this key and value."""
    return Origin(partition, offset, reason, key, len(value or b""), digest(value))


def digest(value: bytes | None) -> bytes:
    """Of a value; None and no bytes differ."""
    return b"" if value is None else blake2b(value, digest_size=16).digest()


@dataclass(frozen=True)
class Found:
    """How many dead letters there are by reason, and in words what is wrong with them; empty where nothing is."""

    by_reason: Mapping[str, int]
    difference: str


def dead_lettered(settings: Settings, injected: Sequence[Origin], topic: str) -> Found:
    """Compare the dead letters with what was injected into a topic: each once, with its reason, origin and bytes."""
    codec = build_codec(settings)
    found: Counter[Origin] = Counter()
    elsewhere = 0
    for message in messages(settings.kafka_client_config(), DEAD_LETTER.prefixed(settings.topic_prefix)):
        letter = codec.decode(message.value(), DeadLetter)
        elsewhere += letter.topic != topic
        there = origin(letter.partition, letter.offset, letter.reason, letter.record_key, letter.value)
        found[there] += 1
    expected = Counter(injected)
    by_reason = Counter(one.reason.value for one in found.elements())
    if found == expected and not elsewhere:
        return Found(by_reason, "")
    missing, more = expected - found, found - expected
    examples = "; ".join(
        f"{what} {one.reason.value} at [{one.partition}] {one.offset}"
        for what, those in (("missing", missing), ("not expected", more))
        for one in sorted(those)[:3]
    )
    return Found(
        by_reason,
        f"{missing.total():,} dead letters are missing, {more.total():,} are not expected, {elsewhere:,} name another "
        f"topic: {examples}",
    )


def outputs_differ(clean: Settings, poisoned: Settings) -> str:
    """What differs between all other output topics, key by key, in words; empty where every byte is the same."""
    differences = []
    for spec in OUTPUTS:
        ours, theirs = (
            _by_key(one.kafka_client_config(), spec.prefixed(one.topic_prefix)) for one in (clean, poisoned)
        )
        keys = [key for key in {*ours, *theirs} if ours.get(key) != theirs.get(key)]
        if keys:
            counts = [sum(count for count, _ in one.values()) for one in (ours, theirs)]
            differences.append(
                f"{spec.name}: {len(keys):,} keys differ, one is {keys[0]!r} ({counts[0]:,} and {counts[1]:,} "
                "records in all)"
            )
    return "; ".join(differences)


def _by_key(config: ClientConfig, topic: str) -> dict[bytes | None, tuple[int, bytes]]:
    """For each key how many records there are, and a digest over all of them in their order."""
    sums: dict[bytes | None, tuple[int, blake2b]] = {}
    for message in messages(config, topic):
        key = message.key()
        count, running = sums.get(key) or (0, blake2b(digest_size=16))
        running.update(digest(message.value()))
        sums[key] = count + 1, running
    return {key: (count, running.digest()) for key, (count, running) in sums.items()}


def messages(config: ClientConfig, topic: str) -> Iterator[Message]:
    """What is on a topic now."""
    consumer = Consumer({**reader_config(config), "enable.partition.eof": True, "auto.offset.reset": "earliest"})
    try:
        left = partition_count(config, topic)
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(left)])
        while left:
            for message in checked(consumer.consume(_BATCH, _WAIT_SECONDS)):
                if is_end(message):
                    left -= 1
                else:
                    yield message
    finally:
        consumer.close()
