"""Running performance: what a strategy on one series has come to, and its equity from bar to bar."""

from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Field, FiniteFloat, StringConstraints, field_serializer, model_validator

from schemas.lifecycle import VersionNumber
from schemas.portfolio import PORTFOLIO_KEY, PortfolioId
from schemas.position import Count, Name, NotNegative, Positive, RecordId
from schemas.record import Record, StrategyId, Symbol, UtcTime
from schemas.signal import Position
from schemas.timeframe import Timeframe

Long = Annotated[int, Field(ge=0, le=2**63 - 1)]
Share = Annotated[float, Field(ge=0, le=1)]


class CurveFigures(NamedTuple):
    """What the equity curve amounts to, as of the last close. Fractions are not percent: 0.01 is 1 %.

    ``bars`` and ``exposed_bars`` count closes; ``exposure_time`` is the second over the first. ``equity``,
    ``traded_value`` and ``fees`` are quote currency. ``total_return`` is a fraction of the capital; ``annual_return``,
    ``cagr`` and the volatilities are fractions a year; Sharpe, Sortino and Calmar are plain numbers of a year.
    *Arithmetic* is as empyrical has it, *geometric* as backtesting.py. Drawdowns are fractions of the highest close, 0
    or more; the longest is in bars and in milliseconds. ``turnover`` is times equity, ``annual_turnover`` the same a
    year. None where a figure has no value yet.
    """

    bars: Long
    exposed_bars: Long
    exposure_time: Share
    equity: FiniteFloat
    total_return: FiniteFloat
    annual_return: FiniteFloat | None
    cagr: FiniteFloat | None
    volatility_arithmetic: NotNegative | None
    volatility_geometric: NotNegative | None
    sharpe_arithmetic: FiniteFloat | None
    sharpe_geometric: FiniteFloat | None
    sortino_arithmetic: FiniteFloat | None
    sortino_geometric: FiniteFloat | None
    calmar: FiniteFloat | None
    drawdown: NotNegative
    max_drawdown: NotNegative
    longest_drawdown_bars: Long
    longest_drawdown_ms: Long
    traded_value: NotNegative
    turnover: NotNegative
    annual_turnover: NotNegative | None
    fees: NotNegative


class TradeFigures(NamedTuple):
    """What closed trades amount to; None where there is none to say it of.

    ``win_rate`` is a fraction of the trades. Profits are net of fees: ``expectancy``, ``average_win``, ``average_loss``
    (below 0), ``best_trade`` and ``worst_trade`` in quote currency, gains as fractions of the value of the entries.
    Excursions (MAE: adverse, MFE: favourable) are fractions of the entry price, 0 or more. ``streak`` is the present
    one in trades, above 0 of wins, below of losses.
    """

    trades: Long
    wins: Long
    losses: Long
    win_rate: Share | None
    profit_factor: NotNegative | None
    profit_factor_of_gains: NotNegative | None
    expectancy: FiniteFloat | None
    expectancy_of_gains: FiniteFloat | None
    average_win: FiniteFloat | None
    average_loss: FiniteFloat | None
    best_trade: FiniteFloat | None
    worst_trade: FiniteFloat | None
    best_gain: FiniteFloat | None
    worst_gain: FiniteFloat | None
    streak: Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
    longest_winning_streak: Long
    longest_losing_streak: Long
    average_adverse: NotNegative | None
    worst_adverse: NotNegative | None
    average_favourable: NotNegative | None
    best_favourable: NotNegative | None


class StrategyMetrics(Record):
    """A strategy on one series as of ``close_time``, the last close that changed anything: its last update.

    ``name`` is what people call it, ``performance`` its equity curve, ``trades`` its closed trades; fractions are of
    one throughout. What it holds: ``position``, ``quantity`` (units of the base), ``average_price`` and ``price``
    (quote currency per unit), ``realised`` and ``unrealised`` (quote currency, before fees, ``realised`` since the
    start). ``cash`` and the value of the position are the equity of ``performance``.

    ``exposure`` is the position's value by equity, in times, None where there is no equity. ``risk_score``, from 0 to
    1, is the largest share of one of its own limits that is used up; ``violated_limits`` names those that keep it from
    entering now. ``stale`` is False in every record that the engine writes, for each comes with a candle; it is there
    for those who pass records on. That a symbol has stopped trading is seen by ``close_time``, which stays behind, and
    told by an alert rule of type ``stale_feed``; the position is then marked at the last close.
    """

    strategy: StrategyId
    version: VersionNumber
    symbol: Symbol
    timeframe: Timeframe
    name: Annotated[str, StringConstraints(max_length=200)] = ""
    status: Literal["running", "paused", "stopped", "quarantined"]
    close_time: UtcTime
    capital: Positive
    cash: float
    position: Position
    quantity: NotNegative
    average_price: Positive | None = None
    price: Positive
    realised: float
    unrealised: float
    last_signal: RecordId | None = None
    exposure: NotNegative | None = None
    risk_score: Share = 0.0
    violated_limits: Annotated[tuple[Name, ...], Field(max_length=100)] = ()
    stale: bool = False
    performance: CurveFigures
    trades: TradeFigures

    @field_serializer("performance", "trades")
    def _as_object(self, figures: CurveFigures | TradeFigures) -> dict[str, Any]:
        """In JSON it is an object with names, not a list that a reader has to count."""
        return figures._asdict()

    @property
    def key(self) -> str:
        """The record's key on the metrics topic."""
        return f"{self.strategy}|{self.symbol}|{self.timeframe}"


class EquityPoint(Record):
    """Equity at a close, of a strategy on one series, or of a whole portfolio.

    Either ``portfolio`` says whose it is, or ``strategy``, ``symbol`` and ``timeframe`` do. In quote currency:
    ``equity``, of which ``cash`` is not held in positions (below 0 where more is held than it is worth). ``drawdown``
    is the fraction of the highest equity that is lost, 0 or more; ``gross_exposure`` and ``net_exposure`` (below 0
    where it is short) are values of positions by equity, None where there is no equity;
    ``positions`` counts those that are open.
    """

    close_time: UtcTime
    portfolio: PortfolioId | None = None
    strategy: StrategyId | None = None
    symbol: Symbol | None = None
    timeframe: Timeframe | None = None
    equity: float
    cash: float
    drawdown: NotNegative
    gross_exposure: NotNegative | None = None
    net_exposure: float | None = None
    positions: Count = 0

    @model_validator(mode="after")
    def _is_of_one(self) -> Self:
        series = (self.strategy, self.symbol, self.timeframe)
        of_a_series, said_of_one = None not in series, series != (None, None, None)
        if of_a_series == (self.portfolio is not None) or (said_of_one and not of_a_series):
            got = ", ".join(
                name for name in ("portfolio", "strategy", "symbol", "timeframe") if getattr(self, name) is not None
            )
            raise ValueError(f"expected a portfolio, or a strategy, symbol and timeframe, got {got or 'neither'}")
        return self

    @property
    def key(self) -> str:
        """The record's key: that of the position, or of the portfolio."""
        if self.portfolio is not None:
            return f"{PORTFOLIO_KEY}{self.portfolio}"
        return f"{self.strategy}|{self.symbol}|{self.timeframe}"
