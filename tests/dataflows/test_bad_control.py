"""Control records malformed in every way, while a strategy runs: each is answered, and nothing else changes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dataflows.brokers.broker import Broker
from schemas import topics
from schemas.avro.binary import write_datum
from schemas.avro.known import current_schema
from schemas.codec import Codec
from schemas.dead_letter import DeadLetter, Reason
from schemas.lifecycle import DesiredState, State, StrategyStatus, StrategyVersion
from schemas.record import Record
from schemas.session import SessionConfig
from schemas.watchlist import WatchlistEntry
from tests.dataflows.deployment import Deployment, minute, replayed, swing, version, wait_until, walk, wanted, watched

FAST, OTHER = swing("fast"), swing("other")
ROWS = walk(120)
HEADER_BYTES = 10


def broken(codec: Codec, record: Record, **fields: object) -> bytes:
    """The record with values that no codec of ours would write."""
    datum: dict[str, Any] = record.model_dump(mode="json")
    if isinstance(record, StrategyVersion):
        datum["config"] = record.config.canonical_json()
    if isinstance(record, WatchlistEntry):
        datum["asset"] = None if record.asset is None else record.asset.canonical_json()
    header = codec.encode(record)[:HEADER_BYTES]
    return write_datum(current_schema(type(record)), {**datum, **fields}, header)


# (what is wrong, the reason for its dead letter, the payload)
UNREADABLE: dict[str, tuple[Reason, Callable[[Codec], bytes]]] = {
    "no bytes": (Reason.EMPTY, lambda _codec: b""),
    "garbage": (Reason.UNKNOWN_FORMAT, lambda _codec: b"\xff stop everything"),
    "JSON": (Reason.UNKNOWN_FORMAT, lambda _codec: b'{"strategy": "fast", "state": "stopped"}'),
    "oversized": (Reason.OVERSIZED, lambda codec: codec.encode(version(FAST)) + bytes(70_000)),
    "unknown schema": (Reason.UNKNOWN_SCHEMA, lambda codec: b"\xc3\x01" + bytes(8) + codec.encode(version(FAST))[10:]),
    "cut version": (Reason.TRUNCATED, lambda codec: codec.encode(version(FAST))[:-20]),
    "cut command": (Reason.TRUNCATED, lambda codec: codec.encode(wanted("fast", "stopped", "stop"))[:14]),
    "cut entry": (Reason.TRUNCATED, lambda codec: codec.encode(watched("AAA", "1m"))[:-5]),
    "bytes left over": (Reason.INVALID, lambda codec: codec.encode(wanted("fast", "stopped", "stop")) + b"\0"),
    "a candle": (Reason.WRONG_TYPE, lambda codec: codec.encode_candle_row(ROWS[0])),
    "a status": (
        Reason.WRONG_TYPE,
        lambda codec: codec.encode(StrategyStatus(strategy="fast", state=State.STOPPED)),
    ),
    "no such state": (Reason.INVALID, lambda codec: broken(codec, wanted("fast"), state="flying")),
    "version zero": (Reason.INVALID, lambda codec: broken(codec, wanted("fast", "stopped", "stop"), version=0)),
    "a strategy's key": (Reason.INVALID, lambda codec: broken(codec, wanted("fast"), strategy="fast|AAA|1m")),
    "no strategy file": (Reason.INVALID, lambda codec: broken(codec, version(FAST), config="{")),
    "no rules": (Reason.INVALID, lambda codec: broken(codec, version(FAST), config='{"id": "fast"}')),
    "no asset": (Reason.INVALID, lambda codec: broken(codec, watched("AAA", "1m"), asset='{"symbol": 7}')),
    "a time zone that is none": (
        Reason.INVALID,
        lambda codec: codec.encode(
            watched("AAA", "1m", session=SessionConfig(zone="Europe/Londn", opens="08:00", closes="16:30"))
        ),
    ),
}

# (what makes no sense, the record, what the answer says)
SENSELESS: dict[str, tuple[StrategyVersion | DesiredState, str]] = {
    "no such strategy": (wanted("fats", "stopped", "one"), "there is no strategy 'fats' (did you mean \"fast\"?)"),
    "no such version": (wanted("fast", "stopped", "two", version=7), "strategy 'fast' has no version 7, it has 1"),
    "meant for another version": (wanted("fast", "stopped", "three", expected_version=2), "it was meant for version 2"),
    "follows what was not the newest": (wanted("fast", "stopped", "four", follows="other"), "it follows command other"),
    "a command said otherwise": (wanted("fast", "stopped", "start"), "command start was given before"),
    "other contents": (version(swing("fast", 10, 20)), "version 1 exists with other contents"),
    "a gap": (version(FAST, 9), "version 9 would leave a gap"),
    "another's configuration": (version(OTHER).model_copy(update={"strategy": "fast"}), "is of strategy 'other'"),
}


def test_each_is_a_dead_letter_or_a_refusal_and_nothing_else_changes(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    deployment.command(version(FAST), wanted("fast", effective_from=minute(0)))
    codec = deployment.codec
    poison = [(b"fast", make(codec)) for _, make in UNREADABLE.values()]
    poison += [(record.key.encode(), codec.encode(record)) for record, _ in SENSELESS.values()]
    with deployment.running() as live:
        for number in range(0, len(ROWS), 12):
            deployment.candles(ROWS[number : number + 12])
            some, poison = poison[:3], poison[3:]
            deployment.produce(topics.CONTROL, some)
            wait_until(lambda taken=number + 12: live.tally.candles == taken)  # type: ignore[misc]  # a default holds it
        assert not poison
        wait_until(lambda: len(deployment.messages(topics.DEAD_LETTER)) == len(UNREADABLE))
        wait_until(lambda: len(refusals(deployment)) == len(SENSELESS))
    letters = deployment.records(topics.DEAD_LETTER, DeadLetter)
    assert sorted((one.reason, one.value) for one in letters) == sorted(
        (reason, make(codec)) for reason, make in UNREADABLE.values()
    )
    assert {(one.topic, one.partition) for one in letters} == {(deployment.name(topics.CONTROL), 0)}
    said = sorted(one.reason or "" for one in refusals(deployment))
    expected = sorted(words for _, words in SENSELESS.values())
    for words in expected:
        assert sum(words in one for one in said) == 1, words
    assert deployment.signals() == replayed(ROWS, [FAST], tmp_path)
    statuses = [one for one in deployment.records(topics.STATUS, StrategyStatus) if one.symbol is not None]
    assert {(one.key, one.state) for one in statuses} == {
        (f"fast|{symbol}|1m", State.RUNNING) for symbol in ("AAA", "BBB", "CCC")
    }
    assert deployment.messages(topics.ALERTS) == []


def refusals(deployment: Deployment) -> list[StrategyStatus]:
    return [one for one in deployment.records(topics.STATUS, StrategyStatus) if one.state is State.REFUSED]


def test_a_tombstone_of_a_running_strategy_stops_nothing(any_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    deployment.command(version(FAST), wanted("fast", effective_from=minute(0)))
    deployment.produce(topics.CONTROL, [(b"fast", None), (b"fast@1", None)])
    deployment.candles(ROWS)
    deployment.run()
    assert deployment.signals() == replayed(ROWS, [FAST], tmp_path)
    assert deployment.messages(topics.DEAD_LETTER) == []
