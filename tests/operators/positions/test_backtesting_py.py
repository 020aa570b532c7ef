"""The fills of backtesting.py, wherever both define the same; and the two places where they do not.

It has no spread on exits, no ticks, no scaling out and no bars within bars. Distances are in units of price here, and
all fees in proportion.
"""

import warnings
from typing import Any, NamedTuple

import pandas as pd
import pytest
from backtesting import Backtest, Strategy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from operators.positions.bar import Bar
from operators.positions.causes import TIME_STOP
from operators.positions.costs import Costs
from operators.positions.exits import Held, protective_exits
from operators.positions.fill import Fill
from operators.positions.guard import advanced, guarded
from operators.positions.orders import market_fill
from operators.positions.plan import Plan, Reach, time_is_up
from tests.operators.positions.candles import MINUTE, bar, paths

UNITS = 8
ENTRY_BAR = 1  # the first at whose close it can decide


class Entry(NamedTuple):
    """One entry, and what protects it: distances in quote currency per unit."""

    long: bool
    at_close: bool
    stop: float | None = None
    target: float | None = None
    trail: float | None = None
    bars: int | None = None


class Round(NamedTuple):
    """From an entry to its exit, as both sides can say it; the exit is None where it is still open."""

    entry_bar: int
    entry_price: float
    exit_bar: int | None
    exit_price: float | None
    fees: float | None


def theirs(bars: list[Bar], entry: Entry, commission: float) -> Round:
    """What backtesting.py makes of an order at the close of ``ENTRY_BAR``."""
    sign = 1 if entry.long else -1
    first = bars[ENTRY_BAR].close if entry.at_close else bars[ENTRY_BAR + 1].open

    class Scripted(Strategy):  # type: ignore[misc]  # backtesting.py has no types
        def init(self) -> None:
            pass

        def next(self) -> None:
            now = len(self.data) - 1
            if now == ENTRY_BAR:
                order = self.buy if entry.long else self.sell
                stop = entry.trail if entry.stop is None else entry.stop
                order(
                    size=UNITS,
                    sl=None if stop is None else first - sign * stop,
                    tp=None if entry.target is None else first + sign * entry.target,
                )
            for trade in self.trades:
                if entry.trail is not None:
                    since = [one.high if entry.long else one.low for one in bars[trade.entry_bar : now + 1]]
                    since = since[1:] if entry.at_close else since
                    best = max([first, *since]) if entry.long else min([first, *since])
                    trade.sl = best - sign * entry.trail
                if entry.bars is not None and now - trade.entry_bar + 1 == entry.bars:
                    trade.close()

    frame = pd.DataFrame([one[:5] for one in bars], columns=["Open", "High", "Low", "Close", "Volume"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its remarks, and those of newer libraries on how it uses them
        done = Backtest(frame, Scripted, cash=1e6, commission=commission, trade_on_close=entry.at_close).run()
    trades: Any = done["_trades"]
    if len(trades):
        [trade] = trades.itertuples()
        return Round(trade.EntryBar, trade.EntryPrice, trade.ExitBar, trade.ExitPrice, trade.Commission)
    [open_trade] = done["_strategy"].trades
    return Round(open_trade.entry_bar, open_trade.entry_price, None, None, None)


def ours(bars: list[Bar], entry: Entry, commission: float) -> Round:
    """The same by the functions of this package."""
    costs = Costs(maker=commission, taker=commission)
    plan = Plan(
        stop_loss=reach(entry.stop),
        take_profit=reach(entry.target),
        trailing_stop=reach(entry.trail),
        max_bars_held=entry.bars,
        moves=entry.trail is not None,
    )
    enter, leave = ("buy", "sell") if entry.long else ("sell", "buy")
    number = ENTRY_BAR if entry.at_close else ENTRY_BAR + 1
    at = "close" if entry.at_close else "open"
    entered = market_fill(costs, bars[number], at, enter, UNITS, "rule")  # type: ignore[arg-type]  # literals of a choice
    assert entered is not None
    guard = guarded(plan, long=entry.long, entry=entered.price, even=entered.price, atrs=(1.0,))
    exposed, leaving = number + entry.at_close, False
    for now in range(exposed, len(bars)):
        filled: tuple[Fill | None, ...]
        if leaving:
            filled = (market_fill(costs, bars[now], "open", leave, UNITS, TIME_STOP),)  # type: ignore[arg-type]  # as above
        else:
            filled = protective_exits(plan, guard, Held(UNITS, UNITS), bars[now], costs).fills
        if filled:
            [left] = filled
            assert left is not None
            return Round(number, entered.price, now, left.price, entered.fee + left.fee)
        guard = advanced(plan, guard, bars[now])
        leaving = time_is_up(plan, now - exposed + 1)
    return Round(number, entered.price, None, None, None)


def reach(distance: float | None) -> Reach | None:
    return None if distance is None else Reach(0.0, distance, 0)


def assert_same(bars: list[Bar], entry: Entry, commission: float = 0.0) -> None:
    expected, found = theirs(bars, entry, commission), ours(bars, entry, commission)
    assert found[:4] == expected[:4]
    assert found.fees == (None if expected.fees is None else pytest.approx(expected.fees, rel=1e-12))


def series(*shapes: tuple[float, float, float, float]) -> list[Bar]:
    """Two quiet bars at 100, the second of which decides; then these."""
    quiet = (100.0, 101.0, 99.0, 100.0)
    return [bar(*shape, minute=minute) for minute, shape in enumerate([quiet, quiet, *shapes])]


@pytest.mark.parametrize("at_close", [True, False], ids=["signal close", "next open"])
@pytest.mark.parametrize("long", [True, False], ids=["long", "short"])
@pytest.mark.parametrize(
    "shapes",
    [
        [(100.0, 103.0, 99.0, 101.0), (101.0, 101.0, 97.0, 98.0)],  # the stop, inside
        [(100.0, 101.0, 97.0, 98.0)],  # in the first bar
        [(100.0, 101.0, 99.0, 100.0), (95.0, 96.0, 94.0, 95.0)],  # jumped over
        [(100.0, 101.0, 99.0, 100.0), (98.0, 99.0, 98.0, 99.0)],  # touched by the open
        [(100.0, 101.0, 99.0, 100.0), (101.0, 105.0, 100.0, 104.0)],  # the target, inside
        [(100.0, 101.0, 99.0, 100.0), (106.0, 107.0, 105.0, 106.0)],  # jumped over
        [(100.0, 101.0, 99.0, 100.0), (103.0, 104.0, 102.0, 103.0)],  # touched
        [(100.0, 105.0, 97.0, 101.0)],  # both in one bar: the stop
        [(100.0, 103.0, 99.0, 101.0), (101.0, 103.0, 99.0, 100.0)],  # neither
    ],
    ids=str,
)
def test_a_stop_2_and_a_target_4_away(
    shapes: list[tuple[float, float, float, float]], *, long: bool, at_close: bool
) -> None:
    bars = series(*shapes)
    if not long:
        bars = [
            one._replace(open=200 - one[0], high=200 - one[2], low=200 - one[1], close=200 - one[3]) for one in bars
        ]
    assert_same(bars, Entry(long, at_close, stop=2.0, target=4.0), commission=0.002)


DISTANCES = st.integers(1, 160).map(lambda eighths: eighths / 8)


@st.composite
def many_bars(draw: st.DrawFn) -> list[Bar]:
    drawn = draw(st.lists(paths(), min_size=4, max_size=10))
    return [
        one._replace(open_time=minute * MINUTE, close_time=(minute + 1) * MINUTE)
        for minute, (one, _) in enumerate(drawn)
    ]


@settings(max_examples=60)
@given(many_bars(), st.booleans(), st.booleans(), DISTANCES, DISTANCES, st.sampled_from([0.0, 0.002]))
def test_any_stop_and_target_over_any_bars(  # noqa: PLR0913, PLR0917  # drawn one by one
    bars: list[Bar],
    long: bool,  # noqa: FBT001  # drawn
    at_close: bool,  # noqa: FBT001  # drawn
    stop: float,
    target: float,
    commission: float,
) -> None:
    assume(is_taken(bars, long=long, at_close=at_close, stop=stop, target=target))
    entry = Entry(long, at_close, stop, target)
    assume(not opens_at_the_target_before_the_stop(bars, entry))
    assert_same(bars, entry, commission)


@settings(max_examples=60)
@given(many_bars(), st.booleans(), st.booleans(), DISTANCES)
def test_any_trailing_stop_over_any_bars(
    bars: list[Bar],
    long: bool,  # noqa: FBT001  # drawn
    at_close: bool,  # noqa: FBT001  # drawn
    trail: float,
) -> None:
    assume(is_taken(bars, long=long, at_close=at_close, stop=trail, target=1e6))
    assert_same(bars, Entry(long, at_close, trail=trail))


@settings(max_examples=60)
@given(many_bars(), st.booleans(), DISTANCES, st.integers(1, 6))
def test_a_time_stop_leaves_at_the_next_open_before_any_other_stop(
    bars: list[Bar],
    long: bool,  # noqa: FBT001  # drawn
    stop: float,
    held: int,
) -> None:
    assume(is_taken(bars, long=long, at_close=False, stop=stop, target=1e6))
    assert_same(bars, Entry(long, at_close=False, stop=stop, bars=held), commission=0.002)


def is_taken(bars: list[Bar], *, long: bool, at_close: bool, stop: float, target: float) -> bool:
    """Whether it takes the order: it compares stop and target with the last close, not with the open to come."""
    last, sign = bars[ENTRY_BAR].close, 1 if long else -1
    first = last if at_close else bars[ENTRY_BAR + 1].open
    return first - sign * stop > 0 < first + sign * target and -stop < sign * (last - first) < target


def opens_at_the_target_before_the_stop(bars: list[Bar], entry: Entry) -> bool:
    """Whether the first exit is at an open beyond the target, in a bar that comes to the stop later."""
    found = ours(bars, entry, 0.0)
    if found.exit_bar is None or entry.stop is None:
        return False
    one, sign = bars[found.exit_bar], 1 if entry.long else -1
    stop = found.entry_price - sign * entry.stop
    gained = found.exit_price is not None and sign * (found.exit_price - found.entry_price) > 0
    return gained and (one.low <= stop if entry.long else one.high >= stop)


def test_an_open_beyond_the_target_comes_before_the_stop_and_there_it_comes_after() -> None:
    bars = series((100.0, 101.0, 99.0, 100.0), (105.0, 106.0, 97.0, 97.0))
    entry = Entry(long=True, at_close=False, stop=2.0, target=4.0)
    assert (ours(bars, entry, 0.0).exit_price, theirs(bars, entry, 0.0).exit_price) == (105.0, 98.0)


def test_nothing_fills_without_volume_and_there_it_does() -> None:
    bars = series((100.0, 101.0, 99.0, 100.0), (97.0, 97.0, 97.0, 97.0), (96.0, 97.0, 96.0, 97.0))
    bars[3] = bars[3]._replace(volume=0.0)
    entry = Entry(long=True, at_close=False, stop=2.0)
    assert (ours(bars, entry, 0.0).exit_price, theirs(bars, entry, 0.0).exit_price) == (96.0, 97.0)
