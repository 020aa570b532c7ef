"""The fall of equity from its highest, and the stop that somebody has to lift."""

from typing import Any

from operators.risk.refusal import Refusal, carried_over, fall_from


class DrawdownStop:
    """No entry at all once equity has fallen by ``limit`` from its highest.

    Equity is looked at as bars close. That it rises again changes nothing: a strategy is restarted, which makes a new
    one of these, a portfolio is reset, which calls ``begin``.

    Args:
        limit: fraction of the highest equity, above 0; None to measure without a limit.
        equity: at the beginning, quote currency.
        lifted_by: who lifts it, for the refusal.
        resume: what ``snapshot`` gave.

    >>> stop = DrawdownStop(0.2, equity=100.0, lifted_by="a restart")
    >>> for equity in (150.0, 121.0, 120.0, 149.0):
    ...     stop.marked(equity)
    >>> str(stop.refusal())
    'max_drawdown: expected a fall from the highest equity below 0.2 of it, got 0.2; none before a restart'
    """

    __slots__ = ("_equity", "_lifted_by", "_limit", "_peak", "_reached")

    def __init__(
        self, limit: float | None, equity: float, lifted_by: str, resume: dict[str, Any] | None = None
    ) -> None:
        self._limit = limit
        self._lifted_by = lifted_by
        self._reached: float | None = None
        self.begin(equity)
        if resume is not None:
            self._peak, self._equity, self._reached = resume["peak"], resume["equity"], resume["reached"]

    def begin(self, equity: float) -> None:
        """Measure from here on."""
        self._peak = self._equity = equity
        self._reached = None

    def snapshot(self) -> dict[str, Any]:
        """As primitives."""
        return {"peak": self._peak, "equity": self._equity, "reached": self._reached}

    def flowed(self, equity: float) -> None:
        """Equity is another one because money came or went: the drawdown, as a fraction, stays what it was."""
        self._peak = carried_over(self._peak, self._equity, equity)
        self._equity = equity

    @property
    def reached(self) -> bool:
        """Whether the limit has been reached."""
        return self._reached is not None

    @property
    def drawdown(self) -> float:
        """Of the last equity from the highest, as a fraction of that; 0 at the highest."""
        return fall_from(self._peak, self._equity)

    def marked(self, equity: float) -> None:
        """Equity (quote currency) at a close, in order of time."""
        self._equity = equity
        if equity >= self._peak:
            self._peak = equity
        elif self._limit is not None and self._reached is None:
            drawdown = fall_from(self._peak, equity)
            if drawdown >= self._limit:
                self._reached = drawdown

    def refusal(self) -> Refusal | None:
        """Why nothing may be entered; ``actual`` is the fall with which the limit was reached."""
        if self._limit is None or self._reached is None:
            return None
        return Refusal("max_drawdown", self._limit, self._reached, lifted_by=self._lifted_by)
