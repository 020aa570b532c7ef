"""Several who steer one strategy at once, on Apache Kafka: one is first, the others learn of it, nothing is lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest

from dataflows.brokers.broker import Broker
from dataflows.control_client import ControlClient, Sent, Signature
from dataflows.errors import CommandRefused
from schemas import topics
from schemas.lifecycle import NOTHING_YET, State, StrategyStatus
from schemas.strategy_file import parse_strategy
from tests.dataflows.control_writers import Interrupted, compacted
from tests.dataflows.deployment import Deployment, swing, version, walk, wanted

pytestmark = pytest.mark.kafka

NOON = datetime(2031, 1, 1, 12, tzinfo=UTC)
ADA, BOB = Signature("ada", "closer stop"), Signature("bob", "fewer trades")


@pytest.fixture
def deployment(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> Deployment:
    return Deployment(apache_kafka, topic_prefix, tmp_path).create()


@pytest.fixture
def deployed(deployment: Deployment) -> Deployment:
    """One strategy, whose first version runs."""
    client_of(deployment).deploy(swing("fast"), signature=ADA)
    return deployment


def client_of(deployment: Deployment) -> ControlClient:
    return ControlClient(deployment.settings, now=lambda: NOON)


def knowledge(deployment: Deployment, strategy: str = "fast") -> tuple[object, ...]:
    client = client_of(deployment)
    newest = client.wanted(strategy)
    return client.versions(strategy), newest.desired if newest else None


def test_a_version_says_who_made_it_when_why_and_from_which(deployed: Deployment) -> None:
    client_of(deployed).update(swing("fast", low=40), signature=BOB)
    first, second = client_of(deployed).versions("fast").values()
    assert (first.author, first.reason, first.created_at, first.based_on) == ("ada", "closer stop", NOON, None)
    assert (second.author, second.reason, second.created_at, second.based_on) == ("bob", "fewer trades", NOON, 1)
    go, up = client_of(deployed).commands("fast")
    assert (go.author, go.issued_at, go.expected_version, go.follows) == ("ada", NOON, NOTHING_YET, None)
    assert (up.author, up.reason, up.expected_version, up.follows) == ("bob", "fewer trades", 1, go.command)


def test_of_two_updates_from_one_version_the_second_is_refused_and_says_what_is_current(
    deployed: Deployment, apache_kafka: Broker, tmp_path: Path
) -> None:
    ada, bob = client_of(deployed), client_of(deployed)
    assert ada.update(swing("fast", low=40), signature=ADA).desired.version == 2
    with pytest.raises(
        CommandRefused,
        match=r"another command was quicker.*version 2 exists with other contents.*version 2 is current \(by ada\)",
    ):
        bob.update(swing("fast", low=35), signature=BOB)
    versions, newest = knowledge(deployed)
    assert isinstance(versions, dict)
    assert {number: one.config for number, one in versions.items()} == {1: swing("fast"), 2: swing("fast", low=40)}
    assert knowledge(compacted(deployed, apache_kafka, tmp_path)) == (versions, newest)


def test_an_update_refuses_to_follow_a_rollback_that_it_did_not_see(
    deployed: Deployment, apache_kafka: Broker, tmp_path: Path
) -> None:
    client_of(deployed).update(swing("fast", low=40))
    bob = client_of(deployed)
    client_of(deployed).rollback("fast", signature=ADA)
    with pytest.raises(CommandRefused, match=r"it was made from version 2; version 1 is current \(by ada\)"):
        bob.update(swing("fast", low=35))
    versions, newest = knowledge(deployed)
    assert isinstance(versions, dict)
    assert sorted(versions) == [1, 2]
    left, left_newest = knowledge(compacted(deployed, apache_kafka, tmp_path))
    assert isinstance(left, dict)
    assert {number: left[number] for number in versions} == versions
    assert left_newest == newest


def test_an_update_refuses_to_follow_a_rollback_that_came_between_its_version_and_its_command(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_of(deployed).update(swing("fast", low=40))
    ada = client_of(deployed)
    monkeypatch.setattr("dataflows.control_topic.Producer", Interrupted)
    monkeypatch.setattr(Interrupted, "after", lambda: ada.rollback("fast", 1, signature=ADA))
    with pytest.raises(CommandRefused, match=r"another command was quicker.*version 1 has become current"):
        client_of(deployed).update(swing("fast", low=35), signature=BOB)
    assert [one.version for one in client_of(deployed).commands("fast")] == [1, 2, 1]


def test_what_comes_while_somebody_mends_is_not_displaced_by_it(
    deployed: Deployment, apache_kafka: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed.command(wanted("fast", "stopped", command="late", expected_version=9))
    ada = client_of(deployed)
    monkeypatch.setattr("dataflows.control_topic.Producer", Interrupted)
    monkeypatch.setattr(Interrupted, "before", lambda: ada.want("fast", "paused", signature=ADA))
    assert client_of(deployed).rollback("fast", 1).unchanged  # mends only
    known = knowledge(deployed)
    assert client_of(deployed).commands("fast")[-1].author == "ada"
    assert knowledge(compacted(deployed, apache_kafka, tmp_path)) == known


def test_a_strategy_that_no_reader_would_take_is_refused_before_anything_is_sent(deployed: Deployment) -> None:
    short = ControlClient(deployed.settings.model_copy(update={"max_record_bytes": 1_024}))
    sent = len(deployed.messages(topics.CONTROL))
    long = parse_strategy({**swing("long").model_dump(mode="json"), "symbols": list(map(str, range(400)))}, origin="")
    with pytest.raises(CommandRefused, match=r"'long' is too long to send.*at most 1,024 bytes, got .*RECORD_BYTES"):
        short.deploy(long)
    assert len(deployed.messages(topics.CONTROL)) == sent


@pytest.mark.parametrize("same", [True, False], ids=["the same file", "files that differ"])
def test_of_many_at_once_exactly_one_makes_the_version(
    deployed: Deployment, apache_kafka: Broker, tmp_path: Path, *, same: bool
) -> None:
    together = Barrier(4)

    def update(number: int) -> Sent | CommandRefused:
        client = client_of(deployed)
        together.wait(30)
        try:
            return client.update(swing("fast", low=40 if same else 30 + number), signature=Signature(f"no {number}"))
        except CommandRefused as refused:
            return refused

    with ThreadPoolExecutor(4) as pool:
        ends = list(pool.map(update, range(4)))
    sent = [one for one in ends if isinstance(one, Sent)]
    assert len([one for one in sent if not one.unchanged]) == 1
    assert len(sent) == (4 if same else 1)
    assert {one.desired.version for one in sent} == {2}
    versions, newest = knowledge(deployed)
    assert isinstance(versions, dict)
    assert sorted(versions) == [1, 2]
    assert knowledge(compacted(deployed, apache_kafka, tmp_path)) == (versions, newest)


def test_a_pause_that_an_update_did_not_see_is_kept_by_it(deployed: Deployment) -> None:
    updating = client_of(deployed)
    client_of(deployed).want("fast", "paused")
    assert updating.update(swing("fast", low=40)).desired.state == "paused"
    assert [one.state for one in client_of(deployed).commands("fast")] == ["running", "paused", "paused"]


def test_a_pause_that_did_not_see_an_update_pauses_the_new_version(deployed: Deployment) -> None:
    pausing = client_of(deployed)
    client_of(deployed).update(swing("fast", low=40))
    paused = pausing.want("fast", "paused").desired
    assert (paused.version, paused.state) == (2, "paused")


def test_a_resume_that_did_not_see_a_stop_does_not_begin_anew(deployed: Deployment) -> None:
    client_of(deployed).want("fast", "paused")
    resuming = client_of(deployed)
    client_of(deployed).want("fast", "stopped")
    with pytest.raises(CommandRefused, match="is stopped, not paused"):
        resuming.resume("fast")


def test_what_is_expected_is_checked_before_anything_is_sent(deployed: Deployment) -> None:
    client_of(deployed).update(swing("fast", low=40), expect=1, signature=ADA)
    sent = len(deployed.messages(topics.CONTROL))
    with pytest.raises(
        CommandRefused, match=r"you expect version 1 of strategy 'fast', and version 2 is current \(by ada\)"
    ):
        client_of(deployed).update(swing("fast", low=35), expect=1)
    assert len(deployed.messages(topics.CONTROL)) == sent


@pytest.mark.parametrize("to", [None, 1])
def test_a_rollback_makes_no_version_and_can_be_taken_back(deployed: Deployment, to: int | None) -> None:
    client_of(deployed).update(swing("fast", low=40))
    client_of(deployed).want("fast", "paused")
    back = client_of(deployed).rollback("fast", to, signature=BOB).desired
    assert (back.version, back.state, back.expected_version, back.author) == (1, "paused", 2, "bob")
    assert sorted(client_of(deployed).versions("fast")) == [1, 2]
    assert client_of(deployed).rollback("fast").desired.version == 2


def test_a_rollback_to_nowhere_is_refused(deployed: Deployment) -> None:
    with pytest.raises(CommandRefused, match="no version is known to have been current before version 1"):
        client_of(deployed).rollback("fast")
    with pytest.raises(CommandRefused, match="has no version 7, it has 1"):
        client_of(deployed).rollback("fast", 7)
    assert client_of(deployed).rollback("fast", 1).unchanged


def test_an_old_file_is_no_new_version(deployed: Deployment) -> None:
    client_of(deployed).update(swing("fast", low=40))
    with pytest.raises(CommandRefused, match=r"is version 1 .*version 2 is current: use .*rollback fast --to 1"):
        client_of(deployed).deploy(swing("fast"))
    assert client_of(deployed).update(swing("fast")).desired.version == 1
    assert sorted(client_of(deployed).versions("fast")) == [1, 2]


def test_workers_refuse_what_is_stale_and_take_a_repeat_for_what_it_is(deployed: Deployment) -> None:
    client_of(deployed).update(swing("fast", low=40), signature=ADA)
    deployed.candles(walk(20))
    deployed.run()
    stale = version(swing("fast", low=35), 3).model_copy(update={"based_on": 1})
    repeated = deployed.messages(topics.CONTROL)[1]
    deployed.command(stale, wanted("fast", "paused", command="late", expected_version=1))
    deployed.produce(topics.CONTROL, [(repeated.key(), repeated.value())])
    deployed.run()
    answers = [one for one in deployed.records(topics.STATUS, StrategyStatus) if one.symbol is None]
    assert [(one.state, one.version, one.reason) for one in answers[-3:]] == [
        (State.REFUSED, 3, "it was made from version 1; version 2 is current (by ada)"),
        (State.REFUSED, 1, "it was meant for version 1; version 2 is current (by ada)"),
        (State.ACCEPTED, 1, "running is wanted"),
    ]
    instances = [one for one in deployed.records(topics.STATUS, StrategyStatus) if one.symbol is not None]
    assert {one.version for one in instances} == {2}


def test_the_next_who_writes_mends_what_a_foreign_record_displaced(
    deployed: Deployment, apache_kafka: Broker, tmp_path: Path
) -> None:
    deployed.command(version(swing("fast", low=20)), wanted("fast", "stopped", command="late", expected_version=9))
    client_of(deployed).rollback("fast", 1)  # writes nothing of its own
    known = knowledge(deployed)
    assert knowledge(compacted(deployed, apache_kafka, tmp_path)) == known
    versions, newest = known
    assert isinstance(versions, dict)
    assert versions[1].config == swing("fast")
    assert newest is not None


def test_two_first_deployments_with_one_id_do_not_mix(deployment: Deployment) -> None:
    ada, bob = client_of(deployment), client_of(deployment)
    ada.deploy(swing("fast"), signature=ADA)
    with pytest.raises(CommandRefused, match=r"version 1 exists with other contents"):
        bob.deploy(swing("fast", low=40), signature=BOB)
    late = client_of(deployment)
    assert late.deploy(swing("fast")).unchanged
    assert [one.author for one in late.commands("fast")] == ["ada"]
