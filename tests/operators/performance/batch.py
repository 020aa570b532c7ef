"""The same figures in whole arrays, from their definitions: what an account that goes bar by bar has to agree with."""

from itertools import groupby
from typing import Any

import empyrical
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

YEAR_MS = 365.25 * 86_400_000


def empyrical_figures(returns: Floats, year: float) -> dict[str, float]:
    """What empyrical-reloaded says of so many returns."""
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        how: dict[str, Any] = {"annualization": year}
        return {
            "annual_return": empyrical.annual_return(returns, **how),
            "volatility_arithmetic": empyrical.annual_volatility(returns, **how),
            "sharpe_arithmetic": empyrical.sharpe_ratio(returns, **how),
            "sortino_arithmetic": empyrical.sortino_ratio(returns, **how),
            "calmar": empyrical.calmar_ratio(returns, **how),
        }


def geometric_figures(returns: Floats, year: float) -> dict[str, float]:
    """backtesting.py's formulas, in long double: in double the volatility of minutes has six right digits."""
    exact = returns.astype(np.longdouble)
    count, years = len(exact), np.longdouble(year)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        mean = np.exp(np.log1p(exact).sum() / count)
        annual = mean**years - 1
        spread = ((exact - exact.mean()) ** 2).sum() / (count - 1)
        volatility = np.sqrt((spread + mean**2) ** years - mean ** (2 * years))
        downside = np.sqrt((np.minimum(exact, 0) ** 2).sum() / count)
        return {
            "volatility_geometric": float(volatility),
            "sharpe_geometric": float(annual / volatility),
            "sortino_geometric": float(annual / (downside * np.sqrt(years))),
        }


def curve_figures(equity: Floats, times: list[int], exposed: list[bool]) -> dict[str, float]:
    """Of an equity curve alone."""
    peaks = np.maximum.accumulate(equity)
    depths = (peaks - equity) / peaks
    top = np.flatnonzero(depths == 0)
    spans = [(first, last) for first, last in zip(top, [*top[1:], len(equity) - 1], strict=True) if last > first]
    under = [(first, last) for first, last in spans if depths[first + 1] > 0]
    elapsed = times[-1] - times[0]
    with np.errstate(over="ignore"):
        cagr = (equity[-1] / equity[0]) ** (YEAR_MS / elapsed) - 1
    return {
        "total_return": equity[-1] / equity[0] - 1,
        "cagr": float(cagr),
        "drawdown": depths[-1],
        "max_drawdown": depths.max(),
        "longest_drawdown_bars": max((last - first for first, last in under), default=0),
        "longest_drawdown_ms": max((times[last] - times[first] for first, last in under), default=0),
        "exposure_time": float(np.mean(exposed)),
        "exposed_bars": sum(exposed),
        "bars": len(equity),
        "equity": equity[-1],
    }


def trade_figures(profits: list[float], gains: list[float], adverse: list[float], far: list[float]) -> dict[str, float]:
    """Of closed trades, one number each per list."""
    money, parts = np.array(profits), np.array(gains)
    won, lost = money[money > 0], money[money < 0]
    runs = [(sign, sum(1 for _ in run)) for sign, run in groupby(np.sign(money))]
    return {
        "trades": len(money),
        "wins": len(won),
        "losses": len(lost),
        "win_rate": float(np.mean(money > 0)),
        "profit_factor": _ratio(won.sum(), -lost.sum()),
        "profit_factor_of_gains": _ratio(parts[parts > 0].sum(), -parts[parts < 0].sum()),
        "expectancy": float(money.mean()),
        "expectancy_of_gains": float(parts.mean()),
        "average_win": _ratio(won.sum(), len(won)),
        "average_loss": _ratio(lost.sum(), len(lost)),
        "best_trade": money.max(),
        "worst_trade": money.min(),
        "best_gain": parts.max(),
        "worst_gain": parts.min(),
        "streak": runs[-1][0] * runs[-1][1],
        "longest_winning_streak": max((count for sign, count in runs if sign > 0), default=0),
        "longest_losing_streak": max((count for sign, count in runs if sign < 0), default=0),
        "average_adverse": float(np.mean(adverse)),
        "worst_adverse": max(adverse),
        "average_favourable": float(np.mean(far)),
        "best_favourable": max(far),
    }


def _ratio(over: float, under: float) -> float:
    return over / under if under else np.nan
