"""For whom a strategy waits that is worked on all its symbols in one order: seen from its snapshot."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Wait(NamedTuple):
    """What the slowest symbols of a strategy hold up.

    Attributes:
        behind_ms: how much market time is held back: from where those symbols have come, or what is held back begins
            where that is later, to the newest that is held back.
        late: the symbols that have come least far; empty while there is one without any candle.
        silent: the symbols that have had no candle.
    """

    behind_ms: int
    late: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


def wait_of(order: Mapping[str, Any]) -> Wait | None:
    """For whom, from what ``Order.snapshot`` gave; None while nothing is held back.

    >>> held = [[120_000, []], [180_000, []]]
    >>> wait_of({"reached": {"BTC": {"BTC": 180_000}, "ETH": {"ETH": 60_000}}, "held": held})
    Wait(behind_ms=120000, late=('ETH',), silent=())
    >>> wait_of({"reached": {"BTC": {"BTC": 180_000}, "ETH": {}}, "held": held})
    Wait(behind_ms=60000, late=(), silent=('ETH',))
    """
    if not order["held"]:
        return None
    times = [at_ms for at_ms, _ in order["held"]]
    first, newest = min(times), max(times)
    silent = tuple(sorted(symbol for symbol, spelt in order["reached"].items() if not spelt))
    if silent:
        return Wait(newest - first, silent=silent)
    come = {symbol: min(spelt.values()) for symbol, spelt in order["reached"].items()}
    slowest = min(come.values())
    late = tuple(sorted(symbol for symbol, until in come.items() if until == slowest))
    return Wait(newest - slowest, late=late)
