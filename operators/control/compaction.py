"""What has to be written again, so that the control log says the same when it has been compacted."""

from collections.abc import Mapping

from operators.control.registry import Registry
from schemas.lifecycle import DesiredState, StrategyVersion

Written = StrategyVersion | DesiredState


def displaced(registry: Registry, strategy: str, places: Mapping[str, tuple[int, Written]]) -> list[Written]:
    """The records of a strategy to write again, in order; none where the log can be compacted as it is.

    Compaction keeps the last record of each key. So that has to be the one that the registry holds, not a refused one,
    and those that are left have to be in an order in which each is accepted: versions by number, then what is wanted.
    What is written again changes nothing for those who have read the whole log.

    Args:
        registry: what the log says, read to its end.
        strategy: whose records.
        places: the last record of each key, with its offset.
    """
    versions = registry.versions(strategy)
    held: list[Written] = []
    for number in range(1, max(versions, default=0) + 1):
        record: Written | None = versions.get(number)
        if record is None:  # refused, but its number was given: without it the next one would leave a gap
            record = places.get(f"{strategy}@{number}", (-1, None))[1]
        if record is not None:
            held.append(record)
    held += [one.desired for one in registry.wanted(strategy)[-1:]]
    newest = -1
    for place, one in enumerate(held):
        offset, last = places.get(one.key, (-1, None))
        if last != one or offset < newest:
            return held[place:]
        newest = offset
    return []
