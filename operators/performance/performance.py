"""The performance of one account: an equity curve and its trades, known at every bar at a fixed cost."""

from collections.abc import Mapping
from math import inf, isfinite
from typing import Any, Final

from operators.performance import ratios
from operators.performance.compensated import CompensatedSum
from operators.performance.drawdown import Drawdown
from operators.performance.returns import Returns
from operators.performance.trades import Trades
from operators.positions.trade import Trade
from operators.snapshot import check_parameters, check_version
from schemas.metrics import CurveFigures, TradeFigures
from schemas.record import from_milliseconds

SCHEMA_VERSION: Final = 1

_NOTHING: Final = 1e-12
"""An equity that is no more than this share of the capital is none."""


class Performance:
    """Equity at closes and closed trades in, figures out; of a strategy on one series, or of a portfolio.

    An account is opened at the close of its first bar, with its capital: n bars have n - 1 returns. Each later bar is
    told by ``bar``, or, where nothing was held and nothing traded, by ``flat``, any number of them at once: how they
    are parted changes nothing, to the bit.

    A return is equity over that of the bar before, less one. Where equity is zero or below, or the 1e-12th part of the
    capital, everything is lost: returns end there, and what is made of them has no value from then on; nor is what is
    traded there part of the turnover. Drawdown and total return go on.

    - Input: quote currency; times in ms. Parameters: ``capital``, and ``bars_a_year`` of
      ``operators.performance.annual``.
    - Output: ``figures`` and ``trade_figures``, whenever they are asked for.
    - Cost: 0.5 microseconds a ``bar``, as much again where it has fills; 0.2 a ``flat`` of any length; 4 for
      ``figures``. Memory: 60 numbers.
    - State: ``snapshot``; what it is restored from gives the same figures ever after, to the bit.

    Raises:
        ValueError: a capital that is not above zero, an equity that is no finite number, a bar that does not close
            after the one before it, fees or a traded value below zero.

    >>> DAY = 86_400_000
    >>> account = Performance(capital=1_000.0, bars_a_year=365.0, opened_at=0)
    >>> account.bar(1 * DAY, 1_200.0, exposed=True, traded=1_000.0, fees=1.0)
    >>> account.flat(3, 4 * DAY)
    >>> account.bar(5 * DAY, 900.0, exposed=True)
    >>> figures = account.figures()
    >>> figures.bars, figures.total_return, figures.max_drawdown, figures.longest_drawdown_bars
    (6, -0.1, 0.25, 1)
    """

    __slots__ = (
        "_bars",
        "_capital",
        "_drawdown",
        "_equity",
        "_exposed",
        "_fees",
        "_last",
        "_lost",
        "_nothing",
        "_opened_at",
        "_parameters",
        "_returns",
        "_traded",
        "_trades",
        "_turnover",
        "_year",
    )

    def __init__(self, *, capital: float, bars_a_year: float, opened_at: int) -> None:
        for name, value in (("a capital", capital), ("a number of bars a year", bars_a_year)):
            if not 0.0 < value < inf:
                raise ValueError(f"performance: expected {name} above zero, got {value:g}")
        self._parameters: dict[str, object] = {"capital": capital, "bars_a_year": bars_a_year}
        self._capital, self._year, self._opened_at, self._nothing = capital, bars_a_year, opened_at, capital * _NOTHING
        self._bars, self._exposed, self._equity, self._last, self._lost = 1, 0, capital, opened_at, False
        self._returns, self._drawdown, self._trades = Returns(), Drawdown(capital, opened_at), Trades()
        self._traded, self._turnover, self._fees = CompensatedSum(), CompensatedSum(), CompensatedSum()

    def bar(self, close_time: int, equity: float, *, exposed: bool, traded: float = 0.0, fees: float = 0.0) -> None:
        """One more bar: its close (ms) and the equity at it.

        ``exposed`` says whether a position was held at any moment of it. ``traded`` is price times quantity of what was
        filled since the bar before, all fills together, and ``fees`` what they cost.
        """
        filled = traded != 0.0 or fees != 0.0
        if close_time <= self._last or not isfinite(equity) or (filled and not _are_amounts(traded, fees)):
            raise ValueError(self._refusal(close_time, equity, traded, fees))
        self._bars = bar = self._bars + 1
        self._last = close_time
        if exposed:
            self._exposed += 1
        if not self._lost:
            self._returns.add(equity / self._equity - 1.0)
            self._lost = equity <= self._nothing
        self._equity = equity
        self._drawdown.mark(equity, bar, close_time)
        if filled:
            self._traded.add(traded)
            self._fees.add(fees)
            if equity > self._nothing:
                self._turnover.add(traded / equity)

    def flat(self, bars: int, close_time: int) -> None:
        """So many more bars, the last of which closed at this time, with nothing held and nothing traded."""
        if close_time <= self._last or bars < 1:
            raise ValueError(self._refusal(close_time, self._equity, bars=bars))
        self._bars += bars
        self._last = close_time
        if not self._lost:
            self._returns.add_still(bars)
        self._drawdown.still(self._bars, close_time)

    @property
    def last(self) -> int:
        """When the last bar closed, in milliseconds."""
        return self._last

    @property
    def drawdown(self) -> float:
        """How far equity is below its highest close, as a fraction of that: 0 at it."""
        return self._drawdown.now

    def closed(self, trade: Trade) -> None:
        """One more closed trade, at whatever bar: trades and bars do not read each other."""
        self._trades.add(trade)

    def trade_figures(self) -> TradeFigures:
        """What the closed trades amount to."""
        return self._trades.figures()

    def figures(self) -> CurveFigures:
        """What the equity curve amounts to, as of the last bar."""
        bars, year, drawdown = self._bars, self._year, self._drawdown
        growth = self._equity / self._capital
        longest_bars, longest_ms = drawdown.longest(bars, self._last)
        annual = cagr = swing = compounded_swing = mean = variance = downside = None
        returns = bars - 1
        if returns and not self._lost and 0.0 < growth < inf:
            mean, variance, downside = self._returns.mean, self._returns.variance, self._returns.downside
            annual = ratios.annual_return(growth, returns, year)
            cagr = ratios.cagr(growth, self._last - self._opened_at)
            swing = ratios.volatility_arithmetic(variance, year)
            compounded_swing = ratios.volatility_geometric(variance, growth, returns, year)
        turnover = self._turnover.value
        return CurveFigures(
            bars=bars,
            exposed_bars=self._exposed,
            exposure_time=self._exposed / bars,
            equity=self._equity,
            total_return=(self._equity - self._capital) / self._capital,
            annual_return=annual,
            cagr=cagr,
            volatility_arithmetic=swing,
            volatility_geometric=compounded_swing,
            sharpe_arithmetic=ratios.sharpe_arithmetic(mean, variance, year),
            sharpe_geometric=ratios.sharpe_geometric(annual, compounded_swing),
            sortino_arithmetic=ratios.sortino_arithmetic(mean, downside, year),
            sortino_geometric=ratios.sortino_geometric(annual, downside, year),
            calmar=ratios.calmar(annual, drawdown.deepest),
            drawdown=drawdown.now,
            max_drawdown=drawdown.deepest,
            longest_drawdown_bars=longest_bars,
            longest_drawdown_ms=longest_ms,
            traded_value=self._traded.value,
            turnover=turnover,
            annual_turnover=turnover * (year / returns) if returns else None,
            fees=self._fees.value,
        )

    def snapshot(self) -> dict[str, object]:
        """As primitives: what ``restored`` takes."""
        return {
            "schema_version": SCHEMA_VERSION,
            "parameters": {**self._parameters},
            "opened_at": self._opened_at,
            "counts": [self._bars, self._exposed, self._last],
            "equity": self._equity,
            "lost": self._lost,
            "returns": self._returns.snapshot(),
            "drawdown": self._drawdown.snapshot(),
            "trades": self._trades.snapshot(),
            "sums": [self._traded.snapshot(), self._turnover.snapshot(), self._fees.snapshot()],
        }

    @classmethod
    def restored(cls, snapshot: Mapping[str, Any], *, capital: float, bars_a_year: float) -> "Performance":
        """What ``snapshot`` gave, with the parameters of then.

        Raises:
            SnapshotRefused: another schema version, or other parameters.
        """
        check_version("performance", snapshot["schema_version"], SCHEMA_VERSION)
        account = cls(capital=capital, bars_a_year=bars_a_year, opened_at=snapshot["opened_at"])
        check_parameters("performance", snapshot["parameters"], account._parameters)
        account._bars, account._exposed, account._last = snapshot["counts"]
        account._equity, account._lost = snapshot["equity"], snapshot["lost"]
        account._returns = Returns(snapshot["returns"])
        account._drawdown = Drawdown(capital, account._opened_at, snapshot["drawdown"])
        account._trades = Trades(snapshot["trades"])
        account._traded, account._turnover, account._fees = (CompensatedSum(one) for one in snapshot["sums"])
        return account

    def _refusal(self, close_time: int, equity: float, traded: float = 0.0, fees: float = 0.0, bars: int = 1) -> str:
        where = f"performance, bar that closed at {from_milliseconds(close_time).isoformat()}"
        if close_time <= self._last:
            return f"{where}: expected one after {from_milliseconds(self._last).isoformat()}, the last one told"
        if bars < 1:
            return f"{where}: expected one flat bar or more, got {bars}"
        if not isfinite(equity):
            return f"{where}: expected a finite equity, got {equity}"
        return f"{where}: expected a traded value and fees of zero or more, got {traded:g} and {fees:g}"


def _are_amounts(traded: float, fees: float) -> bool:
    return 0.0 <= traded < inf and 0.0 <= fees < inf
