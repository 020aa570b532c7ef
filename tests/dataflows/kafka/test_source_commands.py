"""Before which candle a part hands a command on: the same in every life, whatever was lost and whatever has come."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Message

from dataflows.brokers.broker import Broker
from dataflows.errors import TopicUnfit
from dataflows.graph import FeedItem
from dataflows.kafka.control_log import ControlEntry, ControlLog
from dataflows.kafka.placements import Journal, read_placements
from dataflows.kafka.source import CandlePart
from operators.events import CandleBatch, Command
from schemas import topics
from schemas.candle_row import CandleRow
from schemas.placement import Placement
from tests.dataflows.deployment import MINUTE, START, Deployment, minute, version, wait_until, walk, wanted
from tests.dataflows.kafka.source_parts import FAST, commands, drained, one_partition, part, source_of

ROWS = walk(12, symbols=["AAA"])


def order(items: Sequence[FeedItem]) -> list[str | int]:
    """Commands by name and candles by number, as they were handed on; what AAA hears of them."""
    found: list[str | int] = []
    for item in items:
        if isinstance(item, Command) and item.symbol == "AAA":
            found.append(item.desired.command)
        elif isinstance(item, CandleBatch) and item.symbol == "AAA":
            found += [(row[2] - START) // MINUTE for row in item.rows]
    return found


def started(broker: Broker, prefix: str, folder: Path, rows: Sequence[CandleRow] = ROWS[:4]) -> Deployment:
    deployment = one_partition(broker, prefix, folder)
    deployment.command(version(FAST), wanted("fast", command="first"))
    deployment.candles(rows)
    return deployment


def live_part(deployment: Deployment) -> CandlePart:
    return source_of(deployment, bounded=False).build_part("candles", "0", None)


def take(live: CandlePart, count: int) -> list[FeedItem]:
    """Until so many commands and candles have come."""
    items: list[FeedItem] = []

    def enough() -> bool:
        items.extend(item for _key, item in live.next_batch())
        return len(order(items)) >= count

    wait_until(enough)
    assert len(order(items)) == count
    return items


def journaled(deployment: Deployment) -> list[tuple[int, int, int]]:
    """First, end and place of what was placed."""
    topic = deployment.name(topics.PLACEMENTS)
    found = read_placements(deployment.config, topic, deployment.codec).placed.get(0, ())
    return [(one.first, one.end, one.candles) for one in found]


def test_a_command_comes_between_two_candles_and_stays_there(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = started(any_broker, topic_prefix, tmp_path, ROWS[:2])
    live = live_part(deployment)
    items = take(live, 3)
    deployment.command(wanted("fast", "paused", command="second"))
    items += take(live, 1)
    deployment.candles(ROWS[2:4])
    items += take(live, 2)
    live.close()  # and no snapshot was ever kept
    assert order(items) == ["first", 0, 1, "second", 2, 3]
    assert journaled(deployment) == [(0, 2, 0), (2, 3, 2)]
    deployment.candles(ROWS[4:6])
    assert order(drained(part(deployment))) == ["first", 0, 1, "second", 2, 3, 4, 5]


class Watched(Consumer):
    """Tells when it has given candles."""

    given = False

    def consume(self, num_messages: int = 1, timeout: float = -1) -> list[Message]:
        found = super().consume(num_messages, timeout)
        Watched.given |= any(one.error() is None for one in found)
        return found


def test_a_command_goes_before_the_candles_that_were_taken_just_before_it(
    any_broker: Broker, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control log is looked at once candles are in hand, at every batch: none overtakes a command that is known."""
    deployment = started(any_broker, topic_prefix, tmp_path, ROWS[:2])
    monkeypatch.setattr("dataflows.kafka.source.Consumer", Watched)
    live = live_part(deployment)
    items = take(live, 3)
    monkeypatch.setattr(Watched, "given", False)
    poll = ControlLog.poll
    found: list[ControlEntry] = []

    def send_and_poll(log: ControlLog, timeout: float = 0.0) -> list[ControlEntry]:
        if found or not Watched.given:
            return poll(log, timeout)
        deployment.command(wanted("fast", "paused", command="second"))
        while not found:
            found.extend(poll(log, timeout))
        return found

    monkeypatch.setattr(ControlLog, "poll", send_and_poll)
    deployment.candles(ROWS[2:4])
    items += take(live, 3)
    assert order(items) == ["first", 0, 1, "second", 2, 3]
    assert journaled(deployment) == [(0, 2, 0), (2, 3, 2)]


@pytest.mark.kafka
@pytest.mark.parametrize("kept", [False, True], ids=["no snapshot", "a snapshot before"])
def test_a_crash_right_after_the_acknowledgement_moves_nothing(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, kept: bool
) -> None:
    deployment = started(apache_kafka, topic_prefix, tmp_path)
    live = live_part(deployment)
    before = take(live, 5)
    state = live.snapshot() if kept else None
    write = Journal.write

    def write_and_die(journal: Journal, placement: Placement) -> None:
        write(journal, placement)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "write", write_and_die)
        deployment.command(wanted("fast", "paused", command="second"))
        with pytest.raises(KeyboardInterrupt):
            take(live, 1)
    live.close()
    deployment.candles(ROWS[4:8])
    deployment.command(wanted("fast", command="third"))
    after = order(drained(part(deployment, state)))
    assert order(before) == ["first", 0, 1, 2, 3]
    assert after == [*([] if kept else order(before)), "second", 4, 5, 6, 7, "third"]


@pytest.mark.kafka
@pytest.mark.parametrize(
    ("ended", "timed", "expected"),
    [
        (True, False, ["second", 4, 5]),
        (True, True, ["second", 4, 5]),
        (False, False, [2, 3, 4, 5, "second"]),
        (False, True, ["second", 2, 3, 4, 5]),
    ],
    ids=["ended", "ended, with a time", "crashed", "crashed, with a time"],
)
def test_a_command_that_came_while_nobody_worked(  # noqa: PLR0913  # three fixtures and the case
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path, *, ended: bool, timed: bool, expected: list[str | int]
) -> None:
    """Crashed, somebody may have worked all the candles there are: so one without a time waits until they are over.

    Where they are over the embedded broker does not say (see ``dataflows.kafka.near_end``).
    """
    deployment = started(apache_kafka, topic_prefix, tmp_path)
    before = replace(source_of(deployment), batch_size=2).build_part("candles", "0", None)
    items = [item for _key, item in before.next_batch()]
    while len(order(items)) < 3:
        items += [item for _key, item in before.next_batch()]
    state = before.snapshot()
    items += drained(before)
    assert order(items) == ["first", 0, 1, 2, 3]
    if ended:
        state = before.snapshot()
    before.close()
    deployment.candles(ROWS[4:6])
    since = {"effective_from": minute(5)} if timed else {}
    deployment.command(wanted("fast", "paused", command="second", **since))
    again = part(deployment, state)
    assert order(drained(again)) == expected
    assert order(drained(part(deployment, again.snapshot()))) == []
    assert order(drained(part(deployment, state))) == expected


def test_batches_are_split_where_a_command_was_placed(any_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = one_partition(any_broker, topic_prefix, tmp_path)
    names = ["first", "second", "third", "last"]
    deployment.command(version(FAST), *(wanted("fast", command=name) for name in names))
    deployment.candles(walk(5, symbols=["AAA", "BBB"]))
    journal = Journal(deployment.config, deployment.name(topics.PLACEMENTS), deployment.codec)
    for first, end, candles in [(0, 2, 0), (2, 3, 3), (3, 4, 6), (4, 5, 10)]:
        journal.write(Placement(partition=0, run=1, candles=candles, first=first, end=end))
    items = drained(part(deployment))
    rows = [(item.symbol, len(item.rows)) for item in items if isinstance(item, CandleBatch)]
    # Offsets 0 to 9 are AAA and BBB in turn, and each stretch begins with the symbol that comes first.
    assert rows == [("AAA", 2), ("BBB", 1), ("BBB", 2), ("AAA", 1), ("AAA", 2), ("BBB", 2)]
    assert order(items) == ["first", 0, 1, "second", 2, "third", 3, 4, "last"]
    assert commands(items)[2:] == [(symbol, name) for name in names[1:] for symbol in ("AAA", "BBB")]


def test_from_every_snapshot_comes_what_came_after_it(any_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = started(any_broker, topic_prefix, tmp_path, ROWS[:6])
    deployment.command(*(wanted("fast", command=name) for name in ("second", "third", "fourth")))
    journal = Journal(deployment.config, deployment.name(topics.PLACEMENTS), deployment.codec)
    for first, end, candles in [(0, 2, 0), (2, 3, 1), (3, 4, 1), (4, 5, 6)]:
        journal.write(Placement(partition=0, run=1, candles=candles, first=first, end=end))
    slow = replace(source_of(deployment), batch_size=1).build_part("candles", "0", None)
    parts: list[list[str | int]] = []
    states = [slow.snapshot()]
    while True:
        try:
            parts.append(order([item for _key, item in slow.next_batch()]))
        except StopIteration:
            break
        states.append(slow.snapshot())
    whole = ["first", 0, "second", "third", 1, 2, 3, 4, 5, "fourth"]
    assert [one for own in parts for one in own] == whole
    distinct = {(state["candles"], state["control"]): number for number, state in enumerate(states)}
    assert len(distinct) > 6
    for number in distinct.values():
        rest = [one for own in parts[number:] for one in own]
        assert order(drained(part(deployment, states[number]))) == rest


def test_the_journal_says_of_which_feed_it_is_and_how_many_records_were_placed(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = started(any_broker, topic_prefix, tmp_path, ROWS[:2])
    deployment.produce(topics.CONTROL, [(b"fast", None)])  # a tombstone is no record to be missed
    deployment.command(wanted("fast", "paused", command="second"))
    live = live_part(deployment)
    take(live, 3)  # a symbol hears only the newest of what came before it
    deployment.command(wanted("fast", command="third"))
    take(live, 1)
    live.close()
    feed = source_of(deployment).feed.mark
    claim, *found = deployment.records(topics.PLACEMENTS, Placement)
    assert (claim.run, bool(claim.claim)) == (1, True)
    assert [(one.first, one.end, one.records, one.feed) for one in found] == [
        (0, 4, 3, ""),
        (0, 0, 0, feed),
        (4, 5, 1, ""),
    ]


@pytest.mark.kafka
def test_a_part_does_not_go_by_what_was_placed_on_other_topics(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = started(apache_kafka, topic_prefix, tmp_path, ROWS[:2])
    journal = Journal(deployment.config, deployment.name(topics.PLACEMENTS), deployment.codec)
    mark = Placement(partition=0, run=1, candles=0, first=0, end=0, feed="a|b")
    journal.write(mark)
    with pytest.raises(
        TopicUnfit, match=r"says of partition 0 is of other topics: .*of id a, .*`candelabra run --cold`"
    ):
        live_part(deployment)
    journal.write(mark.model_copy(update={"run": 2, "feed": source_of(deployment).feed.mark, "since": 2}))
    assert order(drained(part(deployment))) != []
    assert deployment.records(topics.PLACEMENTS, Placement)[-1].since == 2, "handed on from run to run"
