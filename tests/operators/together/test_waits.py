"""For whom a strategy waits, as its snapshots tell it."""

from operators.events import Frames, Reached, Transition
from operators.together.order import Order
from operators.together.parts import Part
from operators.together.waits import Wait, wait_of
from tests.dataflows.deployment import swing, version, wanted

MINUTE = 60_000


def bar(close_ms: int) -> Part:
    return Part(close_ms, Frames("BTC", "1m", [close_ms - MINUTE], {}), is_last=True)


def told(order: Order, symbol: str, minutes: int) -> Wait | None:
    """For whom it waits once a symbol has come so far."""
    order.reached(Reached("x", symbol, minutes * MINUTE, ("BTC", "ETH", "SOL")))
    for _ in order.released():
        pass
    return wait_of(order.snapshot())


def test_it_waits_for_those_without_candles_then_for_the_slowest_until_nothing_is_held_back() -> None:
    order = Order()
    order.add("x|BTC|1m", [bar(1 * MINUTE), bar(3 * MINUTE)])
    assert told(order, "BTC", 3) == Wait(2 * MINUTE, silent=("ETH", "SOL"))
    assert told(order, "ETH", 2) == Wait(2 * MINUTE, silent=("SOL",))
    assert told(order, "SOL", 1) == Wait(1 * MINUTE, late=("SOL",))
    assert told(order, "SOL", 2) == Wait(0, late=("ETH", "SOL")), "a bar apart: candles of one time do not come at once"
    assert told(order, "SOL", 4) == Wait(0, late=("ETH",))
    assert told(order, "ETH", 3) is None, "all that is left has been worked, though ETH is behind SOL"


def command(close_ms: int, state: str) -> Part:
    start = wanted("x", state, command=f"{state}-{close_ms}")
    event = Transition("BTC", "1m", close_ms - MINUTE, close_ms, 1.0, start, version(swing("x")))
    return Part(close_ms, event, is_last=True)


def test_one_that_is_stopped_waits_for_nobody_until_it_is_started_again() -> None:
    order = Order()
    order.add("x|BTC|1m", [command(1 * MINUTE, "running"), bar(2 * MINUTE)])
    assert told(order, "BTC", 2) == Wait(1 * MINUTE, silent=("ETH", "SOL"))
    order.add("x|BTC|1m", [bar(3 * MINUTE), command(3 * MINUTE, "stopped")])
    assert told(order, "BTC", 3) is None, "its stop waits too, and that is known to who asked for it"
    order.add("x|BTC|1m", [command(4 * MINUTE, "running")])
    assert told(order, "BTC", 4) == Wait(3 * MINUTE, silent=("ETH", "SOL"))


def test_of_two_spellings_of_a_symbol_the_slower_counts() -> None:
    order = Order()
    order.add("x|BTC|1m", [bar(3 * MINUTE)])
    told(order, "BTC", 3)
    told(order, "SOL", 3)
    told(order, "ETH", 3)
    order.add("x|BTC|1m", [bar(5 * MINUTE)])
    assert told(order, "ET/H", 1) == Wait(3 * MINUTE, late=("ETH",))
