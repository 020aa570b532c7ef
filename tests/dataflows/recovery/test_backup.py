"""A copy of a store can be put back: one taken while nothing runs, and one taken while a run writes."""

import shutil
from pathlib import Path

import pytest
from bytewax.recovery import init_db_dir

from dataflows.errors import RecoveryRefused
from dataflows.recovery.backup import Copied, back_up
from dataflows.recovery.inspection import inspect
from tests.dataflows.deployment import wait_until
from tests.dataflows.recovery.stores import KEYS, count_to, counted_store, counting_process


def test_a_copy_goes_on_as_the_store_does(tmp_path: Path) -> None:
    store = counted_store(tmp_path / "store")
    copied = back_up(store, tmp_path / "copies" / "monday")
    assert (copied.partitions, copied.epoch) == (3, inspect(store).epoch)
    assert sorted(path.name for path in copied.folder.iterdir()) == [
        "part-0.sqlite3",
        "part-1.sqlite3",
        "part-2.sqlite3",
    ]
    assert count_to(copied.folder, 220) == {f"key-{number}": 11 for number in range(KEYS)} == count_to(store, 220)


def test_copies_taken_while_a_run_writes_are_each_of_one_moment(tmp_path: Path) -> None:
    store, end = tmp_path / "store", 2_000_000
    store.mkdir()
    init_db_dir(store, 3)  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    process = counting_process(store, end, 2_000, pause=0.1)
    copies: list[Copied] = []
    try:
        for number in range(3):
            since = copies[-1].epoch if copies else 5
            wait_until(lambda since=since: inspect(store).epoch > since)  # type: ignore[misc]  # its default is its type
            copies.append(back_up(store, tmp_path / f"copy-{number}"))
        assert process.poll() is None, "the run goes on while it is copied"
    finally:
        process.kill()
        process.communicate()
    epochs = [copied.epoch for copied in copies]
    assert epochs == sorted(set(epochs))
    for copied in copies:
        end = (copied.epoch - 1) * 10 + KEYS  # a batch of ten an epoch, counted from 1; then every key once more
        counts = count_to(copied.folder, end)
        # Every key was counted as often as the others say: nothing is of an epoch before or after.
        assert counts == {f"key-{number}": len(range(number, end, KEYS)) for number in range(KEYS)}


def test_a_store_that_is_damaged_is_not_copied(tmp_path: Path) -> None:
    store = counted_store(tmp_path / "store")
    (store / "part-1.sqlite3").unlink()
    with pytest.raises(RecoveryRefused, match=r"part-1\.sqlite3 is missing"):
        back_up(store, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_nothing_is_copied_over_what_is_there_or_from_nothing(tmp_path: Path) -> None:
    store = counted_store(tmp_path / "store")
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "precious").write_text("")
    with pytest.raises(RecoveryRefused, match="expected an empty directory for the copy, found files"):
        back_up(store, tmp_path / "copy")
    with pytest.raises(RecoveryRefused, match="there is none to copy"):
        back_up(tmp_path / "nowhere", tmp_path / "other")


def test_files_copied_one_after_the_other_while_a_run_writes_are_refused(tmp_path: Path) -> None:
    store, copy = counted_store(tmp_path / "store"), tmp_path / "copy"
    copy.mkdir()
    shutil.copy(store / "part-0.sqlite3", copy)
    count_to(store, 400)
    for number in (1, 2):
        shutil.copy(store / f"part-{number}.sqlite3", copy)
    assert "its files are not of one moment" in str(inspect(copy).faults[0])
