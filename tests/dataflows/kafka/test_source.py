"""The candle source, part by part: what it hands on, and where it goes on."""

from pathlib import Path

import pytest

from dataflows.brokers.broker import Broker
from dataflows.errors import OffsetLost, TopicMissing
from dataflows.stop import StopFlag
from operators.events import CandleBatch, Command, Listing
from schemas import topics
from schemas.dead_letter import DeadLetter, Reason
from tests.dataflows.deployment import MINUTE, START, Deployment, minute, swing, version, walk, wanted, watched
from tests.dataflows.kafka.source_parts import (
    FAST,
    commands,
    drained,
    listings,
    one_partition,
    opens,
    part,
    source_of,
)


def test_whoever_lists_the_parts_knows_every_version(any_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    """Every worker does, one that gets none of the parts too; the state of any key may be on it."""
    deployment = one_partition(any_broker, topic_prefix, tmp_path)
    deployment.command(version(FAST), wanted("fast"), version(swing("fast", 40), 2))
    source = source_of(deployment)
    assert source.list_parts() == ["0"]
    assert [source.catalog.get("fast", number).config for number in (1, 2)] == [FAST, swing("fast", 40)]


def test_a_symbol_hears_its_commands_before_its_first_candle(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = one_partition(any_broker, topic_prefix, tmp_path)
    deployment.command(version(FAST), wanted("fast", command="first"))
    deployment.candles(walk(3, symbols=["AAA", "BBB"]))
    items = drained(part(deployment))
    seen: set[str] = set()
    for item in items:
        assert isinstance(item, CandleBatch | Command)
        if isinstance(item, Command):
            assert item.version == version(FAST)
            seen.add(item.symbol)
        else:
            assert item.symbol in seen
    assert sorted(commands(items)) == [("AAA", "first"), ("BBB", "first")]
    assert len(opens(items)) == 6


def test_it_goes_on_where_its_snapshot_was_taken(any_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = one_partition(any_broker, topic_prefix, tmp_path)
    rows = walk(20, symbols=["AAA"])
    deployment.command(version(FAST), wanted("fast", command="first"))
    deployment.candles(rows[:12])
    before = part(deployment)
    drained(before)
    state = before.snapshot()
    before.close()
    deployment.command(wanted("fast", "paused", command="second"))
    deployment.candles(rows[12:])
    items = drained(part(deployment, state))
    assert {**state, "feed": "", "partitions": 1} == {
        "schema_version": 2,
        "candles": 12,
        "control": 2,
        "commands_until": 12,
        "symbols": ("AAA",),
        "run": 1,
        "ended": True,
        "feed": "",
        "partitions": 1,
    }
    assert commands(items) == [("AAA", "second")]
    assert opens(items) == [row[2] for row in rows[12:]]


def test_commands_not_handed_on_yet_are_not_in_the_snapshot(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = one_partition(any_broker, topic_prefix, tmp_path)
    deployment.command(version(FAST), wanted("fast", command="first"))
    deployment.candles(walk(2, symbols=["AAA"]))
    before = part(deployment)
    drained(before)
    deployment.command(wanted("fast", "paused", command="second"))
    stop = StopFlag()
    stop.set()
    stopped = source_of(deployment, stop=stop).build_part("candles", "0", before.snapshot())
    assert drained(stopped) == []
    assert (stopped.snapshot()["control"], stopped.snapshot()["run"]) == (2, 2)
    assert commands(drained(part(deployment, stopped.snapshot()))) == [("AAA", "second")]


def test_a_symbol_hears_what_the_watchlist_says_of_it_before_commands_and_candles(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = one_partition(any_broker, topic_prefix, tmp_path)
    deployment.command(version(FAST), wanted("fast"), watched("BBB", "5m"), watched("CCC", "5m"))
    deployment.candles(walk(2, symbols=["AAA", "BBB"]))
    items = drained(part(deployment))
    assert [type(item) for item in items] == [Listing, Command, CandleBatch] * 2
    assert listings(items) == [("AAA", "watch"), ("BBB", "watch")]
    assert [item.entry.asset is not None for item in items if isinstance(item, Listing) and item.entry] == [False, True]


def test_what_the_watchlist_says_comes_once_across_a_restart(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = one_partition(any_broker, topic_prefix, tmp_path)
    deployment.command(watched("AAA", "5m", command="first"))
    deployment.candles(walk(2, symbols=["AAA", "BBB"]))
    before = part(deployment)
    assert listings(drained(before)) == [("AAA", "first"), ("BBB", "first")]
    state = before.snapshot()
    assert drained(part(deployment, state)) == []
    deployment.command(watched("AAA", "1h", command="second"), watched("BBB", "1h", command="third"))
    assert listings(drained(part(deployment, state))) == [("AAA", "second"), ("BBB", "third")]


def test_a_candle_still_forming_goes_no_further(any_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = one_partition(any_broker, topic_prefix, tmp_path)
    first, second = walk(2, symbols=["AAA"])
    deployment.candles([(*first[:8], False), first, (*second[:8], False)])
    assert opens(drained(part(deployment))) == [first[2]]


@pytest.mark.parametrize(("skew", "taken"), [(60_000, 3), (59_999, 2)])
def test_a_candle_recorded_before_it_closed_is_from_the_future(
    skew: int, taken: int, any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = one_partition(any_broker, topic_prefix, tmp_path)
    deployment.candles(walk(4, symbols=["AAA"]), timestamp=START + 2 * MINUTE)
    items = drained(part(deployment, skew=skew))
    letters = [item for item in items if isinstance(item, DeadLetter)]
    assert opens(items) == [START + number * MINUTE for number in range(taken)]
    assert [letter.offset for letter in letters] == list(range(taken, 4))
    assert {letter.reason for letter in letters} == {Reason.FROM_THE_FUTURE}
    assert letters[-1].detail == (
        f"AAA 1m: the candle closes at {minute(4).isoformat()}, but was recorded before, at {minute(2).isoformat()}"
    )


@pytest.mark.kafka
def test_an_offset_beyond_the_end_is_lost_too(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = one_partition(apache_kafka, topic_prefix, tmp_path)
    deployment.candles(walk(3, symbols=["AAA"]))
    state = {"schema_version": 1, "candles": 50, "control": 0, "symbols": ["AAA"]}
    with pytest.raises(OffsetLost, match="Retention has removed it, or the topic was recreated"):
        drained(part(deployment, state))


@pytest.mark.parametrize("absent", [topics.CANDLES, topics.CONTROL])
def test_a_missing_topic_is_named(
    absent: topics.TopicSpec, embedded_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(embedded_broker, topic_prefix, tmp_path).create(without=[absent])
    with pytest.raises(TopicMissing, match=f"there is no topic '{deployment.name(absent)}'"):
        source_of(deployment).list_parts()
