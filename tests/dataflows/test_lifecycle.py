"""Lifecycle as data, on a live flow: every command takes effect at its bar and is acknowledged."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from confluent_kafka import Message

from dataflows.brokers.broker import Broker
from dataflows.live import Live
from schemas import topics
from schemas.dead_letter import DeadLetter, Reason
from schemas.lifecycle import DesiredState, State, StrategyStatus, StrategyVersion
from schemas.signal import Signal
from tests.dataflows.deployment import Deployment, minute, replayed, swing, version, wait_until, walk, wanted

FAST = swing("fast")
ROWS = walk(120, symbols=["AAA"])
SERIES = "fast|AAA|1m"


def statuses(deployment: Deployment) -> list[StrategyStatus]:
    return deployment.records(topics.STATUS, StrategyStatus)


def acknowledged(deployment: Deployment, command: str) -> StrategyStatus:
    """The answer of the running instance to a command."""
    (found,) = [one for one in statuses(deployment) if one.key == SERIES and one.command == command]
    return found


class Feed:
    """Candles of one symbol to a live flow, bar by bar, each taken before the next thing happens."""

    def __init__(self, deployment: Deployment, live: Live) -> None:
        self._deployment, self._live, self.bar = deployment, live, 0

    def until(self, bar: int) -> None:
        self._deployment.candles(ROWS[self.bar : bar])
        self.bar = bar
        wait_until(lambda: self._live.tally.candles == bar)

    def command(self, *records: StrategyVersion | DesiredState) -> None:
        """Send commands, and wait until the control source has answered each."""
        before = self._answers()
        self._deployment.command(*records)
        wait_until(lambda: self._answers() == before + len(records))

    def _answers(self) -> int:
        return sum(one.symbol is None for one in statuses(self._deployment))


def test_each_command_takes_effect_at_its_bar_and_is_acknowledged(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """The bar is named by ``effective_from``, so that it is the same however fast command and candles travel."""
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    calm = version(swing("fast", 30, 70), 2)
    plan: Sequence[tuple[int, State, DesiredState]] = [
        (10, State.RUNNING, wanted("fast", command="start", effective_from=minute(10))),
        (30, State.PAUSED, wanted("fast", "paused", command="pause", effective_from=minute(30))),
        (40, State.RUNNING, wanted("fast", command="resume", effective_from=minute(40))),
        (60, State.RUNNING, wanted("fast", command="restart", generation=1, effective_from=minute(60))),
        (75, State.RUNNING, wanted("fast", command="update", version=2, generation=1, effective_from=minute(75))),
        (100, State.STOPPED, wanted("fast", "stopped", command="stop", version=2, effective_from=minute(100))),
    ]
    with deployment.running() as live:
        feed = Feed(deployment, live)
        feed.command(version(FAST), calm)
        for bar, _, command in plan:
            feed.until(bar - 5)
            feed.command(command)
        feed.until(len(ROWS))
    for bar, state, command in plan:
        answer = acknowledged(deployment, command.command)
        assert (answer.state, answer.effective_bar) == (state, minute(bar))
        assert (answer.version, answer.generation) == (command.version, command.generation)
    signals = deployment.records(topics.SIGNALS, Signal)
    bars = [round((one.open_time - minute(0)).total_seconds() / 60) for one in signals]
    assert not [bar for bar in bars if bar < 10 or 30 <= bar < 40 or bar > 100]
    assert {one.version for one, bar in zip(signals, bars, strict=True) if bar < 75} == {1}
    assert {one.version for one in signals if one.rule != "lifecycle.stop" and one.open_time >= minute(75)} <= {2}
    assert {one.version for one in signals} == {1, 2}


def test_a_command_without_a_time_takes_effect_at_the_next_candle(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path, partitions=1).create()
    deployment.command(version(FAST), wanted("fast"))
    with deployment.running() as live:
        feed = Feed(deployment, live)
        feed.until(20)
        deployment.command(wanted("fast", "paused", command="pause"))
        bar = 20
        while not [one for one in statuses(deployment) if one.command == "pause" and one.key == SERIES]:
            bar += 1
            feed.until(bar)
    first, pause = acknowledged(deployment, "start"), acknowledged(deployment, "pause")
    assert first.effective_bar == minute(0)
    assert pause.effective_bar is not None
    assert minute(20) <= pause.effective_bar <= minute(bar - 1)
    assert all(one.open_time < pause.effective_bar for one in deployment.records(topics.SIGNALS, Signal))


def test_a_worker_started_later_reads_all_of_control_before_its_first_candle(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    deployment.candles(ROWS)  # the candles were there first
    others = [version(swing(f"other{number}")) for number in range(600)]  # more than one read of the log brings
    deployment.command(*others, version(FAST), wanted("fast"))
    deployment.run()
    assert acknowledged(deployment, "start").effective_bar == minute(0)
    assert deployment.signals() == replayed(ROWS, [FAST], tmp_path)


def test_what_cannot_be_carried_out_is_refused_with_the_reason(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    deployment.candles(ROWS)
    deployment.command(
        version(FAST),
        version(swing("fast", 20, 80)),
        wanted("fastt", command="misspelt"),
        wanted("fast", command="future", version=9),
        wanted("fast"),
    )
    deployment.run()
    answers = [one for one in statuses(deployment) if one.symbol is None]
    refused = {one.command: one.reason for one in answers if one.state is State.REFUSED}
    assert refused == {
        None: "version 1 exists with other contents: a version is immutable",
        "misspelt": "there is no strategy 'fastt' (did you mean \"fast\"?)",
        "future": "strategy 'fast' has no version 9, it has 1",
    }
    assert [one.command for one in answers if one.state is State.ACCEPTED] == [None, "start"]
    assert deployment.signals() == replayed(ROWS, [FAST], tmp_path)


def test_an_unreadable_control_record_is_one_dead_letter_and_the_rest_goes_on(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    deployment.candles(ROWS)
    deployment.command(version(FAST))
    deployment.produce(topics.CONTROL, [(b"fast", b"garbage")])
    deployment.produce(topics.CONTROL, [(b"gone@1", None)])  # a tombstone is compaction's own affair
    deployment.command(wanted("fast"))
    tally = deployment.run()
    assert deployment.run().dead_letters == 0
    (letter,) = deployment.records(topics.DEAD_LETTER, DeadLetter)
    assert (letter.reason, letter.value, letter.record_key) == (Reason.UNKNOWN_FORMAT, b"garbage", b"fast")
    assert (letter.topic, letter.partition, letter.offset) == (deployment.name(topics.CONTROL), 0, 1)
    assert tally.dead_letters == 1
    assert deployment.signals() == replayed(ROWS, [FAST], tmp_path)


def latest(messages: Sequence[Message]) -> dict[bytes | None, bytes | None]:
    """What compaction leaves: the last record of each key."""
    return {message.key(): message.value() for message in messages}


@pytest.mark.kafka
def test_compaction_leaves_an_acknowledgement_for_every_series(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """Why the key of a running instance's status is the series: by strategy alone, one series' answer would be left."""
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    rows = walk(20)
    deployment.candles(rows)
    deployment.command(version(FAST), wanted("fast"))
    deployment.run()
    left = [
        deployment.codec.decode(value, StrategyStatus)
        for value in latest(deployment.messages(topics.STATUS)).values()
        if value is not None
    ]
    running = {one.symbol for one in left if one.state is State.RUNNING}
    assert running == {"AAA", "BBB", "CCC"}
    by_strategy = {one.strategy: one.symbol for one in left}
    assert len(by_strategy) == 1
