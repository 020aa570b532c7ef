"""Trades that together fell far from their best, within so many bars."""

from collections import deque
from typing import Any

from operators.risk.closed_trade import ClosedTrade
from operators.risk.falls import Falls
from operators.risk.pause import Finding
from schemas.protection import MaxDrawdownGuard


class TradeDrawdown:
    """Finds something where equity after a trade of the lookback fell by ``max_drawdown`` to that after a later one.

    Fewer than ``trades`` in the lookback say nothing. A trade counts for ``lookback_bars`` after the bar within which
    it ended. State: time and equity of the trades in the lookback. A trade costs the same however many those are.

    >>> guard = MaxDrawdownGuard(
    ...     method="max_drawdown_guard", lookback_bars=10, trades=2, max_drawdown=0.1, stop_bars=5
    ... )
    >>> drawdown = TradeDrawdown(guard, bar_ms=60_000)
    >>> first = ClosedTrade(60_000, profit=-20.0, entry_value=100.0, equity=80.0, stopped=False)
    >>> drawdown.after(first), drawdown.after(first._replace(close_ms=120_000, equity=60.0))
    (None, Finding(allowed=0.1, actual=0.25))
    """

    __slots__ = ("_falls", "_guard", "_lookback_ms", "_times")

    def __init__(self, guard: MaxDrawdownGuard, bar_ms: int, resume: dict[str, Any] | None = None) -> None:
        self._guard = guard
        self._lookback_ms = guard.lookback_bars * bar_ms
        self._times: deque[int] = deque(() if resume is None else resume["times"])
        self._falls = Falls(None if resume is None else resume["equity"])

    def snapshot(self) -> dict[str, Any]:
        """As primitives."""
        return {"times": list(self._times), "equity": self._falls.snapshot()}

    def after(self, trade: ClosedTrade) -> Finding | None:
        """What speaks for a pause now."""
        times, falls = self._times, self._falls
        times.append(trade.close_ms)
        falls.add(trade.equity)
        while trade.close_ms - times[0] >= self._lookback_ms:
            times.popleft()
            falls.drop()
        if len(times) < self._guard.trades:
            return None
        fall = falls.deepest
        return Finding(self._guard.max_drawdown, fall) if fall >= self._guard.max_drawdown else None
