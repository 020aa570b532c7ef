"""The same decisions in backtesting.py: what it makes of them."""

import sys
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import pyarrow as pa
from backtesting import Backtest, Strategy

from operators.positions.bar import Bar
from operators.positions.fill import Side

ALL = 1 - sys.float_info.epsilon
"""All of the equity: a whole number would be one of units."""


class Theirs(NamedTuple):
    """A closed trade: units (below zero short), numbers of bars, prices, fees, profit net of them, its share."""

    units: float
    entry_bar: int
    exit_bar: int
    entry_price: float
    exit_price: float
    fees: float
    profit: float
    profit_fraction: float


class TheirRun(NamedTuple):
    """Closed trades, and equity after each bar."""

    trades: list[Theirs]
    equity: list[float]


def backtested(
    bars: Sequence[Bar], decided: Sequence[Side | None], *, capital: float, commission: float, size: float
) -> TheirRun:
    """Leave and enter the other side at the open after each decision, for ``size`` of what there is, in whole units."""

    class Decided(Strategy):  # type: ignore[misc]  # backtesting.py ships no types
        def init(self) -> None:
            pass

        def next(self) -> None:
            side = decided[len(self.data) - 1]
            if side is None:
                return
            self.position.close()
            if side == "buy":
                self.buy(size=size)
            else:
                self.sell(size=size)

    columns = {name.capitalize(): [getattr(bar, name) for bar in bars] for name in Bar._fields[:5]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # bars by number, a trade that is open at the end, orders that are too small
        result: Any = Backtest(pa.table(columns).to_pandas(), Decided, cash=capital, commission=commission).run()
    names = ("Size", "EntryBar", "ExitBar", "EntryPrice", "ExitPrice", "Commission", "PnL", "ReturnPct")
    trades = [Theirs(*(getattr(row, name) for name in names)) for row in result["_trades"].itertuples()]
    return TheirRun(trades, result["_equity_curve"]["Equity"].tolist())
