"""What retention and compaction have removed from a topic is not written again behind newer records of its key."""

from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from dataflows.brokers.broker import Broker
from dataflows.kafka.producer import shared_producer
from dataflows.kafka.sink import PartState, RecordPart, RecordSink
from schemas import topics
from schemas.alert import Alert, alert_id
from schemas.lifecycle import State, StrategyStatus
from schemas.topics import TopicSpec
from tests.dataflows.deployment import Deployment, minute, wait_until

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


def gap(number: int, message: str = "as it was") -> Alert:
    """What is said of a series at a minute; all of them have one key."""
    return Alert(
        id=alert_id("gap", "AAA", "1m", minute(number)),
        kind="gap",
        severity="warning",
        symbol="AAA",
        timeframe="1m",
        event_time=minute(number),
        message=message,
    )


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


def remove(deployment: Deployment, spec: TopicSpec, before: int) -> None:
    """What retention does in its own time: the records before an offset of partition 0 are gone."""
    admin = AdminClient({**deployment.config, "log_level": 0})
    place = TopicPartition(deployment.name(spec), 0, before)
    admin.delete_records([place])[place].result(20)


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
    remove(topic.deployment, topics.STATUS, 3)
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
    remove(topic.deployment, topics.STATUS, 2)
    part = topic.part()
    part.write_batch([MACD[0], *DIP[:3], MACD[1]])
    part.snapshot()
    assert topic.there() == [("macd", 0), ("dip", 0), ("dip", 1), ("dip", 2), ("macd", 1)]


def gaps(deployment: Deployment, *, cold: bool = False) -> RecordPart[Alert]:
    """The part of a run that begins anew, as every one does that has no store."""
    sink = RecordSink[Alert](deployment.config, deployment.name(topics.ALERTS), deployment.codec, cold=cold)
    return sink.build_part("out", "0", None)


def said(deployment: Deployment) -> list[tuple[int, str]]:
    records = deployment.records(topics.ALERTS, Alert)
    return [(round((one.event_time - minute(0)).total_seconds()) // 60, one.message) for one in records]


def test_what_is_new_is_written_where_what_is_there_is_never_made_again(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """Retention has removed candles and alerts, and a run begins at the oldest candle that is left."""
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    part = gaps(deployment)
    part.write_batch([gap(number) for number in range(6)])
    part.snapshot()
    remove(deployment, topics.ALERTS, 4)
    part = gaps(deployment)
    part.write_batch([gap(number) for number in (6, 7, 8)])
    state = part.snapshot()
    assert said(deployment) == [(number, "as it was") for number in range(4, 9)]
    assert (state["waiting"], state["holes"]) == ([], 0)


def test_a_run_that_began_cold_takes_nothing_for_removed(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """With other settings it says other things of the same minutes; what is the same is not repeated."""
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    part = gaps(deployment)
    part.write_batch([gap(number) for number in range(4)])
    part.snapshot()
    remove(deployment, topics.ALERTS, 2)
    anew = [gap(1, "otherwise"), gap(2), gap(3, "otherwise"), gap(4)]
    gaps(deployment, cold=True).write_batch(anew)
    shared_producer(deployment.config).settle()
    assert said(deployment) == [
        (2, "as it was"),
        (3, "as it was"),
        (1, "otherwise"),
        (3, "otherwise"),
        (4, "as it was"),
    ]
