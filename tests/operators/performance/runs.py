"""Real runs to measure: equity bar by bar and closed trades."""

import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq
import pytest
from backtesting import Backtest, Strategy
from backtesting.lib import crossover

from operators.performance.performance import Performance
from operators.positions.trade import Trade

DATA = Path(__file__).parents[3].parent / "shared" / "data"
DAY = 86_400_000
MINUTE = 60_000
SESSIONS = 252.0
MINUTES_A_YEAR = 525_600.0

Floats = npt.NDArray[np.float64]


class Run(NamedTuple):
    """Closes (ms), the equity at each, whether anything was held in its bar, and trades with the bar of their exit."""

    times: list[int]
    equity: Floats
    exposed: list[bool]
    trades: list[tuple[int, Trade]]
    year: float


def trade(gross: float, *, fees: float = 0.0, worth: float = 1_000.0, adverse: float = 0.0, far: float = 0.0) -> Trade:
    """A closed trade of one unit that was entered at ``worth``."""
    return Trade("long", 0, 1, 1.0, worth, worth + gross, gross, fees, 1, 1, 1, "in", "out", adverse, far)


def opened(run: Run) -> Performance:
    return Performance(capital=float(run.equity[0]), bars_a_year=run.year, opened_at=run.times[0])


def tell(account: Performance, run: Run, bar: int) -> None:
    """One bar of a run, as its account would: flat where nothing was held."""
    if run.exposed[bar] or run.equity[bar] != run.equity[bar - 1]:
        account.bar(run.times[bar], float(run.equity[bar]), exposed=run.exposed[bar])
    else:
        account.flat(1, run.times[bar])


class _Crossing(Strategy):  # type: ignore[misc]  # backtesting.py ships no types
    """SMA 10/30, close and reverse: what backtesting.py's results in the data's README are of."""

    def init(self) -> None:
        self.fast = self.I(_mean, self.data.Close, 10)
        self.slow = self.I(_mean, self.data.Close, 30)

    def next(self) -> None:
        if crossover(self.fast, self.slow):
            self.position.close()
            self.buy()
        elif crossover(self.slow, self.fast):
            self.position.close()
            self.sell()


def _mean(values: Any, period: int) -> Any:  # noqa: ANN401  # pandas ships no types
    return pd.Series(values).rolling(period).mean()


def goog() -> Run:
    """SMA 10/30 on GOOG as backtesting.py makes it; skip where the data are not."""
    file = DATA / "reference" / "backtesting_py" / "GOOG.csv.gz"
    if not file.exists():
        pytest.skip(f"no {file}: the shared data are not on this machine")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # backtesting.py 0.6.6 calls what pandas 3 means to take away
        candles = pd.read_csv(file, index_col=0, parse_dates=True)
        result: Any = Backtest(candles, _Crossing, cash=10_000, commission=0, finalize_trades=True).run()
    curve, rows = result["_equity_curve"]["Equity"], list(result["_trades"].itertuples())
    exposed = [False] * len(curve)
    for row in rows:
        exposed[row.EntryBar : row.ExitBar + 1] = [True] * (row.ExitBar + 1 - row.EntryBar)
    trades = [(int(row.ExitBar), _closed(row)) for row in rows]
    times = [round(time.timestamp() * 1_000) for time in curve.index]
    return Run(times, curve.to_numpy(dtype=np.float64), exposed, trades, SESSIONS)


def _closed(row: Any) -> Trade:  # noqa: ANN401  # a row of pandas, which ships no types
    units, prices = float(abs(row.Size)), (float(row.EntryPrice), float(row.ExitPrice))
    gross, fees = float(row.PnL + row.Commission), float(row.Commission)
    return Trade("long" if row.Size > 0 else "short", 0, 1, units, *prices, gross, fees, 1, 1, 1, "in", "out", 0.0, 0.0)


def bitcoin(bars: int) -> Run:
    """All of it in bitcoin while the mean of 20 minutes is above that of 60, a thousandth lost at each entry."""
    file = DATA / "m1" / "binance_spot_BTCUSDT_1m_2025-05_08.parquet"
    if not file.exists():
        pytest.skip(f"no {file}: the shared data are not on this machine")
    closes = pq.read_table(file)["close"].to_numpy()[: bars + 60].astype(np.float64)
    sums = np.concatenate([[0.0], np.cumsum(closes)])
    fast, slow = (sums[60:] - sums[40:-20]) / 20, (sums[60:] - sums[:-60]) / 60
    held = fast[:-1] > slow[:-1]  # as of the close before
    moved = closes[60:] / closes[59:-1]
    entered = held & ~np.concatenate([[False], held[:-1]])
    factors = np.where(held, moved, 1.0) * np.where(entered, 0.999, 1.0)
    equity = 10_000.0 * np.concatenate([[1.0], np.cumprod(factors)])
    times = [MINUTE * (number + 1) for number in range(len(equity))]
    return Run(times, equity, [False, *(bool(one) for one in held)], [], MINUTES_A_YEAR)
