"""What Bytewax and SQLite raise when a store fails under a worker is told in words; the store can be gone on from."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from bytewax.recovery import init_db_dir

from dataflows.errors import RecoveryRefused
from dataflows.recovery.explain import explain
from dataflows.recovery.inspection import inspect
from dataflows.recovery.partition import Depth
from dataflows.recovery.refusal import RecoveryDiskFull
from dataflows.recovery.writable import check_writable
from tests.dataflows.recovery.stores import KEYS, count_to, counted_store, counting_process

SMALL_MB = 2


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system to fill")
    place = tmp_path / "small"
    place.mkdir()
    mount = ["/bin/mount", "-t", "tmpfs", "-o", f"size={SMALL_MB}m", "tmpfs", str(place)]
    mounted = subprocess.run(mount, check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["/bin/umount", "--lazy", str(place)], check=True)


def remount(place: Path, options: str) -> None:
    subprocess.run(["/bin/mount", "-o", f"remount,{options}", str(place)], check=True)


def fill(place: Path) -> Path:
    """Write a file until nothing more goes in."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return filler


def failure(folder: Path, end: int) -> RecoveryRefused:
    """How a run that fails is explained."""
    with pytest.raises(Exception, match=r".") as raised:  # RuntimeError, ValueError or Bytewax's own
        count_to(folder, end)
    refused = explain(raised.value, folder)
    assert refused is not None
    return refused


def test_a_partition_missing_at_the_start(tmp_path: Path) -> None:
    store = counted_store(tmp_path / "store")
    (store / "part-1.sqlite3").unlink()
    refused = failure(store, 400)
    assert "part-1.sqlite3 is missing: expected 3 partitions, found 2" in str(refused)
    assert refused.permanent


@pytest.mark.parametrize(
    ("left", "said"),
    [(0, "tells of 0 partitions, expected 1: it was emptied"), (100, "is cut off"), (8192, "is cut off")],
)
def test_a_partition_cut_off(tmp_path: Path, left: int, said: str) -> None:
    store = counted_store(tmp_path / "store")
    path = store / "part-0.sqlite3"
    path.write_bytes(path.read_bytes()[:left])
    refused = failure(store, 400)
    assert f"part-0.sqlite3 {said}" in str(refused)
    assert refused.permanent


def test_a_spoilt_page(tmp_path: Path) -> None:
    store = counted_store(tmp_path / "store")
    path = store / "part-0.sqlite3"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] + b"\xab" * (len(content) // 2))
    refused = failure(store, 400)
    assert "part-0.sqlite3 is corrupt" in str(refused)
    assert "`candelabra run --rebuild`" in str(refused)


def test_no_room_in_the_middle_of_a_run_and_room_again(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    init_db_dir(store, 3)  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    said, _ = counting_process(store, 4_000, 4_000, file_bytes=500_000).communicate(timeout=60)
    assert said.startswith("RecoveryDiskFull: ")
    assert f"recovery store {store}: the disk is full" in said
    assert "1. make space where the directory lies, then start again" in said
    assert inspect(store, Depth.EVERYTHING).faults == ()
    assert inspect(store).epoch > 1, "it went on for a while"
    said, _ = counting_process(store, 4_000, 4_000).communicate(timeout=60)
    assert said.startswith("counted ")
    assert count_to(store, 4_020) == {f"key-{number}": 4_000 // KEYS + 1 for number in range(KEYS)}


def test_a_full_disk_in_the_middle_of_a_run_and_after_it(small_disk: Path) -> None:
    store = small_disk / "store"
    store.mkdir()
    init_db_dir(store, 3)  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    refused = failure(store, 400_000)  # more epochs than the disk has room for
    assert isinstance(refused, RecoveryDiskFull)
    assert refused.permanent, "told at once, and not after five tries"
    remount(small_disk, "size=64m")
    assert inspect(store, Depth.EVERYTHING).faults == ()


def test_a_disk_full_already_and_read_only_at_the_start(small_disk: Path) -> None:
    store = counted_store(small_disk / "store")
    filler = fill(small_disk)
    assert isinstance(failure(store, 400), RecoveryDiskFull)
    with pytest.raises(RecoveryDiskFull, match="the disk is full"):
        check_writable(store)
    filler.unlink()
    remount(small_disk, "ro")
    assert "its file system is read-only" in str(failure(store, 400))
    with pytest.raises(RecoveryRefused, match="mount it writable"):
        check_writable(store)
    assert inspect(store, Depth.EVERYTHING).faults == (), "it can be looked at where nothing can be written"
    remount(small_disk, "rw")
    check_writable(store)
    assert count_to(store, 220) == {f"key-{number}": 11 for number in range(KEYS)}


class PanicException(BaseException):
    """As a process of a cluster ends when a thread of it panicked, under the name that pyo3 gives it."""


def test_a_panic_without_a_word_is_explained_by_a_look_at_the_store(tmp_path: Path) -> None:
    store = counted_store(tmp_path / "store")
    panic = PanicException("Send thread panic: Any { .. }")
    assert explain(panic, store) is None, "nothing is wrong with it: another process ended"
    (store / "part-2.sqlite3").unlink()
    assert "part-2.sqlite3 is missing" in str(explain(panic, store))


def test_what_has_nothing_to_do_with_the_store_is_left_to_others(tmp_path: Path) -> None:
    store = counted_store(tmp_path / "store")
    (store / "part-2.sqlite3").unlink()
    assert explain(RuntimeError("a step failed"), store) is None
    assert explain(ZeroDivisionError("division by zero"), None) is None


def test_a_refusal_somewhere_in_the_chain_is_the_explanation() -> None:
    refused = RecoveryRefused("made with other settings")
    outer = RuntimeError("error calling build_part")
    outer.__cause__ = refused
    assert explain(outer, None) is refused
