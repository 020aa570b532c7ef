"""Makers of what a strategy's account tells: plain figures that a test can change one of."""

from datetime import datetime, timedelta
from typing import Any

from schemas.metrics import CurveFigures, EquityPoint, StrategyMetrics, TradeFigures
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.position import Fill, PositionChange, change_id
from schemas.record import to_milliseconds
from schemas.trade import Trade, trade_ids
from tests.ui.dashboard.conftest import START


def close_of(minute: int) -> datetime:
    """When a minute's candle closes."""
    return START + timedelta(minutes=minute + 1)


def _series(strategy: str, symbol: str) -> dict[str, Any]:
    return {"strategy": strategy, "version": 1, "symbol": symbol, "timeframe": "1m"}


def point(minute: int, equity: float, *, strategy: str = "dip", drawdown: float = 0.0) -> EquityPoint:
    """Equity at the close of a minute."""
    return EquityPoint(
        close_time=close_of(minute),
        strategy=strategy,
        symbol="BTCUSDT",
        timeframe="1m",
        equity=equity,
        cash=equity,
        drawdown=drawdown,
        positions=1,
    )


def opened(minute: int, *, strategy: str = "dip", symbol: str = "BTCUSDT", **other: object) -> PositionChange:
    """Half a unit bought at 64,000 at the open of a minute, with a stop and a target."""
    close = close_of(minute)
    fill = Fill(to_milliseconds(close) - 60_000, "buy", 0.5, 64_000.0, 16.0, "entry")
    fields: dict[str, object] = _series(strategy, symbol) | {
        "id": change_id(strategy, 1, symbol, "1m", close, 0),
        "open_time": close - timedelta(minutes=1),
        "close_time": close,
        "number": 0,
        "change": "opened",
        "position": "long",
        "quantity": 0.5,
        "average_price": 64_000.0,
        "price": 64_100.0,
        "fills": (fill,),
        "realised": 0.0,
        "unrealised": 50.0,
        "fees": 16.0,
        "cash": 67_984.0,
        "equity": 100_034.0,
        "stop_price": 63_000.0,
        "target_price": 66_000.0,
        "reason": "entry",
    }
    return PositionChange.model_validate(fields | other)


def stopped(minute: int, *, strategy: str = "dip") -> PositionChange:
    """The same left at its stop."""
    fill = Fill(to_milliseconds(close_of(minute)), "sell", 0.5, 63_000.0, 15.75, "stop_loss")
    return opened(
        minute,
        strategy=strategy,
        change="closed",
        position="flat",
        quantity=0.0,
        average_price=None,
        fills=(fill,),
        stop_price=None,
        target_price=None,
        reason="stop_loss",
    )


def trade(number: int, minute: int, *, profit: float = -531.75, strategy: str = "dip") -> Trade:
    """The trade that ended so: half a unit from 64,000 to 63,000."""
    close = close_of(minute)
    return Trade(
        **_series(strategy, "BTCUSDT"),
        id=trade_ids(strategy, 1, "BTCUSDT", "1m").id(str(to_milliseconds(close)), str(number)),
        number=number,
        side="long",
        entry_time=close - timedelta(minutes=5),
        exit_time=close,
        quantity=0.5,
        entry_price=64_000.0,
        exit_price=63_000.0,
        gross=profit + 31.75,
        fees=31.75,
        profit=profit,
        profit_fraction=profit / 32_000,
        entries=1,
        exits=1,
        bars_held=5,
        entry_reason="entry",
        exit_reason="stop_loss",
        stopped=True,
        adverse_excursion=0.0156,
        favourable_excursion=0.002,
        equity=100_000.0 + profit,
    )


def metrics(minute: int, *, strategy: str = "dip", symbol: str = "BTCUSDT", **other: object) -> StrategyMetrics:
    """Long half a unit from 64,000 on a capital of 100,000, after four trades of which one won."""
    fields: dict[str, object] = _series(strategy, symbol) | {
        "status": "running",
        "close_time": close_of(minute),
        "capital": 100_000.0,
        "cash": 67_984.0,
        "position": "long",
        "quantity": 0.5,
        "average_price": 64_000.0,
        "price": 64_100.0,
        "realised": 0.0,
        "unrealised": 50.0,
        "exposure": 0.32,
        "performance": _curve(),
        "trades": _closed(),
    }
    return StrategyMetrics.model_validate(fields | other)


def portfolio(minute: int, *, name: str = "main", **other: object) -> PortfolioMetrics:
    """Two of its three series hold something worth 60,000, a tenth of which would be lost at the stops."""
    fields: dict[str, object] = {
        "portfolio": name,
        "command": "first",
        "close_time": close_of(minute),
        "equity": 100_034.0,
        "cash": 40_034.0,
        "gross_exposure": 0.6,
        "net_exposure": -0.2,
        "heat": 10_003.4,
        "daily_loss": 0.01,
        "drawdown": 0.02,
        "kill_switch": "armed",
        "positions": 2,
        "members": 3,
        "followed": 5,
        "refused": 7,
        "performance": _curve(),
        "trades": _closed(),
    }
    return PortfolioMetrics.model_validate(fields | other)


def portfolio_point(minute: int, equity: float, *, name: str = "main", drawdown: float = 0.0) -> EquityPoint:
    """A portfolio's equity at the close of a minute."""
    return EquityPoint(close_time=close_of(minute), portfolio=name, equity=equity, cash=equity, drawdown=drawdown)


def _curve() -> dict[str, object]:
    curve: dict[str, object] = dict.fromkeys(CurveFigures._fields)
    curve |= {"bars": 100, "exposed_bars": 40, "exposure_time": 0.4, "equity": 100_034.0, "total_return": 0.00034}
    curve |= {"sharpe_arithmetic": 1.25, "drawdown": 0.0, "max_drawdown": 0.02, "longest_drawdown_bars": 7}
    curve |= {"longest_drawdown_ms": 420_000, "traded_value": 288_000.0, "turnover": 2.88, "fees": 143.0}
    return curve


def _closed() -> dict[str, object]:
    closed: dict[str, object] = dict.fromkeys(TradeFigures._fields)
    closed |= {"trades": 4, "wins": 1, "losses": 3, "win_rate": 0.25, "streak": -1}
    closed |= {"longest_winning_streak": 1, "longest_losing_streak": 2}
    return closed
