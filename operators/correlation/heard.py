"""What is kept of a signal until its windows are worked: the few fields that are needed, not the record."""

from typing import NamedTuple

from schemas.composite import Voice
from schemas.record import to_milliseconds
from schemas.signal import Position, Signal
from schemas.timeframe import timeframe_ms


class Heard(NamedTuple):
    """One signal: what the strategy's position is after it, flat where it takes back what was said before.

    ``correlated`` says that the signal is also weighed with the other timeframes of its strategy.
    """

    close_ms: int
    timeframe: str
    strategy: str
    version: int
    signal: str
    rule: str
    position: Position
    confidence: float
    price: float
    correlated: bool


def heard(signal: Signal, *, correlated: bool) -> Heard:
    """What is kept of a signal."""
    return Heard(
        to_milliseconds(signal.close_time),
        signal.timeframe,
        signal.strategy,
        signal.version,
        signal.id,
        signal.rule,
        signal.position_after,
        signal.confidence,
        signal.price,
        correlated,
    )


def in_time(one: Heard) -> tuple[int, int, str, str]:
    """Sorts by event time; at one instant longer timeframes first, then by name and strategy.

    Signals of one series at one instant compare equal, for their order is that in which the strategy gave them: it left
    one side before it entered the other.
    """
    return one.close_ms, -timeframe_ms(one.timeframe), one.timeframe, one.strategy


def voice(one: Heard, weight: float, end_ms: int) -> Voice:
    """What a signal that stands for a side says in the window that ends at ``end_ms``."""
    return Voice(
        one.signal,
        one.strategy,
        one.timeframe,
        one.rule,
        "long" if one.position == "long" else "short",
        one.confidence,
        weight,
        end_ms - one.close_ms,
        one.price,
    )
