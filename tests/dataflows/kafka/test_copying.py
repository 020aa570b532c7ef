"""A deployment moves to other topics: what was put out is known there, and the engine goes on as if it had stayed."""

from itertools import count
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from dataflows.brokers.broker import Broker
from dataflows.brokers.contact import admin_client
from dataflows.errors import CommandRefused, RecoveryRefused
from dataflows.kafka import topic_layout
from dataflows.kafka.copying import copy_topics
from dataflows.kafka.placements import read_placements
from dataflows.kafka.renumbered import Renumbered
from dataflows.recovery.store import prepare
from dataflows.start import Start
from schemas import topics
from schemas.placement import PARTIAL_COPY
from tests.dataflows.deployment import Deployment, replayed, swing, version, walk, wanted

ROWS = walk(240)
OUTPUTS = (
    topics.SIGNALS,
    topics.STATUS,
    topics.ALERTS,
    topics.DEAD_LETTER,
    topics.COMPOSITES,
    topics.POSITIONS,
    topics.METRICS,
    topics.EQUITY,
    topics.EXECUTIONS,
)
_numbers = count(1)

ByKey = dict[tuple[str, bytes | None], list[bytes | None]]


@pytest.fixture
def original(any_broker: Broker, topic_prefix: str, tmp_path: Path) -> Deployment:
    deployment = Deployment(any_broker, topic_prefix, tmp_path / "original")
    topic_layout.create(deployment.settings)
    return deployment


def beside(broker: Broker, prefix: str, folder: Path) -> Deployment:
    """An empty deployment that the original can be copied to."""
    other = Deployment(broker, f"{prefix}copy{next(_numbers)}.", folder / "copy")
    topic_layout.create(other.settings)
    return other


def equal(one: ByKey, other: ByKey) -> bool:
    """Whether two deployments put out the same; letters name topics, whose prefix differs."""
    return all(one[place] == other[place] for place in one.keys() | other.keys() if place[0] != topics.DEAD_LETTER.name)


def by_key(deployment: Deployment) -> ByKey:
    found: ByKey = {}
    for topic in OUTPUTS:
        for message in deployment.messages(topic):
            found.setdefault((topic.name, message.key()), []).append(message.value())
    return found


def test_an_engine_goes_on_from_a_copy_with_a_command_that_had_no_time(
    original: Deployment, any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    original.command(version(swing("early")), wanted("early"))
    original.candles(ROWS[:300])
    original.produce(topics.CANDLES, [(b"AAA", b"garbage"), (b"BBB", b"more of it")])
    original.candles(ROWS[:2])  # known already
    original.candles([(*ROWS[30][:7], ROWS[30][7] + 1, True)])  # and contradicted
    original.run()
    original.command(version(swing("late", 40, 60)), wanted("late", command="begin"))
    original.candles(ROWS[300:600])
    original.run()

    copy = beside(any_broker, topic_prefix, tmp_path)
    copied = copy_topics(original.settings, copy.settings)
    assert copied.whole
    assert copied.records["candles"] == 605
    before = by_key(copy)
    assert equal(before, by_key(original))
    assert sum(len(values) for (topic, _), values in before.items() if topic == "dead-letter") == 3
    copy.run()  # with an empty recovery store: from the first candle
    assert by_key(copy) == before

    for deployment in (original, copy):
        deployment.candles(ROWS[600:])
        deployment.run()
    assert equal(by_key(copy), by_key(original))
    assert replayed(ROWS, [swing("early")], tmp_path) == [line for line in copy.signals() if '"early"' in line]


def test_the_copy_keeps_times_and_partitions(
    original: Deployment, any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    original.candles(ROWS[:30], timestamp=1_000_000_000_000)
    copy = beside(any_broker, topic_prefix, tmp_path)
    copy_topics(original.settings, copy.settings)
    places = [
        [(one.partition(), one.key(), one.value(), one.timestamp()[1]) for one in deployment.messages(topics.CANDLES)]
        for deployment in (original, copy)
    ]
    assert places[0] == places[1]
    assert {place[3] for place in places[1]} == {1_000_000_000_000}


def remove_before(deployment: Deployment, topic: topics.TopicSpec, offset: int) -> None:
    numbers = range(1 if topic is topics.CONTROL else 2)
    gone = [TopicPartition(deployment.name(topic), number, offset) for number in numbers]
    admin = admin_client(deployment.config)  # held: its answers never come once it is gone
    for future in admin.delete_records(gone).values():
        future.result(20)


@pytest.mark.kafka
@pytest.mark.parametrize(
    ("topic", "lacks"),
    [(topics.CANDLES, "the first candles are gone: "), (topics.CONTROL, "commands are gone: 2 records of ")],
    ids=["without the first candles", "without the first command"],
)
def test_a_copy_without_all_that_was_worked_is_only_begun_on_cold(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path, topic: topics.TopicSpec, lacks: str
) -> None:
    original = Deployment(apache_kafka, topic_prefix, tmp_path / "original")
    original.create(control={"cleanup.policy": "delete"})  # so that records can be removed as compaction would
    topic_layout.create(original.settings)
    original.command(version(swing("early")), wanted("early"))
    original.candles(ROWS[:300])
    original.run()
    remove_before(original, topic, 1)
    copy = beside(apache_kafka, topic_prefix, tmp_path)
    copied = copy_topics(original.settings, copy.settings)
    assert not copied.whole
    assert str(copied.lacks).startswith(lacks)
    journal = read_placements(copy.config, copy.name(topics.PLACEMENTS), copy.codec)
    assert journal.placed == {}
    assert {one.feed for one in journal.feeds.values()} == {PARTIAL_COPY}
    for settings in (copy.settings, copy.settings.model_copy(update={"recovery_dir": None})):
        for start in (Start.RESUME, Start.REBUILD):
            with pytest.raises(RecoveryRefused, match="were copied without some of the records") as refused:
                prepare(settings, 1, start).__enter__()
            assert "`candelabra run --cold`" in str(refused.value)
            assert "sets this store aside" not in str(refused.value), "there is none"
    with prepare(copy.settings, 1, Start.COLD):
        copy.run()
    copy.candles(ROWS[300:310])
    with prepare(copy.settings, 1, Start.RESUME):
        assert copy.run().candles == 10


def test_what_holds_records_is_not_copied_to(
    original: Deployment, any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    original.candles(ROWS[:3])
    copy = beside(any_broker, topic_prefix, tmp_path)
    copy.candles(ROWS[:1])
    with pytest.raises(CommandRefused, match=r"candles\[\d\] holds 1 records, expected none"):
        copy_topics(original.settings, copy.settings)
    with pytest.raises(CommandRefused, match="the copy would be the original"):
        copy_topics(original.settings, original.settings)


@given(st.sets(st.integers(0, 300)), st.lists(st.integers(0, 310)))
def test_an_offset_of_the_copy_is_the_number_of_records_before_it(kept: set[int], asked: list[int]) -> None:
    numbers = Renumbered()
    for offset in sorted(kept):
        numbers.add(offset)
    assert numbers.count == len(kept)
    assert [numbers.of(offset) for offset in asked] == [sum(one < offset for one in kept) for offset in asked]
