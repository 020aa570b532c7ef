"""What a run finds at its start: refused in words with the ways out, gone on from, or made."""

import json
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from dataflows.brokers.broker import Broker
from dataflows.errors import RecoveryBusy, RecoveryRefused
from dataflows.recovery.inspection import inspect
from dataflows.recovery.lock import holder
from dataflows.recovery.manifest import Begun, read_manifest
from dataflows.recovery.store import Prepared, prepare
from dataflows.settings import Settings
from dataflows.start import Start
from schemas import topics
from tests.dataflows.deployment import Deployment, swing, version, walk, wanted

pytestmark = pytest.mark.kafka

ROWS = walk(100)


@pytest.fixture
def deployment(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> Deployment:
    made = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    made.command(version(swing("fast")), wanted("fast"))
    made.candles(ROWS)
    return made


def store_of(settings: Settings) -> Path:
    assert settings.recovery_dir is not None
    return settings.recovery_dir


def refused(settings: Settings, start: Start = Start.RESUME, workers: int = 1) -> str:
    """The text of the refusal."""
    with pytest.raises(RecoveryRefused) as error, prepare(settings, workers, start):
        pytest.fail("not refused")
    return str(error.value)


def prepared(settings: Settings, start: Start = Start.RESUME, workers: int = 1) -> Prepared:
    with prepare(settings, workers, start) as ready:
        return ready


def worked(deployment: Deployment) -> None:
    """A run to the topics' ends, as `candelabra run --once` does it."""
    with prepare(deployment.settings, 1, Start.RESUME):
        deployment.run()


def changed(deployment: Deployment, **settings: object) -> Settings:
    return deployment.settings.model_copy(update=settings)


def remove_before(deployment: Deployment, offset: int) -> None:
    places = [TopicPartition(deployment.name(topics.CANDLES), number, offset) for number in range(2)]
    admin = AdminClient({**deployment.config, "log_level": 0})
    for removed in admin.delete_records(places).values():
        removed.result(20)


def test_a_first_start_makes_a_store_that_says_what_it_is_for(deployment: Deployment) -> None:
    folder = store_of(deployment.settings)
    assert prepared(deployment.settings, workers=2).notes == ()
    manifest = read_manifest(folder)
    assert manifest is not None
    assert (manifest.prefix, manifest.partitions, manifest.begun) == (deployment.settings.topic_prefix, 2, Begun.FIRST)
    assert manifest.cluster
    assert manifest.parameters["history_bars"] == deployment.settings.history_bars
    found = inspect(folder)
    assert (found.faults, found.is_new) == ((), False)
    assert {one.store for one in found.partitions} == {manifest.store}


def test_it_is_gone_on_from_and_locked_meanwhile(deployment: Deployment) -> None:
    worked(deployment)
    with prepare(deployment.settings, 2, Start.RESUME) as ready:
        assert ready.notes == ()
        assert len(ready.fds) == 1
        with pytest.raises(RecoveryBusy, match="runs on it"), prepare(deployment.settings, 1, Start.RESUME):
            pytest.fail("two at once")
    assert holder(store_of(deployment.settings)) == ()


def test_a_lost_store_is_refused_with_the_rebuild_as_way_out(deployment: Deployment, tmp_path: Path) -> None:
    worked(deployment)
    lost = changed(deployment, recovery_dir=tmp_path / "new")
    text = refused(lost)
    assert "there is none" in text
    assert "says that this deployment has worked candles before (run 1)" in text
    assert "`candelabra run --rebuild`" in text
    assert not list((tmp_path / "new").glob("*.sqlite3")), "nothing was made"
    notes = prepared(lost, Start.REBUILD).notes
    assert notes == ("every candle is worked again from the first; what is on the output topics is not repeated",)
    manifest = read_manifest(tmp_path / "new")
    assert manifest is not None
    assert manifest.begun is Begun.REBUILD


def test_a_rebuild_sets_the_old_store_aside_whole(deployment: Deployment) -> None:
    worked(deployment)
    folder = store_of(deployment.settings)
    before = inspect(folder)
    first, _ = prepared(deployment.settings, Start.REBUILD).notes
    assert first == f"the store of before is in {folder / 'set-aside-1'}: delete it when it is not needed any more"
    assert inspect(folder / "set-aside-1").epoch == before.epoch > 1
    assert inspect(folder).epoch == 1
    assert prepared(deployment.settings, Start.COLD).notes[0].startswith(f"the store of before is in {folder}")
    assert (folder / "set-aside-2" / "candelabra.json").exists()


def test_damage_is_refused_before_anything_runs(deployment: Deployment) -> None:
    worked(deployment)
    (store_of(deployment.settings) / "part-1.sqlite3").unlink()
    text = refused(deployment.settings)
    assert "part-1.sqlite3 is missing: expected 2 partitions, found 1" in text
    assert "2. `candelabra run --rebuild`" in text
    prepared(deployment.settings, Start.REBUILD)
    assert inspect(store_of(deployment.settings)).faults == ()


def test_other_parameters_are_refused_by_name(deployment: Deployment) -> None:
    worked(deployment)
    other = changed(deployment, history_bars=512)
    text = refused(other)
    assert "made with other parameters: history_bars was 1024 and is 512 now" in text
    assert "1. run with those of then: CANDELABRA_HISTORY_BARS=1024" in text
    assert "CANDELABRA_TIMEFRAMES=5m,15m," in text
    assert "--rebuild" not in text
    text = refused(other, Start.REBUILD)
    assert "the settings differ from the last run's: history_bars was 1024 and is 512 now" in text
    assert inspect(store_of(other)).epoch > 1, "it was not set aside"
    assert "it is not promised" in prepared(other, Start.COLD).notes[-1]
    assert prepared(other).notes == ()


def test_a_rebuild_is_refused_where_the_first_candles_are_gone(deployment: Deployment, tmp_path: Path) -> None:
    worked(deployment)
    remove_before(deployment, 20)
    lost = changed(deployment, recovery_dir=tmp_path / "new")
    why = r"the first candles are gone: .*candles[0] was worked from offset 0, and the oldest that is left is 20"
    for start in (Start.RESUME, Start.REBUILD):
        text = refused(lost, start)
        assert why.replace(".*", deployment.settings.topic_prefix) in text
        assert "`candelabra run --cold`" in text
        assert "`candelabra run --rebuild`:" not in text
    prepared(lost, Start.COLD)
    assert inspect(tmp_path / "new").faults == ()


def test_another_prefix_and_another_cluster_are_refused(deployment: Deployment) -> None:
    worked(deployment)
    text = refused(changed(deployment, topic_prefix="other."))
    assert f"made for the topic prefix '{deployment.settings.topic_prefix}', expected 'other.'" in text
    path = store_of(deployment.settings) / "candelabra.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps({**manifest, "cluster": "elsewhere"}))
    text = refused(deployment.settings)
    assert "made on the Kafka cluster elsewhere, and" in text
    assert manifest["cluster"] in text


def test_more_workers_than_partitions_are_refused(deployment: Deployment) -> None:
    for _ in range(2):  # before there is a store, and when there is one
        text = refused(deployment.settings, workers=3)
        assert "expected at most 2 workers, got 3" in text
        assert "1. run with --workers 2 or fewer" in text
        worked(deployment)


def test_a_store_without_a_manifest_is_taken_over(deployment: Deployment) -> None:
    deployment.run()  # makes a store without questions, as every release before did
    folder = store_of(deployment.settings)
    epoch = inspect(folder).epoch
    assert prepared(deployment.settings).notes == (f"the recovery store {folder} is of an earlier release: taken over",)
    manifest = read_manifest(folder)
    assert manifest is not None
    assert (manifest.begun, manifest.partitions) == (Begun.ADOPTED, 2)
    assert inspect(folder).epoch == epoch
    assert prepared(deployment.settings).notes == ()


def test_a_partition_of_another_store_is_refused_by_its_mark(deployment: Deployment, tmp_path: Path) -> None:
    other = changed(deployment, recovery_dir=tmp_path / "other")
    prepared(deployment.settings)
    prepared(other)
    (store_of(other) / "part-0.sqlite3").replace(store_of(deployment.settings) / "part-0.sqlite3")
    text = refused(deployment.settings)
    assert "part-0.sqlite3 belongs to another store (its mark is" in text


def test_an_interrupted_making_is_made_again(deployment: Deployment) -> None:
    folder = store_of(deployment.settings)
    folder.mkdir()
    (folder / "part-0.sqlite3").write_bytes(b"")
    prepared(deployment.settings)
    assert inspect(folder).faults == ()
    assert read_manifest(folder) is not None


def test_without_a_directory_a_rebuild_is_looked_at_all_the_same(deployment: Deployment) -> None:
    worked(deployment)
    without = changed(deployment, recovery_dir=None)
    assert prepared(without, workers=9) == Prepared()
    assert "worked again from the first" in prepared(without, Start.REBUILD).notes[0]
    text = refused(changed(deployment, recovery_dir=None, history_bars=512), Start.REBUILD)
    assert "history_bars was 1024 and is 512 now" in text
