"""Where a store goes on, and whether its files are all of one moment."""

from collections.abc import Sequence
from typing import Final

from dataflows.recovery.partition import Execution, Partition

FIRST_EPOCH: Final = 1

LAG_EPOCHS: Final = 4
"""How many epochs a file may be behind the others after a crash: an epoch begins only when the one before is recorded,
so it is one, or two where workers differ. A copy of another moment is mostly further off."""


def latest_execution(partitions: Sequence[Partition]) -> Execution | None:
    """The last start that is recorded in any file; None before the first."""
    executions = [execution for partition in partitions for execution in partition.executions]
    return max(executions, key=lambda execution: execution.number, default=None)


def resume_epoch(partitions: Sequence[Partition]) -> int:
    """The epoch at which Bytewax goes on: the least that a worker of the last execution had come to."""
    last = latest_execution(partitions)
    if last is None:
        return FIRST_EPOCH
    come_to = dict.fromkeys(range(last.workers), last.epoch)
    for partition in partitions:
        for front in partition.fronts:
            if front.execution == last.number:
                come_to[front.worker] = max(front.epoch, come_to.get(front.worker, 0))
    return min(come_to.values())


def of_another_moment(partitions: Sequence[Partition]) -> str | None:
    """Says of which moments the files are; None where all go together.

    Bytewax notices where the files with the progress are the old ones. Where another is, it goes on without what
    that one lacks.
    """
    epoch = resume_epoch(partitions)
    if all(epoch - 1 - LAG_EPOCHS <= _committed(one) <= epoch for one in partitions):
        return None
    by_epoch: dict[int, list[str]] = {}
    for one in partitions:
        by_epoch.setdefault(_committed(one), []).append(one.path.name)
    places = ", ".join(f"{' and '.join(names)} at epoch {at}" for at, names in sorted(by_epoch.items()))
    return (
        f"its files are not of one moment: {places}, and progress is recorded up to epoch {epoch}. Was one of them put "
        "back from a copy?"
    )


def _committed(partition: Partition) -> int:
    return partition.committed or 0
