"""What accounts say, in columns: changes of positions and trades, metrics, equity, executions."""

from collections.abc import Sequence
from datetime import datetime

from schemas.audit import Execution
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.portfolio_event import PortfolioEvent
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.position import PositionChange
from schemas.trade import Trade
from ui.cli.columns import Columns, coloured, line
from ui.cli.strategy_report import minute

_SERIES: Columns = (("closed (UTC)", 16), ("strategy", 20), ("symbol", 10), ("timeframe", 9))

POSITIONS: Columns = (
    *_SERIES,
    ("what", 7),
    ("side", 5),
    ("quantity", -12),
    ("price", -12),
    ("profit", -12),
    ("equity", -14),
    ("reason", 6),
)
METRICS: Columns = (
    *_SERIES,
    ("status", 11),
    ("side", 5),
    ("equity", -14),
    ("return", -9),
    ("deepest fall", -12),
    ("Sharpe", -7),
    ("trades", -6),
    ("won", -5),
    ("limits", 6),
)
EQUITY: Columns = (*_SERIES, ("equity", -14), ("cash", -14), ("fall", -8), ("gross", -7), ("net", -7), ("open", -4))
EXECUTIONS: Columns = (
    *_SERIES,
    ("outcome", 9),
    ("before", 6),
    ("after", 5),
    ("equity", -14),
    ("us", -6),
    ("rules", 16),
    ("reason", 6),
)

_NONE = "-"


def line_of_account(record: object) -> str | None:
    """A record in its topic's columns; None where it is of another topic."""
    side = None
    match record:
        case PositionChange():
            columns, cells, side = POSITIONS, _change(record), record.position
        case Trade():
            columns, cells, side = POSITIONS, _trade(record), record.side
        case StrategyMetrics():
            columns, cells, side = METRICS, _metrics(record), record.position
        case PortfolioMetrics():
            columns, cells = METRICS, _portfolio(record)
        case EquityPoint():
            columns, cells = EQUITY, _equity(record)
        case Execution():
            columns, cells = EXECUTIONS, _execution(record)
        case PortfolioEvent():
            columns, cells = EXECUTIONS, _event(record)
        case _:
            return None
    told = line(columns, cells)
    return told if side is None else coloured(told, side)


def _change(change: PositionChange) -> Sequence[str]:
    profit = change.realised + change.unrealised - change.fees
    held = [change.change, change.position, _amount(change.quantity), _amount(change.price)]
    return [*_at(change.close_time, change), *held, _money(profit), _money(change.equity), change.reason]


def _trade(trade: Trade) -> Sequence[str]:
    held = ["trade", trade.side, _amount(trade.quantity), _amount(trade.exit_price)]
    return [*_at(trade.exit_time, trade), *held, _money(trade.profit), _money(trade.equity), trade.exit_reason]


def _metrics(metrics: StrategyMetrics) -> Sequence[str]:
    curve, trades = metrics.performance, metrics.trades
    return [
        *_at(metrics.close_time, metrics),
        metrics.status,
        metrics.position,
        _money(curve.equity),
        f"{curve.total_return:.2%}",
        f"{curve.max_drawdown:.2%}",
        _NONE if curve.sharpe_arithmetic is None else f"{curve.sharpe_arithmetic:.2f}",
        f"{trades.trades:,}",
        _NONE if trades.win_rate is None else f"{trades.win_rate:.0%}",
        " ".join(metrics.violated_limits) or _NONE,
    ]


def _equity(point: EquityPoint) -> Sequence[str]:
    figures = [_money(point.equity), _money(point.cash), f"{point.drawdown:.2%}"]
    exposures = [_NONE if one is None else f"{one:.2f}" for one in (point.gross_exposure, point.net_exposure)]
    return [*_at(point.close_time, point), *figures, *exposures, f"{point.positions:,}"]


def _execution(execution: Execution) -> Sequence[str]:
    took = execution.microseconds
    return [
        *_at(execution.close_time, execution),
        execution.outcome,
        execution.position_before,
        execution.position_after,
        _money(execution.equity),
        _NONE if took is None else f"{took:,}",
        " ".join(execution.rules) or _NONE,
        execution.error or execution.reason,
    ]


def _portfolio(metrics: PortfolioMetrics) -> Sequence[str]:
    """Its kill switch where a strategy has its status, and its open positions where a strategy has its side."""
    curve, trades = metrics.performance, metrics.trades
    return [
        minute(metrics.close_time),
        metrics.key,
        _NONE,
        _NONE,
        metrics.kill_switch,
        f"{metrics.positions:,}",
        _money(metrics.equity),
        _NONE if curve is None else f"{curve.total_return:.2%}",
        _NONE if curve is None else f"{curve.max_drawdown:.2%}",
        _NONE if curve is None or curve.sharpe_arithmetic is None else f"{curve.sharpe_arithmetic:.2f}",
        f"{trades.trades:,}",
        _NONE if trades.win_rate is None else f"{trades.win_rate:.0%}",
        " ".join(one.limit for one in metrics.violated_limits) or _NONE,
    ]


def _event(event: PortfolioEvent) -> Sequence[str]:
    symbol, timeframe = event.symbol or _NONE, event.timeframe or _NONE
    whose = [minute(event.close_time), event.key, symbol, timeframe]
    return [*whose, event.event, _NONE, _NONE, _money(event.equity), _NONE, event.strategy or _NONE, event.reason]


def _at(time: datetime, record: PositionChange | Trade | StrategyMetrics | EquityPoint | Execution) -> Sequence[str]:
    """When, and whose it is: of a series, or of a whole portfolio."""
    if isinstance(record, EquityPoint) and record.portfolio is not None:
        return [minute(time), record.key, _NONE, _NONE]
    return [minute(time), record.strategy or _NONE, record.symbol or _NONE, record.timeframe or _NONE]


def _money(amount: float) -> str:
    """Quote currency."""
    return f"{amount:,.2f}"


def _amount(amount: float) -> str:
    """Units of the base, or a price: as many digits as it has, up to eight."""
    return f"{amount:,.8g}"
