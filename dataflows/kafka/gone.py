"""What of all that was ever worked is not on its topic any more.

Retention takes candles, compaction takes commands, and whoever deletes a topic and makes it anew takes all.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from confluent_kafka import Consumer

from dataflows.kafka.metadata import offset_range
from dataflows.kafka.placements import Placements
from dataflows.kafka.source_state import Feed
from operators.control.placing import Run
from schemas.placement import Placement


def feed_gone(journal: Placements, feed: Feed) -> str | None:
    """Why what was worked, by the journal, says nothing of this feed, in words; None where it does.

    >>> feed_gone(Placements(), Feed("candles", "control", ("a", "b"), 4)) is None
    True
    """
    reasons = (feed.why_not(journal.worked(partition).feed) for partition in range(feed.partitions))
    return next((why for why in reasons if why is not None), None)


def commands_gone(placed: Iterable[Placement], topic: str, left: Sequence[int]) -> str | None:
    """Which records are gone, in words; None where none is, or where nobody counted them.

    ``left`` are the offsets of those that are on the control topic now, in order, without tombstones.

    >>> placed = [Placement(partition=0, run=1, candles=0, first=2, end=5, records=3)]
    >>> commands_gone(placed, "control", [0, 2, 3, 4]) is None
    True
    >>> commands_gone(placed, "control", [0, 4])
    'commands are gone: 3 records of control[0] from offset 2 to 4 were worked, and 1 is left. Compaction ...'
    """
    for one in sorted(placed, key=lambda one: one.first):
        there = bisect_left(left, one.end) - bisect_left(left, one.first)
        if there < one.records:
            return (
                f"commands are gone: {one.records} records of {topic}[0] from offset {one.first} to {one.end - 1} were "
                f"worked, and {there} {'is' if there == 1 else 'are'} left. Compaction has removed the others"
            )
    return None


def candles_gone(runs: Mapping[int, Run], topic: str, consumer: Consumer) -> str | None:
    """Whether the first candles that these runs worked are gone, in words; None where they are there.

    Raises:
        BrokerUnreachable: a partition's leader did not say which offsets there are.
    """
    for partition, run in sorted(runs.items()):
        oldest, _end = offset_range(consumer, topic, partition)
        if oldest > run.began:
            return (
                f"the first candles are gone: {topic}[{partition}] was worked from offset {run.began}, and the oldest "
                f"that is left is {oldest}"
            )
    return None
