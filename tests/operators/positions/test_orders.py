"""Orders of rules: at an open or a close, and never where nothing was traded."""

from operators.positions.costs import Costs
from operators.positions.fill import Fill
from operators.positions.orders import market_fill
from tests.operators.positions.candles import MINUTE, bar

BAR = bar(100.0, 104.0, 96.0, 102.0, minute=3)


def test_it_fills_at_the_open_or_at_the_close_at_that_time() -> None:
    costs = Costs(slip_amount=1.0, taker=0.01)
    bought = market_fill(costs, BAR, "open", "buy", 2.0, "up")
    sold = market_fill(costs, BAR, "close", "sell", 2.0, "down")
    assert bought == Fill(3 * MINUTE, "buy", 2.0, 101.0, 2.02, "up")
    assert sold == Fill(4 * MINUTE, "sell", 2.0, 101.0, 2.02, "down")


def test_it_waits_over_a_bar_without_volume_and_takes_one_of_a_single_tick() -> None:
    nothing, tick = bar(100.0, 100.0, 100.0, 100.0, volume=0.0), bar(100.0, 100.0, 100.0, 100.0, volume=0.001)
    assert market_fill(Costs(), nothing, "open", "buy", 2.0, "up") is None
    assert market_fill(Costs(), nothing, "close", "buy", 2.0, "up") is None
    filled = market_fill(Costs(slip_amount=1.0), tick, "open", "buy", 2.0, "up")
    assert filled is not None
    assert filled.price == 100.0
