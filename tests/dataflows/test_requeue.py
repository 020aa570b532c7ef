"""Refused, mended, sent again: the output is that of a run that never had the trouble, wherever it can be."""

import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest
from confluent_kafka import Message

from dataflows.brokers.broker import Broker
from dataflows.dead_letters.requeue import Fate, Overrides, Planned, Requeue
from dataflows.dead_letters.requeued import HEADER
from dataflows.dead_letters.selection import Selection
from dataflows.kafka.codec import build_codec
from dataflows.kafka.registry import MISSING_FOR_S
from schemas import topics
from schemas.avro.known import current_schema
from schemas.candle import Candle
from schemas.candle_row import CandleRow
from schemas.dead_letter import DeadLetter, Reason
from schemas.framing import CONFLUENT_MAGIC
from tests.dataflows.deployment import (
    MINUTE,
    START,
    Deployment,
    replayed,
    swing,
    version,
    walk,
    wanted,
    watched,
)
from tests.dataflows.http_registry import HttpRegistry, serving

FAST = swing("fast")
ROWS = walk(100)
EARLIER, LATER = ROWS[:150], ROWS[150:]
HOUR = 60 * MINUTE
NEVER = 4_102_444_800.0  # the year 2100: whatever was refused is long ago then


def requeued(
    deployment: Deployment,
    reason: Reason | None = None,
    *,
    again: bool = False,
    anyway: bool = False,
    now: float = NEVER,
) -> list[Planned]:
    """Send again what was refused for a reason, as `dead-letter requeue` does."""
    codec = build_codec(deployment.settings)  # a process of its own: it has asked the registry nothing yet
    work = Requeue(deployment.settings, codec, overrides=Overrides(again, anyway), clock=lambda: now)
    planned = work.plan(Selection(reason=reason, prefix=deployment.settings.topic_prefix))
    assert work.send(planned) == sum(one.fate is Fate.SENT for one in planned)
    return planned


def fates(planned: Iterable[Planned]) -> list[Fate]:
    return [one.fate for one in planned]


def letters(deployment: Deployment) -> list[DeadLetter]:
    return deployment.records(topics.DEAD_LETTER, DeadLetter)


def started(deployment: Deployment) -> Deployment:
    deployment.create().command(version(FAST), wanted("fast"))
    return deployment


class NewerWriter:
    """A producer of a later release: its candles have one more field, under a schema that is in the registry."""

    def __init__(self, deployment: Deployment, registry: HttpRegistry) -> None:
        schema = json.loads(current_schema(Candle).text)
        schema["fields"].append({"name": "note", "type": "string"})
        self._codec = deployment.codec
        self._number = registry.answer(
            "POST", "/subjects/newer/versions", json.dumps({"schema": json.dumps(schema)}), ""
        )
        self.schema_id = int(self._number[1]["id"])  # type: ignore[index]  # the registry's answer, an object

    def payload(self, row: CandleRow, note: str = "") -> bytes:
        size = struct.pack("B", len(note) << 1) if len(note) < 64 else _long(len(note))
        body = self._codec.encode_candle_row(row)[5:]
        return CONFLUENT_MAGIC + struct.pack(">I", self.schema_id) + body + size + note.encode()

    def records(self, rows: Sequence[CandleRow], note: str = "") -> list[tuple[bytes, bytes]]:
        return [(row[0].encode(), self.payload(row, note)) for row in rows]


def _long(number: int) -> bytes:
    """Avro's zig-zag form of a number from 64 to 8191."""
    left = number << 1
    return bytes([left & 0x7F | 0x80, left >> 7])


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpRegistry]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as found:
        yield found


def test_a_schema_that_the_registry_did_not_know_and_now_does(
    any_broker: Broker, topic_prefix: str, tmp_path: Path, registry: HttpRegistry
) -> None:
    deployment = started(Deployment(any_broker, topic_prefix, tmp_path, registry_url=registry.url))
    writer = NewerWriter(deployment, registry)
    deployment.candles(EARLIER)
    deployment.produce(topics.CANDLES, writer.records(LATER))
    registry.script = lambda _method, path: (
        (404, {"error_code": 40403}) if path == f"/schemas/ids/{writer.schema_id}" else None
    )
    deployment.run()
    refused = letters(deployment)
    assert [one.reason for one in refused] == [Reason.UNKNOWN_SCHEMA] * len(LATER)
    assert {fate: "would be refused again: unknown_schema" in why for _, fate, why in _told(requeued(deployment))} == {
        Fate.LEFT: True
    }
    registry.script = lambda _method, _path: None
    soon = requeued(deployment, now=max(one.timestamp()[1] for one in deployment.messages(topics.DEAD_LETTER)) / 1000)
    assert {fate: f"{MISSING_FOR_S:g} s after" in why for _, fate, why in _told(soon)} == {Fate.LEFT: True}
    assert fates(requeued(deployment)) == [Fate.SENT] * len(LATER)
    deployment.run()
    assert deployment.signals() == replayed(ROWS, [FAST], tmp_path)
    assert letters(deployment) == refused


def _told(planned: Iterable[Planned]) -> list[tuple[str, Fate, str]]:
    return [(one.letter.id, one.fate, one.why) for one in planned]


def test_records_that_were_too_long_until_the_limit_was_raised(
    any_broker: Broker, topic_prefix: str, tmp_path: Path, registry: HttpRegistry
) -> None:
    given = {"registry_url": registry.url}
    low = started(Deployment(any_broker, topic_prefix, tmp_path, max_record_bytes=4_096, **given))
    writer = NewerWriter(low, registry)
    low.candles(EARLIER)
    low.produce(topics.CANDLES, writer.records(LATER, note="x" * 5_000))
    low.run()
    assert [one.reason for one in letters(low)] == [Reason.OVERSIZED] * len(LATER)
    assert set(fates(requeued(low))) == {Fate.LEFT}
    high = Deployment(any_broker, topic_prefix, tmp_path, max_record_bytes=8_192, **given)
    assert set(fates(requeued(high))) == {Fate.SENT}
    high.run()
    assert high.signals() == replayed(ROWS, [FAST], tmp_path)


@pytest.mark.parametrize("skew_s", [60.0, 7_200.0])
def test_candles_from_the_future_by_a_clock_that_was_wrong(
    any_broker: Broker, topic_prefix: str, tmp_path: Path, skew_s: float
) -> None:
    deployment = started(Deployment(any_broker, topic_prefix, tmp_path))
    deployment.candles(EARLIER)
    for row in LATER:  # the producer's clock was an hour slow
        deployment.candles([row], timestamp=row[2] + MINUTE - HOUR)
    deployment.run()
    assert [one.reason for one in letters(deployment)] == [Reason.FROM_THE_FUTURE] * len(LATER)
    too_early = requeued(deployment, now=START / 1000)
    assert set(fates(too_early)) == {Fate.LEFT}
    assert "would be refused again: from_the_future: the candle closes at 2025-01-01T00:51:00" in too_early[0].why
    mended = Deployment(any_broker, topic_prefix, tmp_path, max_clock_skew_seconds=skew_s)
    assert set(fates(requeued(mended))) == {Fate.SENT}
    mended.run()
    assert mended.signals() == replayed(ROWS, [FAST], tmp_path)


def test_candles_of_another_timeframe_once_the_watchlist_declares_it(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    hours: list[CandleRow] = [
        ("AAA", "1h", START - bar * HOUR, 100.0, 101.0, 99.0, 100.0, 5.0, True) for bar in (3, 2, 1)
    ]
    minutes = walk(200, symbols=["AAA"])
    declared = watched("AAA", "1m", base_timeframe="1m")
    outputs = []
    for name, troubled in (("troubled", True), ("clean", False)):
        deployment = started(Deployment(any_broker, f"{topic_prefix}{name}.", tmp_path / name))
        deployment.candles(hours)
        deployment.run()
        if troubled:
            deployment.candles(minutes)
            deployment.run()
            assert [one.reason for one in letters(deployment)] == [Reason.WRONG_TIMEFRAME] * len(minutes)
        deployment.command(declared)
        if troubled:
            assert set(fates(requeued(deployment))) == {Fate.SENT}
        else:
            deployment.candles(minutes)
        deployment.run()
        outputs.append(deployment.signals())
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) > 5


def test_what_comes_too_late_for_its_symbol_comes_back(any_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = started(Deployment(any_broker, topic_prefix, tmp_path))
    deployment.candles(EARLIER)
    missed = LATER[:3]
    for row in missed:
        deployment.candles([row], timestamp=row[2] + MINUTE - HOUR)
    deployment.candles(LATER[3:])
    deployment.run()
    before = deployment.signals()
    assert set(fates(requeued(deployment, Reason.FROM_THE_FUTURE))) == {Fate.SENT}
    deployment.run()
    back = [one for one in letters(deployment) if one.reason is Reason.OUT_OF_ORDER]
    assert sorted(one.value or b"" for one in back) == sorted(map(deployment.codec.encode_candle_row, missed))
    assert deployment.signals() == before == replayed(EARLIER + LATER[3:], [FAST], tmp_path)


def test_the_same_key_and_bytes_go_to_the_same_place_once(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = started(Deployment(any_broker, topic_prefix, tmp_path))
    rows = ROWS[:30]
    for row in rows:
        deployment.candles([row], timestamp=row[2] + MINUTE - HOUR)
    deployment.run()
    assert set(fates(requeued(deployment))) == {Fate.SENT}
    again = requeued(deployment)
    assert set(fates(again)) == {Fate.THERE}
    found = deployment.messages(topics.CANDLES)
    assert len(found) == 2 * len(rows)
    for first, second in _pairs(found):
        assert (first.key(), first.value(), first.partition()) == (second.key(), second.value(), second.partition())
    headers = {
        message.offset(): message.headers() for message in found if message.partition() == again[0].letter.partition
    }
    offset = int(again[0].why.split()[-1].replace(",", ""))
    assert headers[offset] == [(HEADER, again[0].letter.id.encode())]
    assert set(fates(requeued(deployment, again=True))) == {Fate.SENT}
    assert len(deployment.messages(topics.CANDLES)) == 3 * len(rows)


def _pairs(found: Sequence[Message]) -> list[tuple[Message, Message]]:
    """What was refused and what was sent again, in the order of both."""
    first = [one for one in found if not one.headers()]
    second = [one for one in found if one.headers()]
    return list(zip(first, second, strict=True))


def test_an_interrupted_requeue_sends_the_rest(any_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = started(Deployment(any_broker, topic_prefix, tmp_path))
    for row in ROWS[:30]:
        deployment.candles([row], timestamp=row[2] + MINUTE - HOUR)
    deployment.run()
    work = Requeue(deployment.settings, deployment.codec, overrides=Overrides(), clock=lambda: NEVER)
    planned = work.plan(Selection(prefix=topic_prefix))
    assert work.send(planned[:11]) == 11
    rest = requeued(deployment)
    assert sorted(fates(rest)) == sorted([Fate.THERE] * 11 + [Fate.SENT] * 19)
    deployment.run()
    assert deployment.signals() == replayed(ROWS[:30], [FAST], tmp_path)


def test_a_version_that_was_too_long_and_the_command_after_it(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    wordy = version(FAST).model_copy(update={"reason": "x" * 500})
    deployment = Deployment(any_broker, topic_prefix, tmp_path, max_record_bytes=1_024).create()
    mended = Deployment(any_broker, topic_prefix, tmp_path)
    mended.command(wordy)
    deployment.run()
    assert [one.reason for one in letters(deployment)] == [Reason.OVERSIZED]
    assert fates(requeued(mended)) == [Fate.SENT]
    mended.command(wanted("fast"))
    mended.candles(ROWS)
    mended.run()
    assert mended.signals() == replayed(ROWS, [FAST], tmp_path)
