"""Bad input, tried: the good candles give the signals of a clean run, and nothing bad is lost silently."""

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from struct import Struct

import pytest

from dataflows.brokers.broker import Broker
from dataflows.brokers.ports import free_port
from dataflows.errors import BrokerUnreachable, TopicMissing, TopicUnfit
from dataflows.kafka import metadata
from dataflows.live import Live
from dataflows.settings import Settings
from dataflows.worker import run_worker
from schemas import topics
from schemas.candle_row import CandleRow
from schemas.codec import Codec
from schemas.dead_letter import DeadLetter, Reason
from tests.dataflows.deployment import START, Deployment, replayed, swing, version, walk, wanted

FAST = swing("fast")
ROWS = walk(100)
NAN, INF = float("nan"), float("inf")

_NUMBERS = Struct("<5d?")  # how a candle's Avro record ends: open, high, low, close, volume, closed


def with_numbers(payload: bytes, *numbers: float) -> bytes:
    """A candle's payload with other numbers in it, which no codec of ours would write."""
    return payload[: -_NUMBERS.size] + _NUMBERS.pack(*numbers, 1)


# (what is wrong, the reason for its dead letter, from a good payload to the bad one)
Spoil = Callable[[Codec, bytes], bytes | None]
SPOILT: dict[str, tuple[Reason, Spoil]] = {
    "garbage": (Reason.UNKNOWN_FORMAT, lambda _codec, _good: b"\xffgarbage"),
    "no value": (Reason.EMPTY, lambda _codec, _good: None),
    "no bytes": (Reason.EMPTY, lambda _codec, _good: b""),
    "NaN price": (Reason.INVALID, lambda _codec, good: with_numbers(good, NAN, 2.0, 1.0, 1.5, 1.0)),
    "NaN close": (Reason.INVALID, lambda _codec, good: with_numbers(good, 1.5, 2.0, 1.0, NAN, 1.0)),
    "infinite price": (Reason.INVALID, lambda _codec, good: with_numbers(good, 1.5, INF, 1.0, 1.5, 1.0)),
    "negative volume": (Reason.INVALID, lambda _codec, good: with_numbers(good, 1.5, 2.0, 1.0, 1.5, -1.0)),
    "high below low": (Reason.INVALID, lambda _codec, good: with_numbers(good, 1.5, 1.0, 2.0, 1.5, 1.0)),
    "price of zero": (Reason.INVALID, lambda _codec, good: with_numbers(good, 0.0, 0.0, 0.0, 0.0, 1.0)),
    "oversized": (Reason.OVERSIZED, lambda _codec, good: good + bytes(70_000)),
    "truncated": (Reason.TRUNCATED, lambda _codec, good: good[:-5]),
    "cut header": (Reason.TRUNCATED, lambda _codec, good: good[:6]),
    "unknown schema": (Reason.UNKNOWN_SCHEMA, lambda _codec, good: good[:2] + bytes(8) + good[10:]),
    "another record": (Reason.WRONG_TYPE, lambda codec, _good: codec.encode(wanted("fast"))),
}


def dirty(deployment: Deployment) -> dict[str, bytes | None]:
    """Feed the good candles with one bad record of each kind among them; the bad ones by name."""
    bad: dict[str, bytes | None] = {}
    names = list(SPOILT)
    for start in range(0, len(ROWS), 20):
        some = ROWS[start : start + 20]
        deployment.candles(some)
        if names:
            name = names.pop()
            bad[name] = SPOILT[name][1](deployment.codec, deployment.codec.encode_candle_row(some[-1]))
            deployment.produce(topics.CANDLES, [(some[-1][0].encode(), bad[name])])
    assert not names
    return bad


def test_bad_records_become_dead_letters_and_good_candles_flow(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    deployment.command(version(FAST), wanted("fast"))
    bad = dirty(deployment)
    future: CandleRow = ("AAA", "1m", START + 6_000_000_000, 1.0, 2.0, 0.5, 1.0, 1.0, True)
    deployment.candles([future], timestamp=START)
    tally = deployment.run()
    letters = deployment.records(topics.DEAD_LETTER, DeadLetter)
    found = sorted((letter.reason, letter.value or b"") for letter in letters)
    expected = [(SPOILT[name][0], value or b"") for name, value in bad.items()]
    expected.append((Reason.FROM_THE_FUTURE, deployment.codec.encode_candle_row(future)))
    assert found == sorted(expected)
    assert len({(letter.partition, letter.offset) for letter in letters}) == len(letters)
    assert {letter.topic for letter in letters} == {deployment.name(topics.CANDLES)}
    assert tally.dead_letters == len(letters)
    assert deployment.signals() == replayed(ROWS, [FAST], tmp_path)


def test_candles_that_contradict_or_come_late_are_refused(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    deployment.command(version(FAST), wanted("fast"))
    deployment.candles(ROWS)
    taken = ROWS[30]
    other: CandleRow = (*taken[:7], taken[7] + 1.0, taken[8])
    old: CandleRow = (*taken[:2], 0, *taken[3:])
    deployment.candles([taken, other, old])
    tally = deployment.run()
    reasons = sorted(letter.reason for letter in deployment.records(topics.DEAD_LETTER, DeadLetter))
    assert reasons == [Reason.CONFLICTING_DUPLICATE, Reason.OUT_OF_ORDER]
    assert tally.duplicates == 1
    assert deployment.signals() == replayed(ROWS, [FAST], tmp_path)


@pytest.mark.kafka
def test_a_full_dead_letter_topic_stops_nothing_and_loses_nothing(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create(dead_letter={"max.message.bytes": "200"})
    deployment.command(version(FAST), wanted("fast"))
    bad = dirty(deployment)
    deployment.run()
    lines = (tmp_path / "recovery" / "dead-letter-overflow.jsonl").read_text().splitlines()
    kept = [deployment.codec.decode(base64.b64decode(json.loads(line)["value"]), DeadLetter) for line in lines]
    on_topic = deployment.records(topics.DEAD_LETTER, DeadLetter)
    assert len(kept) > 0
    assert sorted(letter.value or b"" for letter in [*kept, *on_topic]) == sorted(
        value or b"" for value in bad.values()
    )
    assert all(letter.topic == deployment.name(topics.CANDLES) for letter in kept)
    assert deployment.signals() == replayed(ROWS, [FAST], tmp_path)


def test_a_control_topic_of_several_partitions_is_refused(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create(control_partitions=3)
    with pytest.raises(TopicUnfit, match=r"control' has 3 partitions, expected 1: its records must have one order"):
        deployment.run()


@pytest.mark.parametrize("absent", [topics.CANDLES, topics.CONTROL, topics.SIGNALS, topics.DEAD_LETTER])
def test_a_missing_topic_is_named(
    absent: topics.TopicSpec, embedded_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(embedded_broker, topic_prefix, tmp_path).create(without=[absent])
    with pytest.raises(TopicMissing, match=f"there is no topic '{deployment.name(absent)}'") as missing:
        deployment.run()
    assert "create it with `candelabra topics create`" in str(missing.value)


def test_a_broker_that_is_not_there_is_said_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert metadata.TIMEOUT_SECONDS <= 8  # a person hears of it within ten seconds
    monkeypatch.setattr(metadata, "TIMEOUT_SECONDS", 1.0)
    address = f"127.0.0.1:{free_port()}"
    begun = time.monotonic()
    with pytest.raises(BrokerUnreachable, match=rf"no Kafka broker answered at {address} .* nothing listens there"):
        run_worker(Live(Settings(bootstrap_servers=address), bounded=True))
    assert time.monotonic() - begun < 10
