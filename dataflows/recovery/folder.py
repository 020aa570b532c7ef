"""What lies in a recovery directory, by name."""

import re
from pathlib import Path
from typing import Final

MANIFEST: Final = "candelabra.json"
LOCK: Final = "lock"

_PARTITION: Final = re.compile(r"part-(0|[1-9][0-9]*)\.sqlite3")
_SET_ASIDE: Final = re.compile(r"set-aside-([1-9][0-9]*)")
_COMPANIONS: Final = ("", "-wal", "-shm", "-journal")
"""SQLite's own files beside a database; without its ``-wal`` one is not whole."""


def partition_name(index: int) -> str:
    """The file name that Bytewax gives a partition.

    >>> partition_name(3)
    'part-3.sqlite3'
    """
    return f"part-{index}.sqlite3"


def partition_files(folder: Path) -> dict[int, Path]:
    """The partitions' files by number; empty where there is no such directory."""
    found = {}
    for path in folder.glob("*.sqlite3"):
        if named := _PARTITION.fullmatch(path.name):
            found[int(named[1])] = path
    return dict(sorted(found.items()))


def strays(folder: Path) -> list[Path]:
    """Files that Bytewax would open as partitions, as it does whatever ends so, and that are named as none."""
    return sorted(path for path in folder.glob("*.sqlite3") if not _PARTITION.fullmatch(path.name))


def companions(path: Path) -> list[Path]:
    """The files that one database is made of, those that there are."""
    return [file for suffix in _COMPANIONS if (file := path.with_name(path.name + suffix)).exists()]


def size_of(path: Path) -> int:
    """Size of a database with its log, in bytes; the shared memory of who has it open is not counted."""
    return sum(file.stat().st_size for file in companions(path) if not file.name.endswith("-shm"))


def bytes_on_disk(folder: Path) -> int:
    """Size of all partitions, in bytes."""
    return sum(map(size_of, partition_files(folder).values()))


def set_aside(folder: Path) -> Path | None:
    """Move the store into a new directory ``set-aside-N`` within its own; None where there was nothing to move.

    A crash half way leaves a store with missing partitions, which is refused until it is set aside in turn.
    """
    databases = [*partition_files(folder).values(), *strays(folder)]
    files = [file for path in databases for file in companions(path)]
    manifest = folder / MANIFEST
    if manifest.exists():
        files.append(manifest)
    if not files:
        return None
    numbers = [int(named[1]) for path in folder.iterdir() if (named := _SET_ASIDE.fullmatch(path.name))]
    target = folder / f"set-aside-{max(numbers, default=0) + 1}"
    target.mkdir()
    for file in files:
        file.rename(target / file.name)
    return target
