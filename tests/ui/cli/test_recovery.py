"""`candelabra recovery`: looks into stores as they lie there, with no broker."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from bytewax.recovery import init_db_dir

from dataflows.recovery.lock import Lock
from dataflows.recovery.manifest import Begun, Manifest
from tests.dataflows.recovery.stores import counted_store, settings_for
from tests.ui.cli.conftest import Cli

MANY = 100_000


def with_manifest(folder: Path) -> Path:
    store = counted_store(folder)
    made = Manifest.of(settings_for(folder, topic_prefix="paper."), "cluster-1", Begun.FIRST, store=0)
    made.model_copy(update={"created": datetime(2025, 1, 2, 3, 4, tzinfo=UTC)}).write(folder)
    return store


def test_check_says_that_a_store_is_whole(cli: Cli, tmp_path: Path) -> None:
    said = cli("recovery", "check", str(with_manifest(tmp_path / "store")))
    assert said.code == 0
    assert said.out.startswith("whole: 3 partitions, ")
    assert "not in use" in said.out


def test_check_tells_what_is_wrong_with_exit_code_1(cli: Cli, tmp_path: Path) -> None:
    store = with_manifest(tmp_path / "store")
    (store / "part-1.sqlite3").unlink()
    said, document = cli("recovery", "check", str(store)), cli("recovery", "check", str(store), "--json")
    assert said.code == document.code == 1
    assert "part-1.sqlite3 is missing: expected 3 partitions, found 2" in said.err
    assert "2. `candelabra run --rebuild`" in said.err
    assert document.json["whole"] is False
    assert document.json["faults"] == [
        {"kind": "damaged", "where": "part-1.sqlite3", "what": "is missing: expected 3 partitions, found 2"}
    ]


def test_check_refuses_what_is_no_store(cli: Cli, tmp_path: Path) -> None:
    for verb in ("check", "show"):
        said = cli("recovery", verb, str(tmp_path))
        assert said.code == 1
        assert f"there is no recovery store in {tmp_path}; expected the directory that `candelabra run" in said.err


def test_show_says_what_a_store_is_for_and_what_it_holds(cli: Cli, tmp_path: Path) -> None:
    store = with_manifest(tmp_path / "store")
    said, document = cli("recovery", "show", str(store)), cli("recovery", "show", str(store), "--json").json
    assert said.code == 0
    for shown in ("first, 2025-01-02 03:04 UTC", "cluster-1", "paper.", "history bars  1024", "count", "20"):
        assert shown in said.out
    by_step = {one["step"].split(".")[1]: one for one in document["steps"]}
    assert {name: one["keys"] for name, one in by_step.items()} == {"count": 20, "feed": 1}
    assert by_step["count"]["bytes"] > by_step["feed"]["bytes"] > 0
    assert (document["whole"], document["used_by"], document["epoch"]) == (True, [], 22)
    assert document["manifest"]["partitions"] == 3
    assert [one["number"] for one in document["partitions"]] == [0, 1, 2]


def test_show_names_who_uses_a_store(cli: Cli, tmp_path: Path) -> None:
    store = with_manifest(tmp_path / "store")
    with Lock(store):
        assert "in use by process" in cli("recovery", "show", str(store)).out


def test_show_shows_what_it_can_of_a_damaged_store(cli: Cli, tmp_path: Path) -> None:
    store = counted_store(tmp_path / "store")
    (store / "part-2.sqlite3").write_bytes(b"")
    said = cli("recovery", "show", str(store))
    assert "part-2.sqlite3 is empty (0 bytes)" in said.err
    assert "no manifest" in said.out


def test_show_counts_many_keys_without_reading_their_states(cli: Cli, tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    init_db_dir(store, 1)  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    step = "candelabra.strategy.stateful_batch"
    states: list[tuple[str, str, int, bytes | None]] = [(step, f"s|{key}|5m", 7, b"state") for key in range(MANY)]
    ended = [(step, f"s|{key}|5m", 8, None) for key in range(10)]
    with closing(sqlite3.connect(store / "part-0.sqlite3")) as database, database:
        database.executemany(
            "INSERT INTO snaps (step_id, state_key, snap_epoch, ser_change) VALUES (?, ?, ?, ?)", [*states, *ended]
        )
        database.execute("INSERT INTO commits (part_index, commit_epoch) VALUES (0, 7)")
        database.execute("INSERT INTO exs (ex_num, worker_count, resume_epoch) VALUES (0, 1, 9)")
    [found] = cli("recovery", "show", str(store), "--json").json["steps"]
    assert (found["keys"], found["snapshots"]) == (MANY - 10, MANY + 10)
    assert found["bytes"] == (MANY - 10) * len(b"state")


def test_backup_makes_a_copy_and_checks_it(cli: Cli, tmp_path: Path) -> None:
    store = with_manifest(tmp_path / "store")
    said = cli("recovery", "backup", str(store), str(tmp_path / "copy"))
    assert said.code == 0
    assert f"copied to {tmp_path / 'copy'} and checked: 3 partitions" in said.out
    assert (tmp_path / "copy" / "candelabra.json").read_text() == (store / "candelabra.json").read_text()
    again = cli("recovery", "backup", str(store), str(tmp_path / "copy"))
    assert again.code == 1
    assert "expected an empty directory for the copy, found files" in again.err
    document = cli("recovery", "backup", str(store), str(tmp_path / "other"), "--json").json
    assert (document["partitions"], document["epoch"]) == (3, 22)
