"""A portfolio's equity as a fund reckons it: what strategies bring and take is neither gain nor loss."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from operators.performance.performance import Performance
from operators.performance.trades import Trades
from operators.positions.trade import Trade
from schemas.metrics import CurveFigures, TradeFigures

HOUR_MS: Final = 3_600_000
HOURS_A_YEAR: Final = 8_760.0


class Fund:
    """Equity at instants in, performance on full hours of UTC out, of what the equity was at the start.

    Who joins brings money, who leaves takes it; the value that is kept here moves by what happened in between alone, in
    proportion: as a unit of a fund. What is traded and paid is reckoned in the same proportion.

    Args:
        resume: what ``snapshot`` gave.

    >>> fund = Fund()
    >>> fund.marked(0, before=0.0, came=1_000.0, after=1_000.0, holds=False)
    >>> fund.marked(60_000, before=1_000.0, came=1_000.0, after=2_000.0, holds=False)
    >>> fund.marked(120_000, before=2_000.0, came=0.0, after=2_100.0, holds=False)
    >>> fund.value
    1050.0
    """

    def __init__(self, resume: Mapping[str, Any] | None = None) -> None:
        self._performance: Performance | None = None
        self._capital = self.value = self._peak = 0.0
        self._end_ms = 0
        self._holds = self._exposed = False
        self._traded = self._fees = 0.0
        self._trades = Trades()
        if resume is not None:
            self._capital, self.value, self._peak, self._end_ms = resume["value"]
            self._holds, self._exposed, self._traded, self._fees = resume["hour"]
            self._trades = Trades(resume["trades"])
            if resume["performance"] is not None:
                self._performance = Performance.restored(
                    resume["performance"], capital=self._capital, bars_a_year=HOURS_A_YEAR
                )

    def snapshot(self) -> dict[str, object]:
        """As primitives."""
        return {
            "value": [self._capital, self.value, self._peak, self._end_ms],
            "hour": [self._holds, self._exposed, self._traded, self._fees],
            "trades": self._trades.snapshot(),
            "performance": None if self._performance is None else self._performance.snapshot(),
        }

    @property
    def drawdown(self) -> float:
        """How far it is below its highest, as a fraction of that."""
        return 1.0 - self.value / self._peak if self._peak > 0.0 else 0.0

    def until(self, at_ms: int) -> bool:
        """End the hours that end before an instant (milliseconds); whether one has ended."""
        performance, begun = self._performance, self._end_ms
        if performance is None:
            return False
        while self._end_ms < at_ms:
            if self._exposed or self._traded or self._fees:
                performance.bar(self._end_ms, self.value, exposed=self._exposed, traded=self._traded, fees=self._fees)
                self._traded = self._fees = 0.0
                self._exposed = self._holds
                self._end_ms += HOUR_MS
            else:
                hours = -(-(at_ms - self._end_ms) // HOUR_MS)
                self._end_ms += hours * HOUR_MS
                performance.flat(hours, self._end_ms - HOUR_MS)
        return self._end_ms != begun

    def marked(  # noqa: PLR0913  # what moved equity has several causes, and each has a name
        self,
        at_ms: int,
        *,
        before: float,
        came: float,
        after: float,
        holds: bool,
        traded: float = 0.0,
        fees: float = 0.0,
        trades: Iterable[Trade] = (),
    ) -> None:
        """Equity at an instant, in order of time; all amounts in quote currency.

        Args:
            at_ms: the instant, milliseconds.
            before: at the instant before, of those who were there.
            came: what those bring who join at this one.
            after: of all of them now, of those who leave with it too.
            holds: whether any position is held from now on.
            traded: price times quantity of what was filled since.
            fees: what that cost.
            trades: that ended with it.
        """
        if self._performance is None:
            if after <= 0.0:
                return
            self._capital = self.value = self._peak = came
            opened_at = at_ms - at_ms % HOUR_MS
            self._end_ms = opened_at + HOUR_MS
            self._performance = Performance(capital=came, bars_a_year=HOURS_A_YEAR, opened_at=opened_at)
        if before + came > 0.0:
            self.value *= after / (before + came)
        self._peak = max(self._peak, self.value)
        self._exposed = self._exposed or self._holds or holds or traded > 0.0
        self._holds = holds
        if after > 0.0:
            self._traded += traded * (self.value / after)
            self._fees += fees * (self.value / after)
        for one in trades:
            self._trades.add(one)

    def figures(self) -> CurveFigures | None:
        """With the hour that runs as if it ended now; None before there is one."""
        performance = self._performance
        if performance is None:
            return None
        if self._exposed or self._traded or self._fees:
            performance = Performance.restored(performance.snapshot(), capital=self._capital, bars_a_year=HOURS_A_YEAR)
            performance.bar(self._end_ms, self.value, exposed=self._exposed, traded=self._traded, fees=self._fees)
        return performance.figures()

    def trade_figures(self) -> TradeFigures:
        """Of all trades that have ended."""
        return self._trades.figures()
