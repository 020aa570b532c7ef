"""A record that is not taken ends the run, for all that share the producer; who resumes loses and repeats nothing."""

import random
import string
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSource, run_main
from confluent_kafka import OFFSET_INVALID, Producer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from dataflows.brokers.broker import Broker
from dataflows.errors import DeliveryFailed
from dataflows.kafka.producer import SharedProducer, give_up, shared_producer
from dataflows.kafka.sink import PartState, RecordPart, RecordSink
from schemas import topics
from schemas.alert import Alert, alert_id
from schemas.lifecycle import State, StrategyStatus
from schemas.topics import TopicSpec
from tests.dataflows.deployment import Deployment, minute, replayed, swing, version, walk, wanted

pytestmark = pytest.mark.kafka

FAST = swing("fast")
SMALL = "300"
"""Bytes a record may have on a topic that is to refuse some: framing alone takes 70."""


def alert(number: int, message: str = "") -> Alert:
    return Alert(
        id=alert_id("gap", "AAA", "1m", minute(number)),
        kind="gap",
        severity="warning",
        symbol="AAA",
        timeframe="1m",
        event_time=minute(number),
        message=message or f"number {number}",
    )


def status(number: int) -> StrategyStatus:
    return StrategyStatus(strategy="dip", state=State.RUNNING, version=1, generation=number)


def too_large(number: int) -> Alert:
    """By a text that does not compress: what does would be taken."""
    return alert(number, "".join(random.Random(number).choices(string.ascii_letters + string.digits, k=1_500)))


def allow(deployment: Deployment, topic: TopicSpec, largest: str) -> None:
    """Change the topic's largest message, and wait until the broker has it."""
    admin = AdminClient({**deployment.config, "log_level": 0})
    entry = ConfigEntry("max.message.bytes", largest, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, deployment.name(topic), incremental_configs=[entry])
    for done in admin.incremental_alter_configs([resource]).values():
        done.result(20)
    deadline = time.monotonic() + 20
    asked = ConfigResource(ResourceType.TOPIC, deployment.name(topic))
    while admin.describe_configs([asked])[asked].result(20)["max.message.bytes"].value != largest:
        assert time.monotonic() < deadline, "the broker does not take the setting over"
        time.sleep(0.05)


def alerts(deployment: Deployment, state: PartState | None = None) -> RecordPart[Alert]:
    sink = RecordSink[Alert](deployment.config, deployment.name(topics.ALERTS), deployment.codec)
    return sink.build_part("out", "0", state)


def statuses(deployment: Deployment, state: PartState | None = None) -> RecordPart[StrategyStatus]:
    sink = RecordSink[StrategyStatus](deployment.config, deployment.name(topics.STATUS), deployment.codec)
    return sink.build_part("out", "0", state)


def test_parts_that_share_the_producer_of_a_failed_one_fail_and_send_nothing_more(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    slow = Deployment(apache_kafka, topic_prefix, tmp_path, partitions=1, librdkafka={"linger.ms": "60000"})
    deployment = slow.create(alerts={"max.message.bytes": SMALL})
    failing, sharing = alerts(deployment), statuses(deployment)
    before, shared_before = failing.snapshot(), sharing.snapshot()
    sharing.write_batch([status(0)])
    after_one = sharing.snapshot()  # acknowledged, and perhaps lost all the same
    assert after_one["end"] == 1
    failing.write_batch([too_large(0), alert(1)])
    with pytest.raises(DeliveryFailed, match=r"alerts\[0\]: the broker did not take a record: Broker: Message size"):
        failing.snapshot()
    with pytest.raises(DeliveryFailed, match=r"status\[0\]: .* Broker: Message size too large"):
        sharing.write_batch([status(1)])
    with pytest.raises(DeliveryFailed, match=r"status\[0\]: .* Broker: Message size too large"):
        sharing.snapshot()
    sharing.close()
    failing.close()
    assert [one.generation for one in deployment.records(topics.STATUS, StrategyStatus)] == [0]
    allow(deployment, topics.ALERTS, "1000000")
    failing, sharing = alerts(deployment, before), statuses(deployment, shared_before)
    failing.write_batch([too_large(0), alert(1), alert(2)])
    sharing.write_batch([status(number) for number in range(3)])
    failing.snapshot()
    sharing.snapshot()
    assert [one.generation for one in deployment.records(topics.STATUS, StrategyStatus)] == [0, 1, 2]
    there = [one.event_time for one in deployment.records(topics.ALERTS, Alert)]
    assert sorted(there) == [minute(number) for number in range(3)]


def test_what_waits_when_another_part_fails_is_dropped_and_comes_once_later(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    slow = Deployment(apache_kafka, topic_prefix, tmp_path, partitions=1, librdkafka={"linger.ms": "60000"})
    deployment = slow.create()
    sharing = statuses(deployment)
    state = sharing.snapshot()
    sharing.write_batch([status(0), status(1)])
    give_up(shared_producer(deployment.config), "of another part")
    with pytest.raises(DeliveryFailed, match=r"status\[0\]: the broker did not take a record: of another part"):
        sharing.snapshot()
    resumed = statuses(deployment, state)
    resumed.write_batch([status(0), status(1), status(2)])
    resumed.snapshot()
    assert [one.generation for one in deployment.records(topics.STATUS, StrategyStatus)] == [0, 1, 2]


def test_what_a_run_that_was_broken_off_still_sends_is_waited_for(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """In the same process: its records are on their way while the next run looks for what is there."""
    slow = Deployment(apache_kafka, topic_prefix, tmp_path, partitions=1, librdkafka={"linger.ms": "1500"})
    deployment = slow.create()
    state = statuses(deployment).snapshot()
    broken_off = statuses(deployment, state)
    broken_off.write_batch([status(0), status(1)])
    resumed = statuses(deployment, state)
    resumed.write_batch([status(0), status(1), status(2)])
    resumed.snapshot()
    assert [one.generation for one in deployment.records(topics.STATUS, StrategyStatus)] == [0, 1, 2]


def test_an_answer_that_does_not_say_where_a_record_is_ends_the_run(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its offset the end is not known, and a snapshot of less would wait for what never comes again."""
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path, partitions=1).create()
    part = statuses(deployment)
    state = part.snapshot()

    class Nowhere:
        """What the client gives where the broker says that it had the record already."""

        def offset(self) -> int:
            return OFFSET_INVALID

    def produced(  # noqa: PLR0913, PLR0917  # as the client's
        _self: SharedProducer,
        topic: str,
        value: bytes,
        key: bytes,
        partition: int,
        on_delivery: Any,  # noqa: ANN401  # as the client's
        headers: None,
    ) -> None:
        Producer.produce(_self, topic, value, key, partition, headers=headers)
        on_delivery(None, Nowhere())

    with monkeypatch.context() as patched:
        patched.setattr(SharedProducer, "produce", produced)
        with pytest.raises(DeliveryFailed, match="the broker has one and does not say where"):
            part.write_batch([status(0)])
    resumed = statuses(deployment, state)
    resumed.write_batch([status(0), status(1)])
    resumed.snapshot()
    assert [one.generation for one in deployment.records(topics.STATUS, StrategyStatus)] == [0, 1]


def test_an_end_that_cannot_be_reached_is_an_error(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> None:
    slow = Deployment(apache_kafka, topic_prefix, tmp_path, partitions=1, librdkafka={"linger.ms": "60000"})
    deployment = slow.create(alerts={"max.message.bytes": SMALL})
    part = alerts(deployment)
    part.write_batch([too_large(0)])
    with pytest.raises(DeliveryFailed, match="Message size too large"):
        part.close()


def test_a_flow_without_a_recovery_store_fails_too(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> None:
    """Nobody keeps a snapshot there, and yet nothing may be taken for delivered that is not."""
    slow = Deployment(apache_kafka, topic_prefix, tmp_path, partitions=1, librdkafka={"linger.ms": "60000"})
    deployment = slow.create(alerts={"max.message.bytes": SMALL})
    flow = Dataflow("without_a_store")
    source = TestingSource([("key", too_large(0))])
    sink = RecordSink[Alert](deployment.config, deployment.name(topics.ALERTS), deployment.codec)
    op.output("out", op.input("in", flow, source), sink)
    with pytest.raises(Exception, match=r".") as failed:  # Bytewax wraps it in whatever it likes
        run_main(flow, epoch_interval=timedelta(seconds=60))  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    causes = []
    cause: BaseException | None = failed.value
    while cause is not None:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    assert any(isinstance(one, DeliveryFailed) for one in causes)


def test_a_run_that_a_topic_ends_loses_and_repeats_nothing_once_it_is_mended(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment, rows = Deployment(apache_kafka, topic_prefix, tmp_path), walk(200)
    deployment.create(signals={"max.message.bytes": "100"})
    deployment.command(version(FAST), wanted("fast"))
    deployment.candles(rows[:300])
    with pytest.raises(DeliveryFailed, match=r"signals\[\d\]: the broker did not take a record: Broker: Message size"):
        deployment.run()
    assert deployment.signals() == []
    allow(deployment, topics.SIGNALS, "1000000")
    deployment.candles(rows[300:])
    deployment.run()
    assert deployment.signals() == replayed(rows, [FAST], tmp_path)
    acknowledged = [one.key for one in deployment.records(topics.STATUS, StrategyStatus)]
    assert sorted(acknowledged) == ["fast", "fast", "fast|AAA|1m", "fast|BBB|1m", "fast|CCC|1m"]
