"""What a killed run left of an epoch that it did not finish: Bytewax would take it up, and here it does not."""

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.operators import KeyedStream
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import TestingSink, TestingSource, run_main

from dataflows.errors import RecoveryBusy, RecoveryRefused
from dataflows.recovery.epochs import resume_epoch
from dataflows.recovery.folder import partition_name
from dataflows.recovery.partition import read_partition
from dataflows.recovery.unfinished import forget_unfinished

BOTH = [("a", 1), ("b", 1)]
END = TestingSource.EOF()
INSERT = "INSERT INTO snaps (step_id, state_key, snap_epoch, ser_change) VALUES (?, ?, ?, ?)"


def count(folder: Path, items: Sequence[object]) -> dict[str, int]:
    """Go on in the store, an epoch for each item; the last count of each key that had any."""
    found: list[tuple[str, int]] = []
    flow = Dataflow("counting")
    source: TestingSource[tuple[str, int]] = TestingSource(items)  # type: ignore[arg-type]  # and where it ends
    numbers: KeyedStream[int] = op.input("feed", flow, source)
    total = op.stateful_map("count", numbers, lambda state, one: ((state or 0) + one,) * 2)
    op.output("out", total, TestingSink(found))
    store = RecoveryConfig(folder, timedelta(0))  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    run_main(flow, epoch_interval=timedelta(0), recovery_config=store)  # type: ignore[no-untyped-call]  # as above
    return dict(found)


def snapshots(folder: Path) -> list[tuple[str, str, int, bytes]]:
    with closing(sqlite3.connect(folder / partition_name(0))) as database:
        found = database.execute("SELECT step_id, state_key, snap_epoch, ser_change FROM snaps").fetchall()
    return sorted(found)


def died_between(folder: Path, copy: Path) -> Path:
    """A store whose next run counted both keys, wrote the snapshot of one of them, and then died."""
    folder.mkdir()
    init_db_dir(folder, 1)  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    count(folder, [*BOTH, END])
    shutil.copytree(folder, copy)
    count(copy, [*BOTH, END, *BOTH])
    (left,) = [one for one in snapshots(copy) if one[1] == "b"]
    epoch = resume_epoch([read_partition(folder / partition_name(0))])
    with closing(sqlite3.connect(folder / partition_name(0))) as database, database:
        database.execute(INSERT, (*left[:2], epoch, left[3]))
    return folder


def counted_on(folder: Path, *, forget: bool) -> dict[str, int]:
    """The counts, where a run meets one key only before it dies, and another goes on."""
    for items in ([*BOTH, END, BOTH[0], TestingSource.ABORT(), BOTH[1]], [*BOTH, END, *BOTH]):
        if forget:
            forget_unfinished(folder)
        counts = count(folder, items)
    return counts


def test_what_nobody_finished_is_not_taken_up(tmp_path: Path) -> None:
    assert counted_on(died_between(tmp_path / "store", tmp_path / "copy"), forget=True)["b"] == 2


def test_bytewax_alone_takes_it_up(tmp_path: Path) -> None:
    """Once it does not, all this can go."""
    assert counted_on(died_between(tmp_path / "store", tmp_path / "copy"), forget=False)["b"] == 3


def test_nothing_else_is_taken_away(tmp_path: Path) -> None:
    spoilt = died_between(tmp_path / "store", tmp_path / "copy")
    before = snapshots(spoilt)
    assert forget_unfinished(spoilt) == 1
    after = snapshots(spoilt)
    assert set(after) < set(before)
    assert forget_unfinished(spoilt) == 0
    assert snapshots(spoilt) == after


def test_a_new_store_or_none_has_nothing_to_forget(tmp_path: Path) -> None:
    assert forget_unfinished(tmp_path) == 0
    init_db_dir(tmp_path, 2)  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    assert forget_unfinished(tmp_path) == 0


def test_a_store_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / partition_name(0)).write_bytes(b"garbage")
    with pytest.raises(RecoveryRefused, match=r"part-0\.sqlite3 is not a database of SQLite\. Ways out"):
        forget_unfinished(tmp_path)


def test_a_store_that_somebody_writes_to_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = died_between(tmp_path / "store", tmp_path / "copy")
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, timeout=0.01))
    with closing(sqlite3.connect(folder / partition_name(0), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(
            RecoveryBusy, match=r"(?s)left unfinished .*: database is locked.*1\. end the other process"
        ):
            forget_unfinished(folder)
