"""What is wrong with a store is found before Bytewax trips over it, or goes on without noticing."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from bytewax.recovery import init_db_dir

from dataflows.errors import RecoveryRefused
from dataflows.recovery.inspection import Found, inspect
from dataflows.recovery.partition import Depth
from dataflows.recovery.verdict import refuse_faults
from tests.dataflows.recovery.stores import count_to, counted_store

PAGE = 4096


def faults(found: Found) -> str:
    return "; ".join(map(str, found.faults))


def execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(statement)


def spoil(path: Path, first: int, count: int) -> None:
    content = bytearray(path.read_bytes())
    content[first : first + count] = b"\xab" * count
    path.write_bytes(content)


def test_a_store_that_a_run_left_is_whole_at_every_depth(tmp_path: Path) -> None:
    store = counted_store(tmp_path / "store")
    for depth in Depth:
        found = inspect(store, depth)
        assert found.faults == ()
        assert (found.is_new, found.count) == (False, 3)
        assert [one.number for one in found.partitions] == [0, 1, 2]
    assert inspect(store).epoch == 22, "twenty batches of ten and the end, an epoch each, counted from 1"


def test_looking_changes_no_partition(tmp_path: Path) -> None:
    store = counted_store(tmp_path / "store")
    before = {path.name: path.read_bytes() for path in store.glob("*.sqlite3")}
    inspect(store, Depth.EVERYTHING)
    assert {path.name: path.read_bytes() for path in store.glob("*.sqlite3")} == before
    assert sum(count_to(store, 400).values()) == 20 * 20


def test_no_directory_and_an_empty_one_and_an_unused_store_are_new(tmp_path: Path) -> None:
    empty, unused = tmp_path / "empty", tmp_path / "unused"
    empty.mkdir()
    unused.mkdir()
    init_db_dir(unused, 2)  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    (unused / "part-1.sqlite3").write_bytes(b"")  # its making was interrupted
    for folder in (tmp_path / "missing", empty, unused):
        found = inspect(folder)
        assert found.is_new
        assert found.faults == ()


def test_a_missing_partition(tmp_path: Path) -> None:
    store = counted_store(tmp_path / "store")
    (store / "part-1.sqlite3").unlink()
    assert faults(inspect(store)) == "part-1.sqlite3 is missing: expected 3 partitions, found 2"


def test_all_missing_but_one_and_the_last_too(tmp_path: Path) -> None:
    store = counted_store(tmp_path / "store")
    for number in (1, 2):
        (store / f"part-{number}.sqlite3").unlink()
    said = "part-1.sqlite3 and part-2.sqlite3 are missing: expected 3 partitions, found 1"
    assert faults(inspect(store)) == said


def test_an_empty_file_which_sqlite_would_take_for_a_new_database(tmp_path: Path) -> None:
    store = counted_store(tmp_path / "store")
    (store / "part-2.sqlite3").write_bytes(b"")
    assert faults(inspect(store)) == "part-2.sqlite3 is empty (0 bytes)"


@pytest.mark.parametrize("left", [10, 4096, 8192])
def test_a_file_that_is_cut_off(tmp_path: Path, left: int) -> None:
    store = counted_store(tmp_path / "store")
    path = store / "part-0.sqlite3"
    path.write_bytes(path.read_bytes()[:left])
    assert "part-0.sqlite3 is cut off" in faults(inspect(store))
    assert f"{left}" in faults(inspect(store))


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    store = counted_store(tmp_path / "store")
    spoil(store / "part-0.sqlite3", 0, 16)
    assert faults(inspect(store)) == "part-0.sqlite3 is not a database of SQLite"


def test_a_page_that_is_spoilt_is_found_by_reading_all_pages(tmp_path: Path) -> None:
    store = counted_store(tmp_path / "store")
    path = store / "part-0.sqlite3"
    spoil(path, path.stat().st_size - PAGE, PAGE)
    for depth in (Depth.PAGES, Depth.EVERYTHING):
        assert faults(inspect(store, depth)).startswith("part-0.sqlite3 is corrupt")


def test_a_database_of_something_else(tmp_path: Path) -> None:
    store = counted_store(tmp_path / "store")
    path = store / "part-0.sqlite3"
    path.unlink()
    execute(path, "CREATE TABLE notes (text)")
    assert "part-0.sqlite3 has no table commits or exs or fronts or parts or snaps" in faults(inspect(store))


def test_tables_of_a_later_bytewax_want_a_later_release(tmp_path: Path) -> None:
    store = counted_store(tmp_path / "store")
    execute(store / "part-0.sqlite3", "PRAGMA user_version = 6")
    found = inspect(store)
    assert "part-0.sqlite3 has tables of a later release of Bytewax (layout 6, expected 5)" in faults(found)
    with pytest.raises(RecoveryRefused, match=r"1\. run the release that wrote it, or a later one"):
        refuse_faults(found)


def test_a_file_of_a_store_with_another_number_of_partitions(tmp_path: Path) -> None:
    store, other = counted_store(tmp_path / "store"), counted_store(tmp_path / "other", partitions=2)
    shutil.copy(other / "part-1.sqlite3", store / "part-1.sqlite3")
    assert "part-1.sqlite3 says of itself that it is partition 1 of 2, expected 1 of 3" in faults(inspect(store))


def test_a_partition_under_another_ones_name(tmp_path: Path) -> None:
    store = counted_store(tmp_path / "store")
    shutil.copy(store / "part-0.sqlite3", store / "part-1.sqlite3")
    assert "part-1.sqlite3 says of itself that it is partition 0 of 3, expected 1 of 3" in faults(inspect(store))


def test_a_partition_of_an_unused_store_which_bytewax_would_take(tmp_path: Path) -> None:
    store, unused = counted_store(tmp_path / "store"), tmp_path / "unused"
    unused.mkdir()
    init_db_dir(unused, 3)  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    shutil.copy(unused / "part-0.sqlite3", store / "part-0.sqlite3")
    assert "not of one moment: part-0.sqlite3 at epoch 0, part-1.sqlite3 and part-2.sqlite3 at" in faults(
        inspect(store)
    )


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_partition_of_another_moment_whichever_it_is(tmp_path: Path, number: int) -> None:
    store, copy = counted_store(tmp_path / "store"), tmp_path / "copy"
    shutil.copytree(store, copy)
    count_to(store, 400)
    shutil.copy(copy / f"part-{number}.sqlite3", store)
    assert "its files are not of one moment" in faults(inspect(store))


def test_a_file_that_bytewax_would_read_as_a_partition(tmp_path: Path) -> None:
    store = counted_store(tmp_path / "store")
    shutil.copy(store / "part-0.sqlite3", store / "part-0 (copy).sqlite3")
    found = inspect(store)
    assert faults(found) == "part-0 (copy).sqlite3 would be read as one of the partitions"
    with pytest.raises(RecoveryRefused, match=r"1. move part-0 \(copy\).sqlite3 out of the directory"):
        refuse_faults(found)


def test_a_manifest_of_a_later_release_and_one_that_is_spoilt(tmp_path: Path) -> None:
    store = counted_store(tmp_path / "store")
    (store / "candelabra.json").write_text('{"format": 2, "whatever": true}')
    assert faults(inspect(store)) == "candelabra.json is of a later release (format 2, expected 1)"
    (store / "candelabra.json").write_text('{"format": 1, "partitions": 3}')
    assert "candelabra.json is not as it was written: store, cluster" in faults(inspect(store))
    (store / "candelabra.json").write_text("{")
    assert "candelabra.json cannot be read: " in faults(inspect(store))


def test_a_refusal_names_the_ways_out_in_their_order(tmp_path: Path) -> None:
    store = counted_store(tmp_path / "store")
    (store / "part-1.sqlite3").unlink()
    with pytest.raises(RecoveryRefused) as refused:
        refuse_faults(inspect(store))
    text = str(refused.value)
    assert text.startswith(
        f"recovery store {store}: part-1.sqlite3 is missing: expected 3 partitions, found 2. Ways out"
    )
    assert text.index("1. put back a copy") < text.index("2. `candelabra run --rebuild`")
    assert text.index("2. `candelabra run --rebuild`") < text.index("3. `candelabra run --cold`")


def test_where_a_rebuild_would_differ_it_is_no_way_out(tmp_path: Path) -> None:
    store = counted_store(tmp_path / "store")
    (store / "part-1.sqlite3").unlink()
    with pytest.raises(RecoveryRefused, match=r"2. `candelabra run --cold`.*would not give the same: the first") as no:
        refuse_faults(inspect(store), "the first candles are gone")
    assert "`candelabra run --rebuild`" not in str(no.value)
