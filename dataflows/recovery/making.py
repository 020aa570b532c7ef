"""Stores made, and those of earlier releases taken over."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from bytewax.recovery import init_db_dir

from dataflows.recovery.explain import explain
from dataflows.recovery.folder import partition_files, set_aside
from dataflows.recovery.inspection import Found
from dataflows.recovery.manifest import Begun, Manifest
from dataflows.recovery.writable import refused_by_system
from dataflows.settings import Settings


def make(folder: Path, settings: Settings, cluster: str, begun: Begun) -> None:
    """A store with nothing in it. The manifest comes last: without one, and unused, a store counts as not there.

    Raises:
        RecoveryRefused: the disk does not take it.
    """
    set_aside(folder)  # what an interrupted making has left
    manifest = Manifest.of(settings, cluster, begun)
    try:
        init_db_dir(folder, manifest.partitions)  # type: ignore[no-untyped-call]  # Rust, stubbed without types
        for path in partition_files(folder).values():
            _mark(path, manifest.store)
        manifest.write(folder)
        _settle(folder)
    except OSError as error:
        raise refused_by_system(folder, error) from error
    except (RuntimeError, sqlite3.Error) as error:
        raise explain(error, folder) or error from error


def adopt(found: Found, settings: Settings, cluster: str) -> None:
    """Write a manifest for a store that has none. Its snapshots know their parameters, and refuse others themselves."""
    mark = max((partition.store for partition in found.partitions), default=0)
    manifest = Manifest.of(settings, cluster, Begun.ADOPTED, partitions=found.count, store=mark)
    try:
        manifest.write(found.folder)
        _settle(found.folder)
    except OSError as error:
        raise refused_by_system(found.folder, error) from error


def _mark(path: Path, mark: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(f"PRAGMA application_id = {mark}")


def _settle(folder: Path) -> None:
    """Have the names of new files put on the disk too."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
