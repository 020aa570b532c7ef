"""What retention and compaction have removed from a topic is not written again behind newer records of its key."""

from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from dataflows.brokers.broker import Broker
from dataflows.kafka.sink import PartState, RecordPart, RecordSink
from schemas import topics
from schemas.lifecycle import State, StrategyStatus
from tests.dataflows.deployment import Deployment, wait_until

pytestmark = pytest.mark.kafka

CLEANED_AT_ONCE = {
    "segment.ms": "100",
    "min.cleanable.dirty.ratio": "0.001",
    "min.compaction.lag.ms": "0",
    "max.compaction.lag.ms": "100",
}
CLEANER_SECONDS = 60.0
"""The broker looks for something to clean every 15 seconds."""


def status(strategy: str, generation: int) -> StrategyStatus:
    return StrategyStatus(strategy=strategy, state=State.RUNNING, version=1, generation=generation)


DIP = [status("dip", number) for number in range(6)]
MACD = [status("macd", number) for number in range(4)]


class Topic:
    """The status topic of a deployment, through the sink's part of its only partition."""

    def __init__(self, broker: Broker, prefix: str, folder: Path, settings: dict[str, str]) -> None:
        self.deployment = Deployment(broker, prefix, folder, partitions=1).create(status=settings)

    def part(self, state: PartState | None = None) -> RecordPart[StrategyStatus]:
        deployment = self.deployment
        sink = RecordSink[StrategyStatus](deployment.config, deployment.name(topics.STATUS), deployment.codec)
        return sink.build_part("out", "0", state)

    def there(self) -> list[tuple[str, int]]:
        """What is left on it, of the strategies of these tests."""
        records = self.deployment.records(topics.STATUS, StrategyStatus)
        return [(one.strategy, one.generation) for one in records if one.strategy != "roll"]


def test_a_compacted_topic_gets_nothing_twice(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> None:
    topic = Topic(apache_kafka, topic_prefix, tmp_path, CLEANED_AT_ONCE)
    state = topic.part().snapshot()
    for number in range(4):
        part = topic.part(state)
        part.write_batch([*DIP[: number + 1], *MACD[:number]])
        part.snapshot()  # lost, as is the process
    rolls = iter(range(10_000))

    def compacted() -> bool:
        """A segment is closed by the first record that comes after its time, and cleaned only then."""
        roll = status("roll", next(rolls))
        topic.deployment.produce(topics.STATUS, [(b"roll", topic.deployment.codec.encode(roll))], partition=0)
        return topic.there() == [("dip", 3), ("macd", 2)]

    wait_until(compacted, CLEANER_SECONDS)
    part = topic.part(state)
    part.write_batch([*DIP[:2], MACD[0], DIP[2]])
    second = part.snapshot()
    assert second["holes"] > 0
    topic.part(state).write_batch([*MACD[:1], *DIP[:2]])  # lost, and it wrote nothing
    part = topic.part(second)
    part.write_batch([*MACD[1:], *DIP[3:]])
    part.snapshot()
    left = topic.there()
    assert [one for one in left if one[0] == "dip"] == [("dip", 3), ("dip", 4), ("dip", 5)]
    assert [one for one in left if one[0] == "macd"] == [("macd", 2), ("macd", 3)]


def test_a_run_that_begins_anew_over_a_compacted_topic_adds_what_is_new_alone(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """As a rebuild does: without a snapshot, from the first record on."""
    topic = Topic(apache_kafka, topic_prefix, tmp_path, CLEANED_AT_ONCE)
    part = topic.part()
    part.write_batch([*DIP[:3], MACD[0]])
    part.snapshot()
    rolls = iter(range(10_000))

    def compacted() -> bool:
        roll = status("roll", next(rolls))
        topic.deployment.produce(topics.STATUS, [(b"roll", topic.deployment.codec.encode(roll))], partition=0)
        return topic.there() == [("dip", 2), ("macd", 0)]

    wait_until(compacted, CLEANER_SECONDS)
    part = topic.part()
    part.write_batch([MACD[0], *DIP[:4]])
    part.snapshot()
    assert topic.there() == [("dip", 2), ("macd", 0), ("dip", 3)]


def test_what_retention_has_removed_is_not_written_again(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    topic = Topic(apache_kafka, topic_prefix, tmp_path, {"cleanup.policy": "delete"})
    state = topic.part().snapshot()
    part = topic.part(state)
    part.write_batch([DIP[0], MACD[0], DIP[1], DIP[2], MACD[1]])
    part.snapshot()  # lost
    admin = AdminClient({**topic.deployment.config, "log_level": 0})
    place = TopicPartition(topic.deployment.name(topics.STATUS), 0, 3)
    admin.delete_records([place])[place].result(20)
    assert topic.there() == [("dip", 2), ("macd", 1)]
    part = topic.part(state)
    part.write_batch(MACD[:3])
    second = part.snapshot()
    part = topic.part(second)
    part.write_batch(DIP[:5])
    last = part.snapshot()
    assert topic.there() == [("dip", 2), ("macd", 1), ("macd", 2), ("dip", 3), ("dip", 4)]
    assert (last["waiting"], last["holes"]) == ([], 0)


def test_a_key_of_which_retention_has_left_nothing_comes_again_in_order(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """Nobody can know that it was there: rather than lose it, it is written, and nothing newer is before it."""
    topic = Topic(apache_kafka, topic_prefix, tmp_path, {"cleanup.policy": "delete"})
    part = topic.part()
    part.write_batch([*DIP[:2], MACD[0]])
    part.snapshot()
    admin = AdminClient({**topic.deployment.config, "log_level": 0})
    place = TopicPartition(topic.deployment.name(topics.STATUS), 0, 2)
    admin.delete_records([place])[place].result(20)
    part = topic.part()
    part.write_batch([MACD[0], *DIP[:3], MACD[1]])
    part.snapshot()
    assert topic.there() == [("macd", 0), ("dip", 0), ("dip", 1), ("dip", 2), ("macd", 1)]
