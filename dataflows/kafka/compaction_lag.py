"""How long compaction must leave the control topic alone: as long as a candle may stay that a command came before.

A rebuild works every candle again from the first that was worked, and every command before the very same candle. It is
refused once that candle is gone, so until then no command may be.
"""

from collections.abc import Mapping
from typing import Final

LAG: Final = "min.compaction.lag.ms"
"""The setting of a compacted topic: a record stays at least so long."""
MOST: Final = "log.cleaner.max.compaction.lag.ms"
"""The setting of a broker that the lag of no topic may exceed."""
RETENTION: Final = "retention.ms"
SEGMENT: Final = "segment.ms"
FOR_EVER: Final = 2**63 - 1


def least_lag(candles: Mapping[str, str]) -> int | None:
    """The least lag in milliseconds for a candle topic with these settings; None where the broker does not tell them.

    A candle goes when the newest one of its segment is as old as the retention; and a segment takes candles for as long
    as ``segment.ms``.

    >>> least_lag({"retention.ms": "604800000", "segment.ms": "86400000"})
    691200000
    >>> least_lag({"retention.ms": "-1", "segment.ms": "86400000"}) == FOR_EVER
    True
    """
    if RETENTION not in candles or SEGMENT not in candles:
        return None
    retention, segment = int(candles[RETENTION]), int(candles[SEGMENT])
    return FOR_EVER if retention < 0 else min(FOR_EVER, retention + segment)
