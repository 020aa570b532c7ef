"""What accounts say on its topics: each record once across crashes, however long it took to make."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dataflows.brokers.broker import Broker
from dataflows.kafka.follow import Followed, TopicFollower
from dataflows.kafka.record_types import RECORDS_OF
from dataflows.kafka.sink import PartState, RecordPart, RecordSink
from dataflows.kafka.took import HEADER, timed
from schemas import topics
from schemas.audit import Execution
from schemas.record import Record
from schemas.signal import Signal
from schemas.topics import TopicSpec
from tests.dataflows.accounts import told
from tests.dataflows.deployment import Deployment, minute

TOPICS = (topics.POSITIONS, topics.METRICS, topics.EQUITY, topics.EXECUTIONS)


def signal(number: int) -> Signal:
    opens = number % 2 == 0
    return Signal(
        id=f"{number:032x}",
        strategy="dip",
        version=1,
        symbol="AAA",
        timeframe="1m",
        open_time=minute(number),
        close_time=minute(number + 1),
        rule="in" if opens else "out",
        type="entry" if opens else "exit",
        side="long",
        confidence=1.0,
        price=100.0 + number,
        position_before="flat" if opens else "long",
        position_after="long" if opens else "flat",
        condition="close > 0",
        values={},
    )


def said(topic: TopicSpec, first: int = 0, end: int = 8) -> list[Record]:
    """What accounts say of some signals, as far as it goes to a topic."""
    return [
        record for at in range(first, end) for record in told(signal(at)) if isinstance(record, RECORDS_OF[topic.name])
    ]


def written(
    deployment: Deployment, topic: TopicSpec, records: Sequence[Record], state: PartState | None = None
) -> PartState:
    """By a part that goes on from a state, or begins; what a snapshot then holds."""
    sink = RecordSink[Any](deployment.config, deployment.name(topic), deployment.codec)
    part: RecordPart[Any] = sink.build_part("out", "0", state)
    part.write_batch(list(records))
    return part.snapshot()


@pytest.mark.kafka
@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_each_record_is_there_once_after_crashes(
    topic: TopicSpec, apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    records = said(topic)
    half = len(records) // 2
    state = written(deployment, topic, records[:half])
    written(deployment, topic, records[half:-1], state)  # its snapshot is lost
    second = written(deployment, topic, records[half : half + 1], state)  # so is all but the first of it
    written(deployment, topic, records[half + 1 :], second)
    values = [message.value() for message in deployment.messages(topic)]
    assert len(records) >= 4
    assert values == [deployment.codec.encode(record) for record in records]


@pytest.mark.kafka
def test_metrics_that_are_said_twice_at_one_close_come_twice(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    (one, other) = said(topics.METRICS, end=2)
    state = written(deployment, topics.METRICS, [])
    written(deployment, topics.METRICS, [one, one], state)  # lost
    written(deployment, topics.METRICS, [one, one, other], state)
    values = [message.value() for message in deployment.messages(topics.METRICS)]
    assert values == [deployment.codec.encode(record) for record in (one, one, other)]


@pytest.mark.kafka
def test_how_long_it_took_is_a_header_that_no_comparison_sees(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    first, second, third = [one for one in said(topics.EXECUTIONS, end=3) if isinstance(one, Execution)]
    bare = deployment.codec.decode(deployment.codec.encode(third), Execution)
    state = written(deployment, topics.EXECUTIONS, [])
    written(deployment, topics.EXECUTIONS, [first.timed(17), second.timed(1_000_000)], state)  # lost
    written(deployment, topics.EXECUTIONS, [first.timed(18), second.timed(5), bare], state)
    headers = [message.headers() for message in deployment.messages(topics.EXECUTIONS)]
    assert headers == [[(HEADER, b"17")], [(HEADER, b"1000000")], None]
    followed = Followed(
        deployment.name(topics.EXECUTIONS), lambda value: deployment.codec.decode(value, Execution), last=None
    )
    with TopicFollower(deployment.config, [followed]) as follower:
        seen: list[Any] = []
        while not follower.caught_up:
            seen += [one.record for one in follower.poll(timeout_s=0.2)]
    assert seen == [first, second, third]
    assert [one.microseconds for one in seen] == [17, 1_000_000, None]


@pytest.mark.parametrize("value", [b"", b"-1", b"1.5", b"1" * 19, "\u0663".encode(), None])
def test_a_header_that_is_no_number_is_passed_over(value: bytes | None) -> None:
    (record,) = [one for one in said(topics.EXECUTIONS, end=1) if isinstance(one, Execution)]
    bare = timed(record, [(HEADER, b"3")])
    assert timed(bare, [(HEADER, value)]).microseconds == 3
    assert timed(bare, None) is bare
    assert timed("no execution", [(HEADER, b"3")]) == "no execution"
