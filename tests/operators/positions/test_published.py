"""Published results of backtesting.py, to the last digit that is listed, and its trade lists, trade by trade."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.positions.bar import Bar
from operators.positions.costs import costs_of
from operators.positions.fill import Side
from operators.positions.trade import Trade
from schemas.execution import ExecutionConfig, ProportionalFees
from schemas.risk import FixedFraction
from tests.operators.positions.crossing_backtest import ALL, backtested
from tests.operators.positions.sma_cross import DAY_MS, close_and_reverse, crossings, goog, left


def shares(commission: float = 0.0, capital: float = 10_000.0) -> ExecutionConfig:
    """Whole shares at the next open; a commission on both sides."""
    fees = ProportionalFees(method="proportional", maker=commission, taker=commission)
    return ExecutionConfig(capital=capital, lot_size=1.0, fees=fees if commission else None)


def numbers(trade: Trade) -> tuple[float, int, int, float, float, float]:
    """Units, number of the bar of entry and of exit, prices, fees."""
    units = trade.quantity if trade.side == "long" else -trade.quantity
    return units, trade.entry_ms, trade.exit_ms, trade.entry_price, trade.exit_price, trade.fees


def test_sma_10_30_on_goog_closed_at_the_end() -> None:
    bars = goog()
    run = close_and_reverse(bars, crossings(bars, 10, 30), shares())
    trades = run.trades + left(run.account, bars[-1], costs_of(shares()))
    assert len(trades) == 66
    assert run.account.equity == 51422.98999999996
    assert (run.account.equity - 10_000.0) / 10_000.0 * 100.0 == 414.2298999999996
    assert sum(trade.profit > 0 for trade in trades) / len(trades) * 100.0 == pytest.approx(
        46.96969696969697, abs=1e-13
    )


def test_sma_10_20_on_goog_with_commission() -> None:
    bars = goog()
    run = close_and_reverse(bars, crossings(bars, 10, 20), shares(commission=0.002))
    assert len(run.trades) == 93
    assert round(run.account.equity, 5) == 56263.51934
    assert round((run.account.equity - 10_000.0) / 100.0, 6) == 462.635193


@pytest.mark.parametrize(("slow", "commission"), [(30, 0.0), (20, 0.002)])
def test_goog_trade_by_trade_and_bar_by_bar(slow: int, commission: float) -> None:
    bars = goog()
    numbered = [bar._replace(open_time=number, close_time=number + 1) for number, bar in enumerate(bars)]
    decided = crossings(bars, 10, slow)
    ours = close_and_reverse(numbered, decided, shares(commission))
    theirs = backtested(bars, decided, capital=10_000.0, commission=commission, size=ALL)
    assert len(theirs.trades) == {30: 65, 20: 93}[slow]  # and one that is open at the end
    assert [numbers(trade) for trade in ours.trades] == [theirs_[:6] for theirs_ in theirs.trades]
    assert [trade.profit for trade in ours.trades] == [trade.profit for trade in theirs.trades]
    fractions = [trade.profit_fraction for trade in theirs.trades]
    assert [trade.profit_fraction for trade in ours.trades] == pytest.approx(fractions, abs=1e-14)
    assert ours.equity == pytest.approx(theirs.equity, rel=1e-13)


moves = st.lists(
    st.tuples(*[st.floats(-0.03, 0.03) for _ in range(4)], st.sampled_from([None, None, "buy", "sell"])),
    min_size=4,
    max_size=40,
)


def walked(steps: list[tuple[float, float, float, float, Side | None]]) -> tuple[list[Bar], list[Side | None]]:
    """Bars that open, reach and close so far from each other, and what is decided after each."""
    bars, close = [], 100.0
    for number, (gap, rise, fall, move, _) in enumerate(steps):
        opened = close * (1 + gap)
        close = opened * (1 + move)
        high, low = max(opened, close) * (1 + abs(rise)), min(opened, close) * (1 - abs(fall))
        bars.append(Bar(opened, high, low, close, 1.0, number * DAY_MS, (number + 1) * DAY_MS))
    return bars, [None, *(step[-1] for step in steps[1:])]  # backtesting.py decides from its second bar on


@given(moves, st.sampled_from([0.0, 0.001, 0.01]), st.sampled_from([1.0, 0.5, 0.1]))
@settings(max_examples=40)
def test_generated_bars_and_decisions_come_to_the_same_trades(
    steps: list[tuple[float, float, float, float, Side | None]], commission: float, fraction: float
) -> None:
    # A fraction counts the fee in there and not here, so the two agree where it is all or costs nothing.
    size, charged = (fraction, 0.0) if fraction < 1 else (ALL, commission)
    bars, decided = walked(steps)
    numbered = [bar._replace(open_time=number, close_time=number + 1) for number, bar in enumerate(bars)]
    sizing = FixedFraction(method="fixed_fraction", fraction=fraction)
    ours = close_and_reverse(numbered, decided, shares(charged, capital=100_000.0), sizing)
    theirs = backtested(bars, decided, capital=100_000.0, commission=charged, size=size)
    assert [trade[:6] for trade in map(numbers, ours.trades)] == [pytest.approx(one[:6]) for one in theirs.trades]
    assert ours.equity[1:] == pytest.approx(theirs.equity[1:], rel=1e-12)
