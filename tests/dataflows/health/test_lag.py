"""How far the candles are worked is seen by any Kafka tool, and by ours."""

import time
from pathlib import Path

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient

from dataflows.brokers.broker import Broker
from dataflows.health.lag import PartitionLag, partition_lags
from schemas.topics import CANDLES
from tests.dataflows.deployment import Deployment, walk

PARTITIONS = 2


def lags(deployment: Deployment) -> list[PartitionLag]:
    group = f"{deployment.settings.topic_prefix}candelabra"
    return partition_lags(deployment.config, deployment.name(CANDLES), PARTITIONS, group)


@pytest.mark.kafka
def test_any_kafka_tool_sees_the_group_and_its_offsets(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment, rows = Deployment(apache_kafka, topic_prefix, tmp_path).create(), walk(40)
    deployment.candles(rows)
    deployment.run()
    admin, group = AdminClient({**deployment.config, "log_level": 0}), f"{topic_prefix}candelabra"
    listed = admin.list_consumer_groups(request_timeout=10).result()
    assert group in {one.group_id for one in listed.valid}
    places = [TopicPartition(deployment.name(CANDLES), number) for number in range(PARTITIONS)]
    answer = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group, places)])[group].result(10)
    assert sum(place.offset for place in answer.topic_partitions) == len(rows)


@pytest.mark.kafka
def test_lag_is_what_came_after_the_last_snapshot(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment, rows = Deployment(apache_kafka, topic_prefix, tmp_path).create(), walk(60)
    began = time.time() * 1000
    deployment.candles(rows[:90])
    before = lags(deployment)
    assert [lag.committed for lag in before] == [None] * PARTITIONS
    assert sum(lag.records for lag in before) == 90
    deployment.run()
    assert [lag.records for lag in lags(deployment)] == [0] * PARTITIONS
    assert [lag.waiting_since_ms for lag in lags(deployment)] == [None] * PARTITIONS
    between = time.time() * 1000
    deployment.candles(rows[90:])
    after = lags(deployment)
    assert sum(lag.records for lag in after) == 90
    for was, now in zip(before, after, strict=True):
        assert was.waiting_since_ms is not None
        assert now.waiting_since_ms is not None
        assert now.newest_ms is not None
        # The clocks of client and test are one machine's; whole milliseconds are cut off.
        assert began - 1 <= was.waiting_since_ms <= between
        assert between - 1 <= now.waiting_since_ms <= now.newest_ms


def test_what_retention_has_removed_is_no_lag() -> None:
    assert PartitionLag(0, oldest=100, end=120, committed=40).records == 20
    assert PartitionLag(0, oldest=100, end=100, committed=None).records == 0


def test_a_broker_that_keeps_no_groups_gives_partitions_that_nobody_has_worked(
    embedded_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(embedded_broker, topic_prefix, tmp_path).create()
    deployment.candles(walk(10))
    assert [lag.committed for lag in lags(deployment)] == [None] * PARTITIONS
