"""The live flow gives what a replay gives, and goes on where it was stopped."""

from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet
import pytest
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient

from dataflows.brokers.broker import Broker
from dataflows.candle_files import CandleFile
from dataflows.errors import OffsetLost
from dataflows.feed import feed
from dataflows.replay import replay
from schemas import topics
from schemas.alert import Alert
from schemas.dead_letter import DeadLetter
from schemas.lifecycle import State, StrategyStatus
from tests.dataflows.deployment import Deployment, lines, replayed, swing, version, walk, wanted

FAST, SLOW = swing("fast", 45, 55), swing("slow", 35, 65)


def deployed(broker: Broker, prefix: str, folder: Path, **settings: object) -> Deployment:
    deployment = Deployment(broker, prefix, folder, **settings).create()
    deployment.command(version(FAST), version(SLOW), wanted("fast"), wanted("slow"))
    return deployment


def test_live_signals_are_the_replays(any_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment, rows = deployed(any_broker, topic_prefix, tmp_path), walk(300)
    deployment.candles(rows)
    tally = deployment.run()
    expected = replayed(rows, [FAST, SLOW], tmp_path)
    assert len(expected) > 100
    assert deployment.signals() == expected
    assert (tally.candles, sum(tally.signals.values())) == (len(rows), len(expected))
    assert deployment.records(topics.DEAD_LETTER, DeadLetter) == []
    assert deployment.records(topics.ALERTS, Alert) == []


@pytest.mark.kafka
def test_real_candles_over_kafka_give_the_replays_signals(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path, shared_data: Path
) -> None:
    table = pyarrow.parquet.read_table(shared_data / "m1" / "binance_usdm_2025-05_shared8_1m.parquet")
    column = next(name for name in table.column_names if "open_time" in name.lower() or name.lower() == "timestamp")
    some = table.take(pc.sort_indices(table, sort_keys=[(column, "ascending")])).slice(0, 24_000)
    pyarrow.parquet.write_table(some, tmp_path / "real.parquet")
    real = CandleFile(tmp_path / "real.parquet")
    deployment = deployed(apache_kafka, topic_prefix, tmp_path)
    fed = feed(real, client_config=deployment.config, topic=deployment.name(topics.CANDLES), codec=deployment.codec)
    deployment.run()
    expected = lines(replay(real, [FAST, SLOW]).signals)
    assert (fed.candles, fed.refused_count) == (24_000, 0)
    assert len(expected) > 1_000
    assert deployment.signals() == expected


@pytest.mark.kafka
def test_a_second_run_goes_on_without_repeat_or_loss(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment, rows = deployed(apache_kafka, topic_prefix, tmp_path), walk(300)
    deployment.candles(rows[:400])
    first = deployment.run()
    deployment.candles(rows[400:])
    second, third = deployment.run(), deployment.run()
    assert (first.candles, second.candles, third.candles) == (400, 500, 0)
    assert deployment.signals() == replayed(rows, [FAST, SLOW], tmp_path)
    statuses = deployment.records(topics.STATUS, StrategyStatus)
    # Two versions and two commands accepted, and each strategy running on each of three symbols: once each.
    assert len(statuses) == 4 + 6
    assert sum(status.state is State.RUNNING for status in statuses) == 6


@pytest.mark.kafka
def test_a_start_from_nothing_adds_nothing_to_what_is_there(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment, rows = deployed(apache_kafka, topic_prefix, tmp_path), walk(200)
    deployment.candles(rows)
    deployment.run()
    # As after a crash in the first epoch: everything was written, and no snapshot tells of it.
    again = Deployment(apache_kafka, topic_prefix, tmp_path, recovery_dir=tmp_path / "new")
    assert again.run().candles == len(rows)
    assert deployment.signals() == replayed(rows, [FAST, SLOW], tmp_path)


@pytest.mark.kafka
def test_ordinary_tools_see_in_committed_offsets_how_far_it_is(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """Of the candles alone: what the control log was read to says nothing of how far behind anybody is."""
    deployment, rows = deployed(apache_kafka, topic_prefix, tmp_path), walk(50)
    deployment.candles(rows)
    deployment.run()
    deployment.candles(rows[:6])
    group = f"{topic_prefix}candelabra"
    admin = AdminClient({**deployment.config, "log_level": 0})
    answer = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group].result(10)
    committed = {(one.topic, one.partition): one.offset for one in answer.topic_partitions or ()}
    consumer = Consumer({**deployment.config, "group.id": "onlooker"})
    candles = deployment.name(topics.CANDLES)
    ends = {(candles, number): consumer.get_watermark_offsets(TopicPartition(candles, number))[1] for number in (0, 1)}
    consumer.close()
    assert committed.keys() == ends.keys()
    assert sum(committed.values()) == len(rows)
    assert sum(ends[place] - committed[place] for place in ends) == 6


def remove_before(deployment: Deployment, offset: int) -> None:
    """What retention does, on every partition of the candle topic."""
    places = [TopicPartition(deployment.name(topics.CANDLES), number, offset) for number in range(2)]
    admin = AdminClient({**deployment.config, "log_level": 0})
    for removed in admin.delete_records(places).values():
        removed.result(20)


@pytest.mark.kafka
def test_a_lost_offset_is_an_error_and_never_a_jump(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment, rows = deployed(apache_kafka, topic_prefix, tmp_path), walk(200)
    deployment.candles(rows[:90])
    deployment.run()
    before = deployment.signals()
    deployment.candles(rows[90:])
    remove_before(deployment, 150)
    with pytest.raises(
        OffsetLost, match=r"candles\[\d\]: the offset to go on from is not on the broker any more"
    ) as lost:
        deployment.run()
    assert "`candelabra run --cold` begins at the oldest that is left" in str(lost.value)
    assert deployment.signals() == before


@pytest.mark.kafka
def test_a_first_start_begins_at_the_oldest_candle_left(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment, rows = deployed(apache_kafka, topic_prefix, tmp_path), walk(200)
    deployment.candles(rows)
    remove_before(deployment, 120)
    left = [deployment.codec.decode_candle_row(message.value()) for message in deployment.messages(topics.CANDLES)]
    assert 0 < len(left) < len(rows)
    assert deployment.run().candles == len(left)
    assert deployment.signals() == replayed(sorted(left, key=lambda row: row[2]), [FAST, SLOW], tmp_path)


def test_without_a_recovery_directory_a_run_ends_as_well(
    embedded_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment, rows = deployed(embedded_broker, topic_prefix, tmp_path, recovery_dir=None), walk(100)
    deployment.candles(rows)
    assert deployment.run().candles == len(rows)
    assert deployment.signals() == replayed(rows, [FAST, SLOW], tmp_path)
