"""What strategies came to in a replay, from the last metrics of each of their series."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ui.cli.printing import counted

if TYPE_CHECKING:  # not at run time: a command line that shows its help should not load the records
    from schemas.metrics import StrategyMetrics


def results(metrics: "Iterable[StrategyMetrics]") -> dict[str, dict[str, Any]]:
    """By strategy, all its series together: trades, how many won, profit in quote currency, return on their capitals.

    Open positions count at the last close at which anything was told of them: ``open`` is their part of the profit,
    before the fees of leaving. ``max_drawdown`` is the deepest fall of any one series, a fraction.
    """
    newest = {one.key: one for one in metrics}
    found: dict[str, dict[str, Any]] = {}
    capitals: dict[str, float] = {}
    for one in newest.values():
        result = found.setdefault(
            one.strategy,
            {"series": 0, "trades": 0, "wins": 0, "profit": 0.0, "open": 0.0, "return": 0.0, "max_drawdown": 0.0},
        )
        result["series"] += 1
        result["trades"] += one.trades.trades
        result["wins"] += one.trades.wins
        result["profit"] += one.performance.equity - one.capital
        result["open"] += one.unrealised
        result["max_drawdown"] = max(result["max_drawdown"], one.performance.max_drawdown)
        capitals[one.strategy] = capitals.get(one.strategy, 0.0) + one.capital
        result["return"] = result["profit"] / capitals[one.strategy]
    return found


def told(found: dict[str, dict[str, Any]]) -> Iterator[str]:
    """A line for each strategy.

    >>> dip = {"trades": 4, "wins": 3, "profit": -50.0, "open": 20.0, "return": -0.0025, "max_drawdown": 0.1}
    >>> list(told({"dip": dip}))
    ['dip: 4 trades, 75 % won, profit -50.00 (-0.25 %), 20.00 of it open, deepest fall of a series 10.00 %']
    >>> [line] = told({"dip": {**dip, "trades": 1, "wins": 1, "open": 0.0}})
    >>> line.split(", profit")[0]
    'dip: 1 trade, 100 % won'
    """
    for strategy, one in sorted(found.items()):
        won = f", {one['wins'] / one['trades']:.0%} won".replace("%", " %") if one["trades"] else ""
        still = f"{one['open']:,.2f} of it open, " if one["open"] else ""
        yield (
            f"{strategy}: {counted(one['trades'], 'trade')}{won}, profit {one['profit']:,.2f} "
            f"({one['return'] * 100:.2f} %), {still}deepest fall of a series {one['max_drawdown'] * 100:.2f} %"
        )
