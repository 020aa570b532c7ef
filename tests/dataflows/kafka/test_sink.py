"""The sink: every record once and acknowledged, whatever happens between two snapshots."""

import base64
import json
import random
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from dataflows.brokers.broker import Broker
from dataflows.brokers.embedded import EmbeddedBroker
from dataflows.brokers.ports import free_port
from dataflows.errors import BrokerUnreachable, DeliveryFailed, TopicMissing
from dataflows.kafka import metadata
from dataflows.kafka.producer import shared_producer
from dataflows.kafka.refused import Refused
from dataflows.kafka.sink import PartState, RecordPart, RecordSink
from dataflows.kafka.topic_ids import topic_ids
from operators.snapshot import SnapshotRefused
from schemas import topics
from schemas.alert import Alert, alert_id
from schemas.dead_letter import DeadLetter, Reason, dead_letter
from tests.dataflows.deployment import Deployment, minute


def alert(number: int, symbol: str = "AAA") -> Alert:
    return Alert(
        id=alert_id("gap", symbol, "1m", minute(number)),
        kind="gap",
        severity="warning",
        symbol=symbol,
        timeframe="1m",
        event_time=minute(number),
        message=f"number {number}",
    )


A, B, C, D = (alert(number) for number in range(4))


def sink_of(deployment: Deployment) -> RecordSink[Alert]:
    return RecordSink(deployment.config, deployment.name(topics.ALERTS), deployment.codec)


def part(deployment: Deployment, state: PartState | None = None) -> RecordPart[Alert]:
    """The part of partition 0."""
    return sink_of(deployment).build_part("out", "0", state)


def written(part: RecordPart[Alert], records: Sequence[Alert]) -> PartState:
    """Write, and wait for the acknowledgements; the snapshot, which a crash may lose."""
    part.write_batch(list(records))
    return part.snapshot()


def numbers(deployment: Deployment) -> list[str]:
    return [one.message for one in deployment.records(topics.ALERTS, Alert)]


def test_a_key_stays_on_one_partition(any_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    sink = sink_of(deployment)
    parts = [sink.build_part("out", name, None) for name in sink.list_parts()]
    sent = [alert(number, symbol) for number in range(3) for symbol in ("AAA", "BBB", "CCC", "DDD", "EEE")]
    for record in sent:
        parts[sink.part_fn(record.key) % len(parts)].write_batch([record])
    ends = [part.snapshot()["end"] for part in parts]
    messages = deployment.messages(topics.ALERTS)
    homes = {(message.key(), message.partition()) for message in messages}
    assert len(parts) == 2
    assert len(homes) == 5
    assert {partition for _, partition in homes} == {0, 1}
    assert sum(ends) == len(messages) == len(sent)


@pytest.mark.kafka
def test_records_written_after_the_snapshot_are_not_repeated(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    state = written(part(deployment), [A])
    written(part(deployment, state), [B, C])  # its snapshot is lost
    assert state["end"] == 1
    assert written(part(deployment, state), [B, C, D])["end"] == 4
    assert numbers(deployment) == ["number 0", "number 1", "number 2", "number 3"]


@pytest.mark.kafka
def test_a_second_crash_while_records_are_waited_for_repeats_nothing(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    state = written(part(deployment), [])
    written(part(deployment, state), [A, B, C])  # lost
    second = written(part(deployment, state), [A])  # B and C are still to be seen again
    assert (second["end"], second["waiting"]) == (3, [[1, 2]])
    written(part(deployment, second), [B, C, D])  # lost
    third = written(part(deployment, second), [B])
    assert (third["end"], third["waiting"]) == (4, [[2, 2]])
    last = written(part(deployment, third), [C, D])
    assert (last["end"], last["waiting"]) == (4, [])
    assert numbers(deployment) == ["number 0", "number 1", "number 2", "number 3"]


@pytest.mark.kafka
def test_a_crash_before_the_first_snapshot_repeats_nothing(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    written(part(deployment), [A, B])  # lost
    assert written(part(deployment), [A, B, C])["end"] == 3
    assert numbers(deployment) == ["number 0", "number 1", "number 2"]


@pytest.mark.kafka
def test_a_record_that_is_meant_twice_comes_twice(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    state = written(part(deployment), [])
    written(part(deployment, state), [A])  # lost
    written(part(deployment, state), [A, A])
    assert numbers(deployment) == ["number 0", "number 0"]


@pytest.mark.kafka
def test_other_writers_do_no_harm(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    state = written(part(deployment), [A])
    deployment.produce(topics.ALERTS, [(b"other", b"foreign"), (None, None)], partition=0)
    written(part(deployment, state), [B])  # lost
    deployment.produce(topics.ALERTS, [(b"other", b"foreign")], partition=0)
    written(part(deployment, state), [B, C])
    values = [message.value() for message in deployment.messages(topics.ALERTS)]
    mine = [deployment.codec.encode(one) for one in (A, B, C)]
    assert values == [mine[0], b"foreign", None, mine[1], b"foreign", mine[2]]


def test_a_broker_that_stops_is_an_error_and_the_next_broker_is_served(topic_prefix: str, tmp_path: Path) -> None:
    with EmbeddedBroker() as broker:
        deployment = Deployment(broker, topic_prefix, tmp_path).create()
        before = part(deployment)
        shared_producer(deployment.config).patience_s = 1.0
        written(before, [A])
    begun = time.monotonic()
    with pytest.raises(
        DeliveryFailed,
        match=r"alerts\[0\]: the broker did not take a record: 1 record not acknowledged within 1 s \(.*\)\. Nothing",
    ):
        written(before, [B])
    assert time.monotonic() - begun < 30
    before.close()
    with EmbeddedBroker() as broker:
        other = Deployment(broker, topic_prefix, tmp_path).create()
        written(part(other), [B])
        assert numbers(other) == ["number 1"]


def test_a_queue_that_does_not_empty_is_an_error(topic_prefix: str, tmp_path: Path) -> None:
    """Whoever writes more than the client holds for a broker waits for it, and not for ever."""
    with EmbeddedBroker() as broker:
        small = {"queue.buffering.max.messages": "2"}
        deployment = Deployment(broker, topic_prefix, tmp_path, librdkafka=small).create()
        out = part(deployment)
        shared_producer(deployment.config).patience_s = 1.0
        written(out, [A])
    with pytest.raises(DeliveryFailed, match=r"did not take a record: the local queue does not empty \(.*\)\. Nothing"):
        out.write_batch([B, C, D])


def test_no_broker_and_no_topic_are_said_before_anything_is_written(
    embedded_broker: Broker, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = Deployment(embedded_broker, topic_prefix, tmp_path).create(without=[topics.ALERTS])
    with pytest.raises(TopicMissing, match=r"there is no topic '.*alerts' on .*`candelabra topics create`"):
        sink_of(deployment).list_parts()
    monkeypatch.setattr(metadata, "TIMEOUT_SECONDS", 3.0)  # to be refused a connection takes a moment too
    nowhere = {"bootstrap.servers": f"127.0.0.1:{free_port()}"}
    with pytest.raises(BrokerUnreachable, match="nothing listens there"):
        RecordSink[Alert](nowhere, "alerts", deployment.codec).list_parts()


@pytest.mark.kafka
def test_a_letter_that_the_topic_will_never_take_is_kept_whole_in_a_file(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create(dead_letter={"max.message.bytes": "400"})
    letters = [
        dead_letter(
            Reason.INVALID,
            "bad",
            topic="candles",
            partition=0,
            offset=number,
            key=b"AAA",
            value=random.Random(1).randbytes(length),
        )
        for number, length in enumerate((5, 2_000, 1_100_000))
    ]
    sink = RecordSink[DeadLetter](
        deployment.config, deployment.name(topics.DEAD_LETTER), deployment.codec, Refused(tmp_path / "overflow.jsonl")
    )
    out = sink.build_part("out", "0", None)
    for letter in letters:
        out.write_batch([letter])
        out.snapshot()
    kept = [json.loads(line) for line in (tmp_path / "overflow.jsonl").read_text().splitlines()]
    assert deployment.records(topics.DEAD_LETTER, DeadLetter) == letters[:1]
    assert [deployment.codec.decode(base64.b64decode(one["value"]), DeadLetter) for one in kept] == letters[1:]
    assert {one["topic"] for one in kept} == {deployment.name(topics.DEAD_LETTER)}
    assert {base64.b64decode(one["key"]) for one in kept} == {b"candles-0"}
    assert all("too large" in one["error"] for one in kept)


@pytest.mark.kafka
@pytest.mark.parametrize(
    "old",
    [
        {"schema_version": 1, "end": 1},
        {"schema_version": 2, "end": 1, "waiting": [], "holes": 0, "partitions": 2},
        {"schema_version": 2, "end": 2, "waiting": [[1, 1]], "holes": 0, "partitions": 0},
    ],
)
def test_state_of_an_earlier_release_is_gone_on_from(
    old: Any,  # noqa: ANN401  # of a form that has no type any more
    apache_kafka: Broker,
    topic_prefix: str,
    tmp_path: Path,
) -> None:
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    written(part(deployment), [A])
    written(part(deployment), [A, B])  # lost
    state = written(part(deployment, old), [B, C])
    (topic,) = topic_ids(deployment.config, (deployment.name(topics.ALERTS),))
    assert state == PartState(schema_version=3, end=3, waiting=[], holes=0, partitions=2, topic=topic)
    assert topic
    assert numbers(deployment) == ["number 0", "number 1", "number 2"]


def test_state_of_another_form_is_refused(embedded_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = Deployment(embedded_broker, topic_prefix, tmp_path)
    newer: Any = {"schema_version": 4}
    with pytest.raises(SnapshotRefused, match=r"^sink of .*alerts\[0\]: schema version 4, expected 3$"):
        part(deployment, newer)


@pytest.mark.kafka
def test_state_of_another_topic_is_refused(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    state = written(part(deployment), [A])
    with pytest.raises(SnapshotRefused, match=r"alerts\[0\]: made with partitions 3, expected 2$"):
        part(deployment, {**state, "partitions": 3})
    with pytest.raises(
        SnapshotRefused, match=r"alerts\[0\]: made when the partition had 5 records, and it ends at 1: "
    ):
        part(deployment, {**state, "end": 5})


@pytest.mark.kafka
def test_state_of_a_topic_that_was_made_anew_is_refused_however_long_the_new_one_is(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    name = deployment.name(topics.ALERTS)
    state = written(part(deployment), [A])
    admin = AdminClient({**deployment.config, "log_level": 0})
    admin.delete_topics([name])[name].result(20)
    admin.create_topics([NewTopic(name, 2, 1)])[name].result(20)
    deployment.produce(topics.ALERTS, [(b"other", b"foreign")] * 3, partition=0)
    (now,) = topic_ids(deployment.config, (name,))
    text = f"sink of {name}[0]: made with the topic of id {state['topic']}, expected {now}, which is there now: "
    with pytest.raises(SnapshotRefused, match=re.escape(text) + "the topic was deleted and made anew, or this is"):
        part(deployment, state)
    assert part(deployment, {**state, "topic": ""}).snapshot()["topic"] == now


def test_a_broker_that_tells_no_ids_is_asked_for_none(
    embedded_broker: Broker, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataflows.kafka.sink.topic_ids", lambda _config, names: ("",) * len(names))
    deployment = Deployment(embedded_broker, topic_prefix, tmp_path).create()
    state = written(part(deployment), [A])
    assert state["topic"] == ""
    written(part(deployment, {**state, "topic": "of another broker"}), [B])
    assert numbers(deployment) == ["number 0", "number 1"]
