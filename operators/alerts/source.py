"""What a rule is applied to: a series of a strategy, a portfolio, a symbol or a worker."""

from typing import Any, NamedTuple

from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.trade import Trade


class Source(NamedTuple):
    """Its name, which with the rule's is the key of its alerts, and its parts as far as it has them."""

    name: str
    strategy: str | None = None
    symbol: str | None = None
    timeframe: str | None = None
    portfolio: str | None = None

    @property
    def parts(self) -> dict[str, Any]:
        """The fields of an alert that say what it is about."""
        return {"source": self.name, **{key: value for key, value in self._asdict().items() if key != "name"}}


def source_of(record: StrategyMetrics | EquityPoint | Trade | PortfolioMetrics) -> Source:
    """The source that a record is of: its key.

    >>> series("macd", "BTCUSDT", "1h").name
    'macd|BTCUSDT|1h'
    """
    if isinstance(record, PortfolioMetrics):
        return Source(record.key, portfolio=record.portfolio)
    portfolio = record.portfolio if isinstance(record, EquityPoint) else None
    return Source(record.key, record.strategy, record.symbol, record.timeframe, portfolio)


def series(strategy: str, symbol: str, timeframe: str) -> Source:
    """A strategy on one series."""
    return Source(f"{strategy}|{symbol}|{timeframe}", strategy, symbol, timeframe)
