"""Rolls as primitives, for snapshots."""

from typing import Any, TypeAlias

from operators.events import Roll
from schemas.watchlist import ConsensusConfig

Primitives: TypeAlias = list[Any]
"""since, until, items, [[timeframe, style], ...], strategies, consensus as JSON or None."""


def primitives(roll: Roll) -> Primitives:
    """A roll, written out."""
    consensus = None if roll.consensus is None else roll.consensus.model_dump_json()
    timeframes = [list(pair) for pair in roll.timeframes]
    return [roll.since, roll.until, roll.items, timeframes, roll.strategies, consensus]


def restored(written: Primitives) -> Roll:
    """The roll that ``primitives`` wrote."""
    since, until, items, timeframes, strategies, consensus = written
    return Roll(
        since,
        until,
        items,
        tuple((timeframe, style) for timeframe, style in timeframes),
        strategies,
        None if consensus is None else ConsensusConfig.model_validate_json(consensus),
    )
