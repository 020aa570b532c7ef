"""A worker process: it ends politely, says what ended it, and shows its figures where that is asked for."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from dataflows.brokers.broker import Broker
from dataflows.brokers.ports import free_port
from dataflows.errors import RecoveryRefused, WorkerFailed
from dataflows.live import Live
from dataflows.recovery.epochs import resume_epoch
from dataflows.recovery.partition import read_partition
from dataflows.worker import recovery_config, run_worker
from operators.snapshot import SnapshotRefused
from operators.strategy.catalog import Catalog
from schemas import topics
from schemas.signal import Signal
from tests.dataflows.deployment import PATIENCE_SECONDS, Deployment, replayed, swing, version, wait_until, walk, wanted

FAST = swing("fast")

WORKER = """
from dataflows.live import Live
from dataflows.settings import Settings
from dataflows.stop import stop_on_signals
from dataflows.worker import run_worker

live = Live(Settings())
with stop_on_signals(live.stop):
    run_worker(live)
print(live.tally.candles)
"""


@contextmanager
def worker(deployment: Deployment, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A worker in a process of its own, in the test's directory; killed if it is still there in the end."""
    settings = deployment.settings
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("CANDELABRA_", "BYTEWAX_"))}
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER],
        cwd=deployment.folder,
        env={
            **inherited,
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "CANDELABRA_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
            "CANDELABRA_TOPIC_PREFIX": settings.topic_prefix,
            "CANDELABRA_RECOVERY_DIR": str(settings.recovery_dir),
            "CANDELABRA_PARTITIONS": str(settings.partitions),
            "CANDELABRA_EPOCH_SECONDS": "30",  # so that only the last snapshot can know of what was done
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str, str]:
    """Exit code, output and errors of a worker after a signal."""
    process.send_signal(number)
    out, errors = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, out, errors


@pytest.mark.kafka
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_a_last_snapshot(
    number: signal.Signals, apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment, rows = Deployment(apache_kafka, topic_prefix, tmp_path).create(), walk(200)
    deployment.command(version(FAST), wanted("fast"))
    deployment.candles(rows[:300])
    expected = replayed(rows[:300], [FAST], tmp_path)
    with worker(deployment, {}) as process:
        wait_until(lambda: len(deployment.records(topics.SIGNALS, Signal)) == len(expected))
        assert ended(process, number) == (0, "300\n", "")
    assert not (tmp_path / "dataflow.json").exists()
    deployment.candles(rows[300:])
    assert deployment.run().candles == 300
    assert deployment.signals() == replayed(rows, [FAST], tmp_path)


def test_its_figures_are_served_where_the_environment_asks_for_it(
    embedded_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment, port = Deployment(embedded_broker, topic_prefix, tmp_path).create(), free_port()
    figures = b""

    def answers() -> bool:
        nonlocal figures
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2) as answer:
                figures = answer.read()
        except (urllib.error.URLError, ConnectionError):
            return False
        return b'step_id="candelabra.feed' in figures

    asked = {
        "BYTEWAX_DATAFLOW_API_ENABLED": "1",
        "BYTEWAX_DATAFLOW_API_PORT": str(port),
        "BYTEWAX_DATAFLOW_API_CACHE_PATH": str(tmp_path),
    }
    with worker(deployment, asked) as process:
        wait_until(answers)
        code, out, _ = ended(process, signal.SIGTERM)
    assert (code, out) == (0, "0\n")


def test_an_error_that_nobody_explained_names_its_root(
    embedded_broker: Broker, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = Deployment(embedded_broker, topic_prefix, tmp_path).create()
    deployment.candles(walk(5))

    def broken(*_: object) -> object:
        raise ZeroDivisionError("of our own")

    monkeypatch.setattr("dataflows.graph.MarketStep.on_batch", broken)
    with pytest.raises(
        WorkerFailed, match=r"the flow ended with an error: ZeroDivisionError\('of our own'\)"
    ) as failed:
        run_worker(Live(deployment.settings, bounded=True))
    assert failed.value.__cause__ is not None


def test_the_recovery_store_is_made_once_and_kept(embedded_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = Deployment(embedded_broker, topic_prefix, tmp_path, partitions=3)
    assert recovery_config(deployment.settings) is not None
    made = sorted((tmp_path / "recovery").iterdir())
    assert [path.name for path in made] == ["part-0.sqlite3", "part-1.sqlite3", "part-2.sqlite3"]
    inodes = [path.stat().st_ino for path in made]
    recovery_config(Deployment(embedded_broker, topic_prefix, tmp_path, partitions=8).settings)
    assert [path.stat().st_ino for path in sorted((tmp_path / "recovery").iterdir())] == inodes


def test_what_a_killed_run_left_unfinished_is_forgotten_before_anything_begins(
    embedded_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(embedded_broker, topic_prefix, tmp_path).create()
    deployment.candles(walk(5))
    deployment.run()
    path = tmp_path / "recovery" / "part-0.sqlite3"
    epoch = resume_epoch([read_partition(one) for one in sorted(path.parent.glob("*.sqlite3"))])
    with closing(sqlite3.connect(path)) as store, store:
        columns = "INSERT INTO snaps (step_id, state_key, snap_epoch, ser_change) VALUES (?, ?, ?, ?)"
        store.execute(columns, ("candelabra.nobody", "AAA", epoch + 9, b"left"))
    deployment.candles(walk(6)[10:])
    deployment.run()
    with closing(sqlite3.connect(path)) as store:
        assert store.execute("SELECT 1 FROM snaps WHERE step_id = 'candelabra.nobody'").fetchall() == []


def test_without_a_directory_there_is_no_recovery_store(
    embedded_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    assert recovery_config(Deployment(embedded_broker, topic_prefix, tmp_path, recovery_dir=None).settings) is None
    assert list(tmp_path.iterdir()) == []


def refused_by(deployment: Deployment, **settings: object) -> str:
    """Why the recovery store of a deployment is not gone on from with other settings."""
    other = deployment.settings.model_copy(update=settings)
    with pytest.raises(RecoveryRefused) as refused:
        run_worker(Live(other, bounded=True))
    assert isinstance(refused.value.__cause__, SnapshotRefused)
    assert refused.value.permanent
    return str(refused.value)


def test_a_snapshot_of_other_settings_is_refused_with_the_ways_out(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    deployment.command(version(FAST), wanted("fast"))
    deployment.candles(walk(20))
    deployment.run()
    deployment.candles(walk(40)[60:])
    said = refused_by(deployment, history_bars=64, gap_tolerance_bars=3)
    store = re.escape(str(tmp_path / "recovery"))
    assert re.match(
        rf"recovery store {store}: a snapshot in it cannot be gone on from: market of (AAA|BBB|CCC): "
        r"made with history_bars 1024, expected 64; made with gap_tolerance_bars 0, expected 3\. Ways out",
        said,
    )
    ways = [line.strip() for line in said.splitlines()[1:]]
    assert ways[0] == "1. run with what the store was made with: the same settings, and the topics of then"
    assert any("`candelabra run --cold`" in way for way in ways)
    assert any("put back a copy" in way for way in ways)
    assert deployment.run().candles == 60  # with the settings of then it goes on


def test_another_strategy_under_a_number_that_is_taken_is_refused(
    embedded_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """As where the control topic was deleted and made anew beside a store that was kept."""
    deployment = Deployment(embedded_broker, topic_prefix, tmp_path).create()
    deployment.command(version(FAST), wanted("fast"))
    deployment.candles(walk(20))
    deployment.run()
    fingerprint = Catalog.fingerprint
    other = Catalog()
    other.add(version(swing("fast", 40)))

    def of_another(self: Catalog, strategy: str, number: int) -> str:
        fingerprint(self, strategy, number)
        return fingerprint(other, strategy, number)

    deployment.candles(walk(40)[60:])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Catalog, "fingerprint", of_another)
        assert re.search(
            r"cannot be gone on from: strategy 'fast': made with config [0-9a-f]{16}, expected [0-9a-f]{16}\. Ways out",
            refused_by(deployment),
        )
    assert deployment.run().candles == 60
