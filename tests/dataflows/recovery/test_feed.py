"""Topics that were made anew, and commands that compaction has removed, are noticed before anything is worked."""

from pathlib import Path

import pytest
from confluent_kafka import TopicPartition

from dataflows.brokers.broker import Broker
from dataflows.brokers.contact import admin_client
from dataflows.errors import RecoveryRefused
from dataflows.kafka.placements import Placements, read_placements
from dataflows.recovery.manifest import Begun, read_manifest
from dataflows.recovery.rebuild import why_no_rebuild
from dataflows.recovery.store import prepare
from dataflows.settings import Settings
from dataflows.start import Start
from schemas import topics
from schemas.placement import Placement
from schemas.signal import Signal
from tests.dataflows.deployment import Deployment, swing, version, wait_until, walk, wanted

pytestmark = pytest.mark.kafka

ROWS = walk(60)


def refused(settings: Settings, start: Start) -> str:
    """The text of the refusal."""
    with pytest.raises(RecoveryRefused) as error, prepare(settings, 1, start):
        pytest.fail("not refused")
    return str(error.value)


def worked(broker: Broker, prefix: str, folder: Path, control: str = "compact") -> Deployment:
    """A deployment that keeps no store, after a run; ``control`` is how that topic is cleaned up."""
    deployment = Deployment(broker, prefix, folder, recovery_dir=None).create(control={"cleanup.policy": control})
    deployment.command(version(swing("fast")), wanted("fast"))
    deployment.candles(ROWS[:90])
    run(deployment)
    return deployment


def run(deployment: Deployment, start: Start = Start.RESUME) -> None:
    with prepare(deployment.settings, 1, start):
        deployment.run()


def stored(deployment: Deployment, folder: Path) -> Settings:
    return deployment.settings.model_copy(update={"recovery_dir": folder / "new"})


def delete(deployment: Deployment, *specs: topics.TopicSpec) -> None:
    names = [deployment.name(spec) for spec in specs]
    admin = admin_client(deployment.config)
    for deleted in admin.delete_topics(names).values():
        deleted.result(20)
    wait_until(lambda: not set(names) & set(admin.list_topics(timeout=10).topics))


@pytest.mark.parametrize("anew", [topics.CONTROL, topics.CANDLES], ids=["control", "candles"])
def test_a_topic_made_anew_is_refused_without_a_store_and_begun_cold(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path, anew: topics.TopicSpec
) -> None:
    deployment = worked(apache_kafka, topic_prefix, tmp_path)
    run(deployment)
    delete(deployment, anew)
    others = [spec for spec in topics.ALL_TOPICS if spec is not anew]
    deployment.create(without=others)
    # Offsets as before, with other records on them: a version of another strategy where the command lay.
    deployment.command(version(swing("fast")), version(swing("slow")), wanted("slow"))
    deployment.candles(ROWS[90:] if anew is topics.CANDLES else [])
    assert "slow" not in {one.strategy for one in deployment.records(topics.SIGNALS, Signal)}
    told = f"made with the topic {deployment.name(anew)} of id "
    for settings in (deployment.settings, stored(deployment, tmp_path)):
        for start in (Start.RESUME, Start.REBUILD):
            text = refused(settings, start)
            assert told in text
            assert "was deleted and made anew, or this is another cluster" in text
            assert "`candelabra run --cold`: begins at the oldest candle" in text
    run(deployment, Start.COLD)
    assert "slow" in {one.strategy for one in deployment.records(topics.SIGNALS, Signal)}, "it ran on what was there"
    run(deployment)
    journal = read_placements(deployment.config, deployment.name(topics.PLACEMENTS), deployment.codec)
    (since,) = {one.since for one in journal.feeds.values()}
    assert since == 3
    assert {number: run.number for number, run in journal.runs.items()} == {0: 5, 1: 5}
    assert {one.run for placed in journal.placed.values() for one in placed} == {4}


def test_candles_made_anew_with_fewer_partitions_can_be_rebuilt_after_a_cold_start(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    before = worked(apache_kafka, topic_prefix, tmp_path)
    delete(before, topics.CANDLES)
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path, recovery_dir=None, partitions=1)
    deployment.create(without=[spec for spec in topics.ALL_TOPICS if spec is not topics.CANDLES])
    deployment.candles(ROWS[90:])
    run(deployment, Start.COLD)
    written = len(deployment.messages(topics.SIGNALS))
    with prepare(stored(deployment, tmp_path), 1, Start.REBUILD):
        manifest = read_manifest(tmp_path / "new")
    assert manifest is not None
    assert manifest.begun is Begun.COLD, "what the runs on the other topic have left there is not its own"
    run(deployment, Start.REBUILD)
    assert len(deployment.messages(topics.SIGNALS)) == written


def test_where_some_partitions_died_before_they_ever_began_a_rebuild_is_not_refused(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = worked(apache_kafka, topic_prefix, tmp_path)
    journal = read_placements(deployment.config, deployment.name(topics.PLACEMENTS), deployment.codec)
    assert why_no_rebuild(deployment.settings, Placements({0: journal.runs[0]}, journal.placed, journal.feeds)) is None
    unmarked = Placements({0: journal.runs[0]}, journal.placed)
    assert "has 2 partitions, and the runs so far were on 1" in str(why_no_rebuild(deployment.settings, unmarked))


def test_a_cold_start_on_the_same_topics_leaves_the_journal_alone(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = worked(apache_kafka, topic_prefix, tmp_path)
    before = deployment.records(topics.PLACEMENTS, Placement)
    with prepare(deployment.settings, 1, Start.COLD):
        assert deployment.records(topics.PLACEMENTS, Placement) == before


def test_a_rebuild_is_refused_where_commands_that_were_worked_are_gone(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = worked(apache_kafka, topic_prefix, tmp_path, control="delete")  # so that they can be removed
    with prepare(deployment.settings, 1, Start.REBUILD):
        pass  # nothing is gone yet
    first = TopicPartition(deployment.name(topics.CONTROL), 0, 1)
    admin = admin_client(deployment.config)
    for removed in admin.delete_records([first]).values():
        removed.result(20)
    place = f"{deployment.name(topics.CONTROL)}[0]"
    gone = f"commands are gone: 2 records of {place} from offset 0 to 1 were worked, and 1 is left"
    for settings in (deployment.settings, stored(deployment, tmp_path)):
        text = refused(settings, Start.REBUILD)
        assert gone in text
        assert "`candelabra run --cold`" in text
    assert gone in refused(stored(deployment, tmp_path), Start.RESUME), "a lost store is not to be rebuilt then"
