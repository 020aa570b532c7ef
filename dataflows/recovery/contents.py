"""What a store holds: keys and bytes by step. States are counted, never read: they are pickles."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dataflows.recovery.partition import Partition, opened

_OF_ONE: Final = """
    SELECT step_id, count(bytes), sum(times), coalesce(sum(bytes), 0)
    FROM (
        SELECT step_id, max(snap_epoch), length(ser_change) AS bytes, count(*) AS times
        FROM snaps GROUP BY step_id, state_key
    )
    GROUP BY step_id
"""
"""Of each key the newest snapshot (SQLite takes bare columns from the row of the maximum); one without bytes is the end
of the key. ``length`` looks at a row's header only, so no state is read."""


@dataclass(frozen=True)
class StepContents:
    """What a step, source or sink keeps.

    Attributes:
        step: its id, as Bytewax keeps it.
        keys: keys with a state: symbols, strategies on series, or partitions of a topic.
        snapshots: of them, outdated ones among them.
        size: of the newest state of each key, in bytes.
    """

    step: str
    keys: int
    snapshots: int
    size: int

    @property
    def name(self) -> str:
        """The id without the flow before it and Bytewax's own operators after it.

        >>> StepContents("candelabra.market.stateful_batch", 1, 1, 1).name
        'market'
        """
        return self.step.split(".")[1] if "." in self.step else self.step


def contents(partitions: Iterable[Partition]) -> list[StepContents]:
    """Every step that has anything in these partitions, the largest first.

    Raises:
        Unusable: a file cannot be read.
    """
    keys, snapshots, size = Counter[str](), Counter[str](), Counter[str]()
    for partition in partitions:
        with opened(partition.path) as database:
            for step, of_step, times, bytes_of_step in database.execute(_OF_ONE):
                keys[step] += of_step
                snapshots[step] += times
                size[step] += bytes_of_step
    found = [StepContents(step, keys[step], snapshots[step], size[step]) for step in keys]
    return sorted(found, key=lambda one: (-one.size, one.step))
