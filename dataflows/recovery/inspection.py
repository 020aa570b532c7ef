"""A store looked at as it lies there: what it is, and what is wrong with it. Asks no broker, changes nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from dataflows.recovery.epochs import of_another_moment, resume_epoch
from dataflows.recovery.folder import MANIFEST, partition_files, partition_name, strays
from dataflows.recovery.manifest import Manifest, ManifestNewer, ManifestUnusable, read_manifest
from dataflows.recovery.partition import Depth, Newer, Partition, Unusable, read_partition


class Kind(StrEnum):
    """What can be done about a fault."""

    DAMAGED = "damaged"
    """Something is lost; a copy or a new beginning brings it back."""
    NEWER = "newer"
    """A later release can read it."""
    STRAY = "stray"
    """A file lies there that does not belong there."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: where, and what."""

    kind: Kind
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where} {self.what}".strip()


@dataclass(frozen=True)
class Found:
    """What is in a recovery directory.

    Attributes:
        folder: the directory.
        manifest: None where there is none, or none that can be read.
        partitions: those that can be read, by number.
        faults: why the store cannot be gone on from; none where it can.
        is_new: there is no store: neither manifest nor partition, or only such as no run ever used.
    """

    folder: Path
    manifest: Manifest | None
    partitions: tuple[Partition, ...]
    faults: tuple[Fault, ...]
    is_new: bool

    @property
    def count(self) -> int:
        """How many partitions the store has, as it says itself; 0 where it does not."""
        if self.manifest is not None:
            return self.manifest.partitions
        return max((partition.count for partition in self.partitions), default=0)

    @property
    def epoch(self) -> int:
        """The epoch at which it is gone on from."""
        return resume_epoch(self.partitions)


def inspect(folder: Path, depth: Depth = Depth.TABLES, on_file: Callable[[], None] = lambda: None) -> Found:
    """Look into a recovery directory, which may be missing; ``on_file`` is called after each partition."""
    faults: list[Fault] = []
    manifest = None
    try:
        manifest = read_manifest(folder)
    except ManifestNewer as newer:
        faults.append(Fault(Kind.NEWER, MANIFEST, str(newer)))
    except ManifestUnusable as unusable:
        faults.append(Fault(Kind.DAMAGED, MANIFEST, str(unusable)))
    files = partition_files(folder)
    readable: list[Partition] = []
    for path in files.values():
        try:
            readable.append(read_partition(path, depth))
        except Newer as newer:
            faults.append(Fault(Kind.NEWER, path.name, str(newer)))
        except Unusable as unusable:
            faults.append(Fault(Kind.DAMAGED, path.name, str(unusable)))
        on_file()
    partitions = tuple(readable)
    found = Found(folder, manifest, partitions, tuple(faults), is_new=False)
    if manifest is None and not any(fault.where == MANIFEST for fault in faults) and _nothing_in(files, partitions):
        return Found(folder, None, (), (), is_new=True)
    faults += _missing(found, files)
    faults += [Fault(Kind.STRAY, path.name, "would be read as one of the partitions") for path in strays(folder)]
    faults += _not_of_this_store(found)
    if not faults and (apart := of_another_moment(partitions)):
        faults.append(Fault(Kind.DAMAGED, "", apart))
    return Found(folder, manifest, partitions, tuple(faults), is_new=False)


def _nothing_in(files: dict[int, Path], partitions: tuple[Partition, ...]) -> bool:
    """Whether no run has used any: none is there, or the making of a store was interrupted."""
    unused = {partition.path for partition in partitions if partition.is_unused}
    return all(path in unused or not path.stat().st_size for path in files.values())


def _missing(found: Found, files: dict[int, Path]) -> Iterator[Fault]:
    missing = [partition_name(number) for number in range(found.count) if number not in files]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        there = found.count - len(missing)
        what = f"{verb} missing: expected {found.count} partitions, found {there}"
        yield Fault(Kind.DAMAGED, " and ".join(missing), what)


def _not_of_this_store(found: Found) -> Iterator[Fault]:
    marks = {partition.store for partition in found.partitions}
    mark = found.manifest.store if found.manifest is not None else max(marks, default=0)
    for partition in found.partitions:
        if (partition.number, partition.count) != (_number(partition.path), found.count):
            what = (
                f"says of itself that it is partition {partition.number} of {partition.count}, expected "
                f"{_number(partition.path)} of {found.count}: it belongs to another store, or was renamed"
            )
            yield Fault(Kind.DAMAGED, partition.path.name, what)
        elif partition.store != mark:
            what = f"belongs to another store (its mark is {partition.store}, expected {mark})"
            yield Fault(Kind.DAMAGED, partition.path.name, what)


def _number(path: Path) -> int:
    return int(path.stem.removeprefix("part-"))
