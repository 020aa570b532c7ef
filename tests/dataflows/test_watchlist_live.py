"""The watchlist changed while candles flow: what runs, from which bar; across restarts, compaction and late workers."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from dataflows.brokers.broker import Broker
from dataflows.live import Live
from operators.control.records import ControlRecord
from schemas import topics
from schemas.dead_letter import DeadLetter, Reason
from schemas.lifecycle import State, StrategyStatus
from schemas.strategy_file import parse_strategy
from schemas.watchlist import WatchlistEntry
from tests.dataflows.control_writers import compacted
from tests.dataflows.deployment import Deployment, minute, swing, version, wait_until, walk, wanted, watched

ROWS = walk(180, symbols=["AAA", "BBB"])
EVERYWHERE = swing("every")
BY_STYLE = parse_strategy({**swing("styled").model_dump(mode="json"), "timeframes": ["swing"]}, origin="test")
BY_NAME = parse_strategy(
    {**swing("named").model_dump(mode="json"), "symbols": ["AAA"], "timeframes": ["1m"]}, origin="test"
)

Told = list[tuple[State, int | None]]


def at(bar: int, entry: WatchlistEntry) -> WatchlistEntry:
    """The entry, in force from a bar on."""
    return entry.model_copy(update={"effective_from": minute(bar), "command": f"from-{bar}"})


def off(bar: int, symbol: str) -> WatchlistEntry:
    return at(bar, watched(symbol).model_copy(update={"asset": None}))


START: Sequence[ControlRecord] = (
    watched("ZZZ", "1m"),
    watched("AAA", "1m"),
    *(record for one in (EVERYWHERE, BY_STYLE, BY_NAME) for record in (version(one), wanted(one.id, command=one.id))),
)
CHANGES: Sequence[tuple[int, WatchlistEntry]] = (
    (30, at(32, watched("AAA", "1m", "5m", "1h"))),
    (55, at(62, watched("AAA", "5m", base_timeframe="1m"))),
    (75, at(80, watched("AAA", "5m", enabled=False))),
    (95, at(101, watched("AAA", "5m"))),
    (115, off(120, "AAA")),
    (135, off(140, "ZZZ")),
)
"""By the bar before which each is sent."""

EXPECTED: dict[str, Told] = {
    "every|AAA|1m": [(State.RUNNING, 0), (State.STOPPED, 62), (State.RUNNING, 140)],
    "every|AAA|5m": [
        (State.RUNNING, 30),  # the bar that is forming at 32
        (State.STOPPED, 80),
        (State.RUNNING, 100),
        (State.STOPPED, 120),
    ],
    "every|AAA|1h": [(State.RUNNING, 0), (State.STOPPED, 60)],
    "every|BBB|1m": [(State.RUNNING, 140)],  # with the last entry gone, wildcards mean the whole feed
    "styled|AAA|1h": [(State.RUNNING, 0), (State.STOPPED, 60)],
    "named|AAA|1m": [(State.RUNNING, 0), (State.STOPPED, 80), (State.RUNNING, 101)],
}


def told(deployment: Deployment) -> dict[str, Told]:
    """What every series has answered, in order, with the bar from which it holds."""
    found: dict[str, Told] = {}
    for one in deployment.records(topics.STATUS, StrategyStatus):
        if one.symbol is not None:
            bar = None if one.effective_bar is None else round((one.effective_bar - minute(0)).total_seconds() / 60)
            found.setdefault(one.key, []).append((one.state, bar))
    return found


def flow(deployment: Deployment, *, restart_before: int | None = None) -> None:
    """Candles and changes to a worker that runs; it is stopped and started again before a bar."""
    sent = 0

    def change(entry: WatchlistEntry) -> None:
        """Send it, and wait until the worker has read on beyond it: an entry has no answer, what comes after it has."""
        mark = version(swing(f"after-{entry.command}"))
        deployment.command(entry, mark)
        wait_until(lambda: mark.strategy in {one.strategy for one in deployment.records(topics.STATUS, StrategyStatus)})

    def until(live: Live, bar: int, taken: int) -> None:
        nonlocal sent
        deployment.candles(ROWS[sent * 2 : bar * 2])
        sent = bar
        wait_until(lambda: live.tally.candles == (bar - taken) * 2)

    deployment.command(*START)
    changes = list(CHANGES)
    if restart_before is not None:
        with deployment.running() as live:
            while changes and changes[0][0] < restart_before:
                bar, entry = changes.pop(0)
                until(live, bar, 0)
                change(entry)
            until(live, restart_before, 0)
    begun = sent
    with deployment.running() as live:
        for bar, entry in changes:
            until(live, bar, begun)
            change(entry)
        until(live, len(ROWS) // 2, begun)


def whole(broker: Broker, prefix: str, folder: Path) -> Deployment:
    """All of it known before a worker starts."""
    deployment = Deployment(broker, f"{prefix}whole-", folder / "whole").create()
    deployment.command(*START, *(change for _, change in CHANGES))
    deployment.candles(ROWS)
    deployment.run()
    return deployment


def test_assets_are_added_changed_disabled_and_removed_while_candles_flow(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    flow(deployment)
    assert told(deployment) == EXPECTED
    late = whole(any_broker, topic_prefix, tmp_path)
    assert told(late) == EXPECTED
    assert late.signals() == deployment.signals()
    assert len(late.signals()) > 10


@pytest.mark.kafka
@pytest.mark.parametrize("bar", [31, 61, 110, 138], ids=["added", "changed", "enabled again", "ended"])
def test_a_worker_that_is_restarted_goes_on_with_it(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path, bar: int
) -> None:
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    flow(deployment, restart_before=bar)
    assert told(deployment) == EXPECTED


@pytest.mark.kafka
def test_a_worker_that_starts_after_compaction_holds_what_counts(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """Compaction keeps the newest entry of each symbol: what it says, and from when."""
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    deployment.command(*START, *(change for _, change in CHANGES[:2]))
    left = compacted(deployment, apache_kafka, tmp_path)
    assert len(left.messages(topics.CONTROL)) == len(START)
    left.candles(ROWS)
    left.run()
    assert told(left) == {
        "every|AAA|5m": [(State.RUNNING, 60)],  # the bar that is forming at 62
        "named|AAA|1m": [(State.RUNNING, 0)],
    }


def test_a_refused_entry_is_a_dead_letter_and_what_ran_goes_on(
    embedded_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(embedded_broker, topic_prefix, tmp_path).create()
    refused = watched("AAA", "5m", command="refused", session={"zone": "Mars/Crater"})
    deployment.command(watched("AAA", "1m"), version(EVERYWHERE), wanted("every"), refused)
    deployment.candles(ROWS)
    deployment.run()
    (letter,) = deployment.records(topics.DEAD_LETTER, DeadLetter)
    assert (letter.reason, letter.record_key) == (Reason.INVALID, b"watchlist:AAA")
    assert told(deployment) == {"every|AAA|1m": [(State.RUNNING, 0)]}


@pytest.mark.kafka
@pytest.mark.slow
def test_a_worker_that_is_restarted_after_the_broker_compacted_the_topic_goes_on_with_it(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """The broker's own cleaner at work, which looks every fifteen seconds by default."""
    often = {"segment.ms": "100", "min.cleanable.dirty.ratio": "0.001"}
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create(control=often)
    deployment.command(*START, CHANGES[0][1])
    deployment.candles(ROWS[:100])
    with deployment.running() as live:
        wait_until(lambda: live.tally.candles == 100)
    deployment.command(CHANGES[1][1])

    def entries_of_aaa() -> int:
        deployment.command(wanted("none", command="refused"))  # so that the segment before it is closed
        return sum(one.key() == b"watchlist:AAA" for one in deployment.messages(topics.CONTROL))

    wait_until(lambda: entries_of_aaa() == 1, seconds=90)
    deployment.command(CHANGES[2][1])
    deployment.candles(ROWS[100:])
    deployment.run()
    assert told(deployment) == {
        "every|AAA|1m": EXPECTED["every|AAA|1m"][:2],
        "every|AAA|5m": EXPECTED["every|AAA|5m"][:2],
        "every|AAA|1h": EXPECTED["every|AAA|1h"],
        "styled|AAA|1h": EXPECTED["styled|AAA|1h"],
        "named|AAA|1m": EXPECTED["named|AAA|1m"][:2],
    }
