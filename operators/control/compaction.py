"""What has to be written again, so that the control log says the same when it has been compacted."""

from collections.abc import Mapping

from operators.control.records import ControlRecord
from operators.control.registry import Registry
from schemas.lifecycle import DesiredState, StrategyVersion
from schemas.watchlist import WatchlistEntry

Written = StrategyVersion | DesiredState


def displaced(registry: Registry, strategy: str, places: Mapping[str, tuple[int, ControlRecord]]) -> list[Written]:
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
        record: ControlRecord | None = versions.get(number)
        if record is None:  # refused, but its number was given: without it the next one would leave a gap
            record = places.get(f"{strategy}@{number}", (-1, None))[1]
        if isinstance(record, StrategyVersion):
            held.append(record)
    held += [one.desired for one in registry.wanted(strategy)[-1:]]
    newest = -1
    for place, one in enumerate(held):
        offset, last = places.get(one.key, (-1, None))
        if last != one or offset < newest:
            return held[place:]
        newest = offset
    return []


def displaced_entry(
    registry: Registry, symbol: str, places: Mapping[str, tuple[int, ControlRecord]]
) -> WatchlistEntry | None:
    """The watchlist entry of a symbol to write again; None where the log can be compacted as it is.

    It is the newest that was accepted, where a refused one or an old one that came again has the last place of its key.
    An entry is accepted whatever came before it, so nothing else has to follow.

    Args:
        registry: what the log says, read to its end.
        symbol: whose entry.
        places: the last record of each key, with its offset.
    """
    held = registry.watchlist.entry(symbol)
    if held is None or places.get(held.key, (-1, held))[1] == held:
        return None
    return held
