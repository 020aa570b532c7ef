"""Broken strategies on the control topic of a real broker: each is refused with its reason, and stops nothing."""

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from dataflows.brokers.broker import Broker
from dataflows.control_client import ControlClient
from schemas import topics
from schemas.avro.known import current_schema
from schemas.dead_letter import DeadLetter, Reason
from schemas.lifecycle import State, StrategyStatus, StrategyVersion
from schemas.problems import StrategyFileError
from schemas.strategy_file import load_strategy
from tests.dataflows.deployment import Deployment, replayed, swing, version, wait_until, walk, wanted
from tests.operators.strategy.broken_strategies import BROKEN, checked
from tests.schemas.avro_by_hand import NULL, long, single_object, string

FAST = swing("fast")
ROWS = walk(80)
PARTS = 4
SIZE = len(ROWS) // PARTS

MOST = 60_000
"""Bytes of a configuration that fit into a record of the control topic."""


class Sent(NamedTuple):
    """A broken strategy as it went to the topic, and what the answer has to contain."""

    strategy: str
    config: bytes
    told: tuple[str, ...]
    loads: bool

    @property
    def record(self) -> tuple[bytes, bytes]:
        """Key and value of its first version, by hand: no codec of ours would write it."""
        body = string(self.strategy) + long(1) + string(self.config) + string("") + NULL + string("") + NULL
        return f"{self.strategy}@1".encode(), single_object(current_schema(StrategyVersion).canonical, body)


def sent(number: int, content: bytes) -> Sent:
    """The file under an id of its own, where it has a usable one; what is wrong with it is what its check says."""
    strategy = f"broken_{number}"
    try:
        document = json.loads(content)
    except ValueError:
        document = {}
    if document and str(document.get("id", "none")).isidentifier():
        content = json.dumps({**document, "id": strategy}).encode()
    with pytest.raises(StrategyFileError) as refused:
        checked(content)
    if not content.isascii():  # what is no text at all is refused before anything reads it as a strategy
        return Sent(strategy, content, ("StrategyVersion holds text that is not UTF-8",), loads=False)
    first = refused.value.problems[0]
    try:
        load_strategy(content, origin=strategy)
    except StrategyFileError:
        return Sent(strategy, content, ("StrategyVersion.config", first.where, first.message[:100]), loads=False)
    return Sent(strategy, content, tuple(str(problem)[:100] for problem in refused.value.problems), loads=True)


SENT = [
    sent(number, one.content)
    for number, (name, one) in enumerate(BROKEN.items())
    if len(one.content) < MOST and not name.startswith("model in")  # of these a worker says first that no model runs
]


def statuses(deployment: Deployment) -> list[StrategyStatus]:
    return deployment.records(topics.STATUS, StrategyStatus)


def letters(deployment: Deployment) -> list[DeadLetter]:
    return deployment.records(topics.DEAD_LETTER, DeadLetter)


def assert_refused(deployment: Deployment, broken: list[Sent]) -> None:
    """Each has one answer that names what is wrong: a status where it is a strategy, else a dead letter."""
    refusals = {one.key: one.reason or "" for one in statuses(deployment) if one.state is State.REFUSED}
    dead = {one.record_key: one for one in letters(deployment)}
    for one in broken:
        key = one.record[0]
        if one.loads:
            assert key not in dead
            assert all(text in refusals[one.strategy] for text in one.told), (refusals[one.strategy], one.told)
        else:
            assert one.strategy not in refusals
            assert dead[key].reason is Reason.INVALID
            assert dead[key].value == one.record[1]
            assert all(text in dead[key].detail for text in one.told), (dead[key].detail, one.told)


def test_there_are_plenty_of_both_sorts() -> None:
    loads = [one.loads for one in SENT]
    assert loads.count(True) > 80
    assert loads.count(False) > 50


def test_each_is_refused_and_the_good_strategy_signals_as_without_them(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    half = len(SENT) // 2
    deployment.produce(topics.CONTROL, [one.record for one in SENT[:half]])
    deployment.command(version(FAST), wanted("fast"))
    deployment.produce(topics.CONTROL, [one.record for one in SENT[half:]])
    deployment.candles(ROWS)
    deployment.run()
    assert_refused(deployment, SENT)
    running = {one.key for one in statuses(deployment) if one.state is State.RUNNING}
    assert running == {f"fast|{symbol}|1m" for symbol in ("AAA", "BBB", "CCC")}
    assert deployment.signals() == replayed(ROWS, [FAST], tmp_path)
    assert {one.topic for one in letters(deployment)} == {deployment.name(topics.CONTROL)}


def test_they_come_while_candles_flow_and_stop_nothing(any_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    some = SENT[::8]
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    deployment.command(version(FAST), wanted("fast"))
    with deployment.running():
        wait_until(lambda: any(one.state is State.ACCEPTED for one in statuses(deployment)))
        for part in range(PARTS):
            deployment.candles(ROWS[part * SIZE : (part + 1) * SIZE])
            deployment.produce(topics.CONTROL, [one.record for one in some[part::PARTS]])
        wait_until(lambda: len(refused_or_dead(deployment)) >= len(some))
        expected = replayed(ROWS, [FAST], tmp_path)
        wait_until(lambda: len(deployment.signals()) >= len(expected))
    assert_refused(deployment, some)
    assert deployment.signals() == expected


def refused_or_dead(deployment: Deployment) -> set[object]:
    refused = {one.key for one in statuses(deployment) if one.state is State.REFUSED}
    return refused | {one.record_key for one in letters(deployment)}


def test_a_broken_second_version_leaves_the_first_running(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    content = b'{"id": "fast", "rules": {"entry": {"condition": "rsi_5 < 45 AND close[-1] > 1"}}}'
    broken = load_strategy(content, origin="broken.json")
    deployment.command(version(FAST), wanted("fast"))
    deployment.candles(ROWS[:120])
    deployment.command(version(broken, 2), wanted("fast", command="update", version=2))
    deployment.candles(ROWS[120:])
    deployment.run()
    refused = [one for one in statuses(deployment) if one.state is State.REFUSED]
    assert [(one.version, one.command) for one in refused] == [(2, None), (2, "update")]
    assert "signals.entry, character 22: a rule cannot look ahead" in (refused[0].reason or "")
    assert refused[1].reason == "strategy 'fast' has no version 2, it has 1"
    assert deployment.signals() == replayed(ROWS, [FAST], tmp_path)


def test_the_client_refuses_each_before_anything_is_sent(any_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    client = ControlClient(deployment.settings)
    client.deploy(FAST)
    before = len(deployment.messages(topics.CONTROL))
    for one in SENT:
        with pytest.raises(StrategyFileError) as refused:
            client.deploy(load_strategy(one.config, origin=one.strategy))
        assert not one.loads or all(text in str(refused.value) for text in one.told)
    update = load_strategy(b'{"id": "fast", "rules": {"entry": {"condition": "rsii < 45"}}}', origin="update.json")
    with pytest.raises(StrategyFileError, match='unknown name "rsii"'):
        client.update(update)
    assert len(deployment.messages(topics.CONTROL)) == before
    assert ControlClient(deployment.settings).strategies == ("fast",)


def test_candles_that_cannot_make_its_timeframe_quarantine_that_strategy_alone(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    content = b'{"id": "lower", "rules": {"entry": {"condition": "rsi_14@30s < 45 AND close@7m > 1"}}}'
    lower = load_strategy(content, origin="lower.json")
    deployment.command(version(FAST), wanted("fast"), version(lower), wanted("lower", command="start_lower"))
    deployment.candles(ROWS)
    deployment.run()
    quarantined = [one for one in statuses(deployment) if one.state is State.QUARANTINED]
    assert {one.key for one in quarantined} == {f"lower|{symbol}|1m" for symbol in ("AAA", "BBB", "CCC")}
    assert all("30s" in (one.reason or "") and "1m" in (one.reason or "") for one in quarantined)
    assert deployment.signals() == replayed(ROWS, [FAST], tmp_path)
