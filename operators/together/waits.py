"""For whom a strategy waits that is worked on all its symbols in one order: seen from its snapshot."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from operators.together.parts import wanted_state
from schemas.timeframe import timeframe_ms


class Wait(NamedTuple):
    """What the slowest symbols of a strategy hold up.

    Attributes:
        behind_ms: how much market time is held back, up to the newest that is: beyond one bar (of the longest timeframe
            that is held back) after where the late symbols have come, or from the first on that is held back for silent
            ones.
        late: the symbols that have come least far; empty while there is one without any candle.
        silent: the symbols that have had no candle.
    """

    behind_ms: int
    late: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


def wait_of(order: Mapping[str, Any]) -> Wait | None:
    """For whom, from what ``Order.snapshot`` gave; None while nothing is held back, or a stop alone is waited for.

    >>> held = [[120_000, [["x|BTC|1m", []]]], [180_000, [["x|BTC|1m", []]]]]
    >>> wait_of({"reached": {"BTC": {"BTC": 180_000}, "ETH": {"ETH": 60_000}}, "held": held})
    Wait(behind_ms=60000, late=('ETH',), silent=())
    >>> wait_of({"reached": {"BTC": {"BTC": 180_000}, "ETH": {}}, "held": held})
    Wait(behind_ms=60000, late=(), silent=('ETH',))
    """
    held = sorted(order["held"])
    if not held or _is_stopped(held):
        return None
    first, newest = held[0][0], held[-1][0]
    silent = tuple(sorted(symbol for symbol, spelt in order["reached"].items() if not spelt))
    if silent:
        return Wait(newest - first, silent=silent)
    come = {symbol: min(spelt.values()) for symbol, spelt in order["reached"].items()}
    slowest = min(come.values())
    late = tuple(sorted(symbol for symbol, until in come.items() if until == slowest))
    bar_ms = max(timeframe_ms(key.rsplit("|", 1)[1]) for _, each in held for key, _ in each)
    return Wait(max(0, newest - slowest - bar_ms), late=late)


def _is_stopped(held: list[Any]) -> bool:
    """Whether the last command that is held back for each series is a stop."""
    last: dict[str, str] = {}
    for _, each in held:
        for key, parts in each:
            last.setdefault(key, "")
            for part in parts:
                last[key] = wanted_state(part) or last[key]
    return set(last.values()) == {"stopped"}
