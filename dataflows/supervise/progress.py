"""How far a recovery store has come: whether a cluster that fails again and again gets anything done."""

from pathlib import Path

from dataflows.recovery.epochs import resume_epoch
from dataflows.recovery.folder import partition_files
from dataflows.recovery.partition import Unusable, read_partition


def newest_epoch(folder: Path | None) -> int | None:
    """The epoch that a run would go on from; None without a store, or where it cannot be read."""
    if folder is None:
        return None
    try:
        return resume_epoch([read_partition(path) for path in partition_files(folder).values()])
    except Unusable:
        return None
