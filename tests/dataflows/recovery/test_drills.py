"""What the refusals name as ways out leads to the output that there would have been: the same bytes for every key."""

import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from dataflows.brokers.broker import Broker
from dataflows.errors import OffsetLost, RecoveryRefused
from dataflows.recovery.backup import back_up
from dataflows.recovery.inspection import inspect
from dataflows.recovery.store import prepare
from dataflows.start import Start
from schemas import topics
from schemas.lifecycle import DesiredState
from tests.dataflows.deployment import Deployment, minute, swing, version, wait_until, walk, wanted

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

ROWS = walk(300)
OUTPUTS = (
    topics.SIGNALS,
    topics.COMPOSITES,
    topics.LATE_SIGNALS,
    topics.STATUS,
    topics.ALERTS,
    topics.DEAD_LETTER,
    topics.POSITIONS,
    topics.METRICS,
    topics.EQUITY,
    topics.EXECUTIONS,
)
FIRST = (version(swing("fast")), version(swing("slow", 35, 65)), version(swing("late", 40, 60)))
Sequences = dict[tuple[str, bytes | None], list[bytes | None]]


def output(deployment: Deployment) -> Sequences:
    """Of every output topic what each key got, in order."""
    found: Sequences = {}
    for topic in OUTPUTS:
        for message in deployment.messages(topic):
            found.setdefault((topic.name, message.key()), []).append(message.value())
    return found


def run(deployment: Deployment, start: Start = Start.RESUME) -> None:
    with prepare(deployment.settings, 1, start):
        deployment.run()


def refused(deployment: Deployment, start: Start = Start.RESUME) -> str:
    with pytest.raises(RecoveryRefused) as error, prepare(deployment.settings, 1, start):
        pytest.fail("not refused")
    return str(error.value)


TIMED = wanted("fast", "running", "resume", effective_from=minute(230))
UNTIMED = wanted("slow", "running", "resume")


def worked(
    broker: Broker,
    prefix: str,
    folder: Path,
    between: Callable[[Deployment], None],
    last: Sequence[DesiredState] = (UNTIMED, TIMED),
) -> Deployment:
    """Three stretches of candles with commands between them, and something that happens before the third run.

    Two strategies start at once and one from a minute on; one is paused and resumed without a time, so before whichever
    candle it comes to, and one at a time.
    """
    deployment = Deployment(broker, prefix, folder).create()
    deployment.command(*FIRST, wanted("fast"), wanted("slow"), wanted("late", effective_from=minute(60)))
    deployment.candles(ROWS[:300])
    run(deployment)
    deployment.command(wanted("slow", "paused", "pause"), wanted("fast", "paused", "pause", effective_from=minute(170)))
    deployment.candles(ROWS[300:600])
    run(deployment)
    between(deployment)
    deployment.command(*last)
    deployment.candles(ROWS[600:])
    run(deployment)
    return deployment


@pytest.fixture(scope="module")
def expected(apache_kafka: Broker, tmp_path_factory: pytest.TempPathFactory) -> Sequences:
    """What comes out where nothing happens."""
    folder = tmp_path_factory.mktemp("expected")
    found = output(worked(apache_kafka, f"test-{folder.parent.name}-{folder.name}.", folder, lambda _: None))
    assert sum(len(values) for (topic, _), values in found.items() if topic == "signals") > 100
    assert not [topic for topic, _ in found if topic == "dead-letter"]
    assert len(found["status", b"slow|AAA|1m"]) == 3, "running, paused, running"
    return found


def folder_of(deployment: Deployment) -> Path:
    assert deployment.settings.recovery_dir is not None
    return deployment.settings.recovery_dir


def lost(deployment: Deployment) -> None:
    shutil.rmtree(folder_of(deployment))


def one_lost(deployment: Deployment) -> None:
    (folder_of(deployment) / "part-1.sqlite3").unlink()


def spoilt(deployment: Deployment) -> None:
    path = folder_of(deployment) / "part-0.sqlite3"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] + b"\xab" * (len(content) - len(content) // 2))


HARMS = {
    "lost": (lost, "there is none, and the topic"),
    "one file lost": (one_lost, "part-1.sqlite3 is missing: expected 2 partitions, found 1"),
    "spoilt": (spoilt, "part-0.sqlite3 is corrupt"),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_rebuild_after_harm_gives_the_same_output(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path, expected: Sequences, harm: str
) -> None:
    done, said = HARMS[harm]

    def happens(deployment: Deployment) -> None:
        before = output(deployment)
        done(deployment)
        text = refused(deployment)
        assert said in text
        assert "`candelabra run --rebuild`" in text
        run(deployment, Start.REBUILD)
        assert output(deployment) == before, "nothing is repeated, and nothing else is written"

    assert output(worked(apache_kafka, topic_prefix, tmp_path, happens)) == expected


def test_a_rebuild_with_candles_to_come_gives_the_same_output(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    def happens(deployment: Deployment) -> None:
        lost(deployment)
        with prepare(deployment.settings, 1, Start.REBUILD):
            pass  # the run that follows begins it: commands and candles of later come to it in the same go

    # One without a time could not be told from one that came before the loss: it would go to the end of the candles.
    calm = worked(apache_kafka, f"{topic_prefix}calm.", tmp_path / "calm", lambda _: None, [TIMED])
    assert output(worked(apache_kafka, topic_prefix, tmp_path / "lost", happens, [TIMED])) == output(calm)


def put_back(copy: Path, folder: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)


def test_a_copy_of_the_directory_taken_while_nothing_runs_can_be_put_back(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    calm = Deployment(apache_kafka, f"{topic_prefix}calm.", tmp_path / "calm").create()
    disturbed = Deployment(apache_kafka, topic_prefix, tmp_path / "disturbed").create()
    copy = tmp_path / "copy"
    for deployment in (calm, disturbed):
        deployment.command(*FIRST, wanted("fast"), wanted("slow"))
        deployment.candles(ROWS[:300])
        run(deployment)
        if deployment is disturbed:
            shutil.copytree(folder_of(disturbed), copy)
        deployment.command(wanted("slow", "paused", "pause"), wanted("late", effective_from=minute(170)))
        deployment.candles(ROWS[300:600])
        run(deployment)
        if deployment is disturbed:
            put_back(copy, folder_of(disturbed))
            run(disturbed)
        deployment.command(UNTIMED)
        deployment.candles(ROWS[600:])
        run(deployment)
    assert output(disturbed) == output(calm)


def test_a_backup_taken_while_the_engine_runs_can_be_put_back(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    calm = Deployment(apache_kafka, f"{topic_prefix}calm.", tmp_path / "calm").create()
    disturbed = Deployment(apache_kafka, topic_prefix, tmp_path / "disturbed").create()
    for deployment in (calm, disturbed):
        deployment.command(*FIRST, wanted("fast"), wanted("late", effective_from=minute(60)))
        deployment.candles(ROWS[:300])
    run(calm)
    calm.candles(ROWS[300:])
    run(calm)
    copy = tmp_path / "copy"
    folder = folder_of(disturbed)
    # The store is looked at from a process of its own, as an operator does: see `dataflows.recovery.partition`.
    with (
        ProcessPoolExecutor(1, get_context("spawn")) as elsewhere,
        prepare(disturbed.settings, 1, Start.RESUME),
        disturbed.running() as live,
    ):
        wait_until(lambda: live.tally.candles > 0 and elsewhere.submit(inspect, folder).result().epoch > 2)
        elsewhere.submit(back_up, folder, copy).result()
        disturbed.candles(ROWS[300:600])
        wait_until(lambda: live.tally.candles >= 600)
    put_back(copy, folder_of(disturbed))
    disturbed.candles(ROWS[600:])
    run(disturbed)
    assert output(disturbed) == output(calm)


def remove_before(deployment: Deployment, offset: int) -> None:
    places = [TopicPartition(deployment.name(topics.CANDLES), number, offset) for number in range(2)]
    admin = AdminClient({**deployment.config, "log_level": 0})
    for removed in admin.delete_records(places).values():
        removed.result(20)


def test_a_lost_offset_leaves_a_cold_start_as_the_way_out(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    deployment.command(version(swing("fast")), wanted("fast"))
    deployment.candles(ROWS[:90])
    run(deployment)
    before = output(deployment)
    deployment.candles(ROWS[90:])
    remove_before(deployment, 150)
    with pytest.raises(OffsetLost):
        run(deployment)
    assert output(deployment) == before
    assert "the first candles are gone" in refused(deployment, Start.REBUILD)
    run(deployment, Start.COLD)
    assert sum(map(len, output(deployment).values())) > sum(map(len, before.values()))


def test_a_cold_start_takes_other_parameters(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    deployment.command(version(swing("fast")), wanted("fast"))
    deployment.candles(ROWS[:300])
    run(deployment)
    before = output(deployment)
    other = Deployment(apache_kafka, topic_prefix, tmp_path, history_bars=512)
    assert "history_bars was 1024 and is 512 now" in refused(other)
    run(other, Start.COLD)
    other.candles(ROWS[300:])
    run(other)
    assert sum(map(len, output(other).values())) > sum(map(len, before.values()))
    assert "history_bars was 512 and is 1024 now" in refused(deployment)
