"""What portfolios came to in a replay, from the last metrics of each."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ui.cli.printing import counted

if TYPE_CHECKING:  # not at run time: a command line that shows its help should not load the records
    from schemas.portfolio_metrics import PortfolioMetrics


def portfolio_results(names: Iterable[str], metrics: "Iterable[PortfolioMetrics]") -> dict[str, dict[str, Any] | None]:
    """By portfolio, in the order given; None where it has told of nothing, for it has not begun.

    ``equity`` is quote currency, ``return`` a fraction of what it began with, ``max_drawdown`` one of the highest;
    ``violated_limits`` are those that it is beyond at the end.
    """
    newest = {one.portfolio: one for one in metrics}
    found: dict[str, dict[str, Any] | None] = {}
    for name in names:
        one = newest.get(name)
        if one is None:
            found[name] = None
            continue
        curve, tripped = one.performance, one.tripped_by
        found[name] = {
            "equity": one.equity,
            "return": None if curve is None else curve.total_return,
            "max_drawdown": None if curve is None else curve.max_drawdown,
            "trades": one.trades.trades,
            "wins": one.trades.wins,
            "followed": one.followed,
            "refused": one.refused,
            "positions": one.positions,
            "kill_switch": one.kill_switch,
            "tripped_by": None if tripped is None else tripped.limit,
            "violated_limits": [limit.limit for limit in one.violated_limits],
        }
    return found


def portfolios_told(found: dict[str, dict[str, Any] | None]) -> Iterator[str]:
    """A line for each portfolio.

    >>> came_to = {"equity": 9500.0, "return": -0.05, "max_drawdown": 0.1, "trades": 4, "wins": 3}
    >>> did = {"followed": 5, "refused": 2, "kill_switch": "tripped", "tripped_by": "max_drawdown"}
    >>> [line] = portfolios_told({"main": {**came_to, **did, "violated_limits": ["max_drawdown"]}})
    >>> line.split("; ")[0]
    'portfolio main: equity 9,500.00 (-5.00 %), deepest fall 10.00 %, 4 trades, 75 % won, 5 entries followed, 2 refused'
    >>> line.split("; ")[1:]
    ['kill switch tripped by max_drawdown', 'beyond max_drawdown']
    >>> once = {"trades": 1, "wins": 1, "followed": 1, "kill_switch": "none", "violated_limits": []}
    >>> next(portfolios_told({"main": {**came_to, **did, **once}})).split("10.00 %, ")[1]
    '1 trade, 100 % won, 1 entry followed, 2 refused'
    """
    for name, one in found.items():
        if one is None:
            yield f"portfolio {name}: followed nothing"
            continue
        grown = "" if one["return"] is None else f" ({one['return'] * 100:.2f} %)"
        fall = "" if one["max_drawdown"] is None else f", deepest fall {one['max_drawdown'] * 100:.2f} %"
        trades = counted(one["trades"], "trade")
        won = f", {one['wins'] / one['trades'] * 100:.0f} % won" if one["trades"] else ""
        did = f"{counted(one['followed'], 'entry', 'entries')} followed, {one['refused']:,} refused"
        parts = [f"portfolio {name}: equity {one['equity']:,.2f}{grown}{fall}, {trades}{won}, {did}"]
        if one["kill_switch"] == "tripped":
            parts.append(f"kill switch tripped by {one['tripped_by']}")
        elif one["kill_switch"] == "armed":
            parts.append("kill switch armed")
        if one["violated_limits"]:
            parts.append(f"beyond {', '.join(one['violated_limits'])}")
        yield "; ".join(parts)
