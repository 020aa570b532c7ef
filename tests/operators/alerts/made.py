"""Records by hand, as the engine writes them."""

from typing import Any, Literal

from schemas.metrics import CurveFigures, EquityPoint, StrategyMetrics, TradeFigures
from schemas.portfolio_event import PortfolioEvent, portfolio_event_id
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.record import from_milliseconds
from schemas.trade import Trade, trade_ids

MINUTE = 60_000
HOUR = 60 * MINUTE
START = 1_735_689_600_000  # 2025-01-01T00:00:00Z


def curve(**more: Any) -> CurveFigures:  # noqa: ANN401  # figures of any kind
    fields: dict[str, Any] = dict.fromkeys(CurveFigures._fields)
    whole = {"bars": 1, "exposed_bars": 0, "longest_drawdown_bars": 0, "longest_drawdown_ms": 0}
    parts = dict.fromkeys(("exposure_time", "drawdown", "max_drawdown", "traded_value", "turnover", "fees"), 0.0)
    return CurveFigures(**{**fields, **whole, **parts, "equity": 10_000.0, "total_return": 0.0, **more})


def metrics(hour: int, *, strategy: str = "macd", symbol: str = "BTCUSDT", **more: Any) -> StrategyMetrics:  # noqa: ANN401  # as above
    """A strategy's metrics at the close of an hour; more are figures of its curve."""
    counts = ("trades", "wins", "losses", "streak", "longest_winning_streak", "longest_losing_streak")
    trades: dict[str, Any] = {**dict.fromkeys(TradeFigures._fields), **dict.fromkeys(counts, 0)}
    return StrategyMetrics(
        strategy=strategy,
        version=1,
        symbol=symbol,
        timeframe="1h",
        status="running",
        close_time=from_milliseconds(START + hour * HOUR),
        capital=10_000.0,
        cash=10_000.0,
        position="flat",
        quantity=0.0,
        price=100.0,
        realised=0.0,
        unrealised=0.0,
        performance=curve(**more),
        trades=TradeFigures(**trades),
    )


def equity(hour: int, drawdown: float, *, portfolio: str | None = None, strategy: str = "macd") -> EquityPoint:
    return EquityPoint(
        close_time=from_milliseconds(START + hour * HOUR),
        portfolio=portfolio,
        strategy=None if portfolio else strategy,
        symbol=None if portfolio else "BTCUSDT",
        timeframe=None if portfolio else "1h",
        equity=10_000.0 * (1 - drawdown),
        cash=10_000.0,
        drawdown=drawdown,
    )


def portfolio(hour: int, *, name: str = "main", **more: Any) -> PortfolioMetrics:  # noqa: ANN401  # as above
    """A portfolio's metrics at the close of an hour; more are its own figures."""
    fields: dict[str, Any] = {
        "equity": 10_000.0,
        "cash": 10_000.0,
        "heat": 0.0,
        "daily_loss": 0.0,
        "drawdown": 0.0,
        "kill_switch": "none",
        "positions": 0,
        "members": 1,
        "followed": 0,
        "refused": 0,
        "trades": metrics(hour).trades,
    }
    time = from_milliseconds(START + hour * HOUR)
    return PortfolioMetrics(portfolio=name, command="first", close_time=time, **{**fields, **more})


def happening(hour: int, event: Literal["removed", "configured", "tripped"]) -> PortfolioEvent:
    """What happened to the portfolio at the close of an hour."""
    time = from_milliseconds(START + hour * HOUR)
    return PortfolioEvent(
        id=portfolio_event_id("main", time, 0),
        portfolio="main",
        close_time=time,
        number=0,
        event=event,
        equity=10_000.0,
        reason="so it is",
    )


def trade(number: int, profit_fraction: float, *, strategy: str = "macd", version: int = 1) -> Trade:
    """The trade of an hour of its own."""
    entry_ms = START + number * HOUR
    return Trade(
        id=trade_ids(strategy, version, "BTCUSDT", "1h").id(str(entry_ms), str(number)),
        strategy=strategy,
        version=version,
        symbol="BTCUSDT",
        timeframe="1h",
        number=number,
        side="long",
        entry_time=from_milliseconds(entry_ms),
        exit_time=from_milliseconds(entry_ms + HOUR),
        quantity=1.0,
        entry_price=100.0,
        exit_price=100.0 * (1 + profit_fraction) if profit_fraction > -1 else 1.0,
        gross=100.0 * profit_fraction,
        fees=0.0,
        profit=100.0 * profit_fraction,
        profit_fraction=profit_fraction,
        entries=1,
        exits=1,
        bars_held=1,
        entry_reason="up",
        exit_reason="down",
        stopped=False,
        adverse_excursion=0.0,
        favourable_excursion=0.0,
        equity=10_000.0,
    )
