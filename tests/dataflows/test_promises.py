"""An acknowledgement is a promise: whole runs on Apache Kafka whose snapshots are lost, old, or of a release before."""

import shutil
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from dataflows.brokers.broker import Broker
from dataflows.errors import RecoveryRefused
from dataflows.kafka.placements import Claimed, Journal, Placements, read_placements
from dataflows.kafka.source import CandlePart
from dataflows.kafka.source_state import PartState
from dataflows.live import Live
from schemas import topics
from schemas.lifecycle import State, StrategyStatus
from tests.dataflows.deployment import Deployment, minute, swing, version, wait_until, walk, wanted

pytestmark = pytest.mark.kafka

FAST = swing("fast")
ROWS = walk(120, symbols=["AAA", "BBB"])
OUTPUTS = (
    topics.SIGNALS,
    topics.STATUS,
    topics.ALERTS,
    topics.DEAD_LETTER,
    topics.POSITIONS,
    topics.METRICS,
    topics.EQUITY,
    topics.EXECUTIONS,
)

Written = dict[tuple[str, bytes | None], list[bytes | None]]


def written(deployment: Deployment) -> Written:
    """Every record of every output topic, in order by topic and key."""
    found: Written = defaultdict(list)
    for topic in OUTPUTS:
        for message in deployment.messages(topic):
            found[topic.name, message.key()].append(message.value())
    return dict(found)


def acknowledged(deployment: Deployment, command: str) -> dict[str, datetime | None]:
    """By series: the bar from which a command holds."""
    statuses = deployment.records(topics.STATUS, StrategyStatus)
    return {one.key: one.effective_bar for one in statuses if one.command == command and one.symbol is not None}


def deployed(broker: Broker, prefix: str, folder: Path) -> Deployment:
    deployment = Deployment(broker, prefix, folder).create()
    deployment.command(version(FAST), wanted("fast"))
    return deployment


def feed(deployment: Deployment, first: int, end: int) -> None:
    deployment.candles(ROWS[first * 2 : end * 2])


def command_while_candles_flow(deployment: Deployment, begin: int, end: int) -> None:
    """A pause without a time, sent to a worker that runs, and candles until both symbols have heard of it."""
    with deployment.running() as live:
        bar = begin

        def until(more: int, live: Live = live) -> None:
            nonlocal bar
            feed(deployment, bar, bar + more)
            bar += more
            wait_until(lambda: live.tally.candles == (bar - begin) * 2)

        until(10)
        deployment.command(wanted("fast", "paused", command="pause"))
        while len(acknowledged(deployment, "pause")) < 2:
            until(1)
        deployment.command(wanted("fast", command="resume"))
        until(5)
        while len(acknowledged(deployment, "resume")) < 2:
            until(1)
        until(end - bar)


@pytest.fixture
def flowed(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> Deployment:
    """Candles to bar 100: to 30 with a snapshot that is kept aside in ``kept``, the rest with commands as they flow."""
    deployment = deployed(apache_kafka, topic_prefix, tmp_path)
    feed(deployment, 0, 30)
    deployment.run()
    shutil.copytree(tmp_path / "recovery", tmp_path / "kept")
    command_while_candles_flow(deployment, 30, 100)
    return deployment


def crashed(deployment: Deployment) -> None:
    """Everything since the snapshot at bar 30 is lost but for what reached the broker."""
    shutil.rmtree(deployment.folder / "recovery")
    shutil.copytree(deployment.folder / "kept", deployment.folder / "recovery")


def test_what_was_acknowledged_holds_when_every_snapshot_since_is_lost(flowed: Deployment) -> None:
    before = written(flowed)
    for _ in range(2):  # and once more, after a crash in that run
        crashed(flowed)
        assert flowed.run().candles == 70 * 2
        assert written(flowed) == before
    bars = acknowledged(flowed, "pause")
    assert sorted(bars) == ["fast|AAA|1m", "fast|BBB|1m"]
    assert all(bar is not None and bar >= minute(40) for bar in bars.values())


def test_a_rebuild_from_nothing_gives_what_is_there(
    flowed: Deployment, apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    before = written(flowed)
    anew = Deployment(apache_kafka, topic_prefix, tmp_path, recovery_dir=tmp_path / "anew")
    assert anew.run().candles == 100 * 2
    assert written(anew) == before
    feed(anew, 100, 120)
    anew.run()
    after = written(anew)
    assert {key: found[: len(before[key])] for key, found in after.items() if key in before} == before
    assert sum(map(len, after.values())) > sum(map(len, before.values()))


def test_a_command_sent_after_a_crash_holds_from_the_first_candle_that_nobody_can_have_worked(
    flowed: Deployment,
) -> None:
    before = written(flowed)
    crashed(flowed)
    flowed.command(wanted("fast", "stopped", command="stop"))
    flowed.run()
    feed(flowed, 100, 120)
    flowed.run()
    assert acknowledged(flowed, "stop") == {"fast|AAA|1m": minute(100), "fast|BBB|1m": minute(100)}
    assert {key: found[: len(before[key])] for key, found in written(flowed).items() if key in before} == before


def test_a_command_with_a_time_sent_while_nobody_works_holds_from_its_time(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """Equal to a run that never stopped, for which it came in good time."""
    down = deployed(apache_kafka, topic_prefix, tmp_path)
    up = deployed(apache_kafka, f"{topic_prefix}up.", tmp_path / "up")
    stop = wanted("fast", "paused", command="pause", effective_from=minute(70))
    for deployment in (down, up):
        feed(deployment, 0, 30)
        deployment.run()
    shutil.copytree(tmp_path / "recovery", tmp_path / "kept")
    feed(down, 30, 60)
    down.run()
    crashed(down)
    feed(down, 60, 100)
    down.command(stop)
    down.run()
    up.command(stop)
    feed(up, 30, 100)
    up.run()
    assert acknowledged(down, "pause") == {"fast|AAA|1m": minute(70), "fast|BBB|1m": minute(70)}
    assert written(down) == written(up)


def test_after_a_clean_end_a_command_takes_effect_at_the_next_candle(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = deployed(apache_kafka, topic_prefix, tmp_path)
    with deployment.running() as live:
        feed(deployment, 0, 30)
        wait_until(lambda: live.tally.candles == 60)
    feed(deployment, 30, 60)
    deployment.command(wanted("fast", "paused", command="pause"))
    deployment.run()
    assert acknowledged(deployment, "pause") == {"fast|AAA|1m": minute(30), "fast|BBB|1m": minute(30)}


def test_a_store_of_the_release_before_is_gone_on_from(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was made by parts whose state had three fields, and there was no journal beside it."""
    deployment = deployed(apache_kafka, topic_prefix, tmp_path)
    feed(deployment, 0, 60)
    snapshot = CandlePart.snapshot

    def as_then(part: CandlePart) -> dict[str, Any]:
        state: PartState = snapshot(part)
        return {"schema_version": 1, **{name: state[name] for name in ("candles", "control", "symbols")}}

    with monkeypatch.context() as patched:
        patched.setattr(CandlePart, "snapshot", as_then)
        patched.setattr(Journal, "write", lambda *_: None)
        patched.setattr("dataflows.kafka.source.claim_run", lambda *_, **__: Claimed(1, Placements()))
        deployment.run()
    topic = deployment.name(topics.PLACEMENTS)
    assert deployment.messages(topics.PLACEMENTS) == []
    before = written(deployment)
    deployment.command(wanted("fast", "paused", command="pause"))
    feed(deployment, 60, 90)
    assert deployment.run().candles == 60
    assert acknowledged(deployment, "pause") == {}  # for what it knows, all of these may have been worked
    feed(deployment, 90, 100)
    deployment.run()
    assert acknowledged(deployment, "pause") == {"fast|AAA|1m": minute(90), "fast|BBB|1m": minute(90)}
    after = written(deployment)
    assert {key: found[: len(before[key])] for key, found in after.items() if key in before} == before
    journal = read_placements(deployment.config, topic, deployment.codec)
    assert {number: (run.number, run.began) for number, run in journal.runs.items()} == {0: (2, 0), 1: (2, 0)}
    anew = Deployment(apache_kafka, topic_prefix, tmp_path, recovery_dir=tmp_path / "anew")
    assert anew.run().candles == 200
    assert written(anew) == after


def test_the_worker_makes_the_journal_where_it_is_missing(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create(without=[topics.PLACEMENTS])
    deployment.command(version(FAST), wanted("fast"))
    feed(deployment, 0, 10)
    deployment.run()
    name = deployment.name(topics.PLACEMENTS)
    admin = AdminClient({**deployment.config, "log_level": 0})
    resource = ConfigResource(ResourceType.TOPIC, name)
    assert len(admin.list_topics(timeout=10).topics[name].partitions) == 1
    assert admin.describe_configs([resource])[resource].result(10)["cleanup.policy"].value == "compact"
    assert sorted(read_placements(deployment.config, name, deployment.codec).runs) == [0, 1]
    running = [one for one in deployment.records(topics.STATUS, StrategyStatus) if one.state is State.RUNNING]
    assert len(running) == 2


def test_a_topic_made_anew_under_the_same_name_is_refused(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = deployed(apache_kafka, topic_prefix, tmp_path)
    feed(deployment, 0, 20)
    deployment.run()
    admin = AdminClient({**deployment.config, "log_level": 0})
    name = deployment.name(topics.CANDLES)
    admin.delete_topics([name])[name].result(20)
    wait_until(lambda: name not in admin.list_topics(timeout=10).topics)
    others = [spec for spec in topics.ALL_TOPICS if spec is not topics.CANDLES]
    deployment.create(without=others)
    feed(deployment, 0, 40)
    with pytest.raises(RecoveryRefused, match=r"made with the topic .*candles of id .*was deleted and made anew"):
        deployment.run()
