"""Trades that together earned too little, within so many bars."""

from collections import deque
from collections.abc import Iterable

from operators.risk.closed_trade import ClosedTrade
from operators.risk.exact import exact, nearest
from operators.risk.pause import Finding
from schemas.protection import LowProfitGuard


class TradeReturns:
    """Finds something where the returns of the trades of the lookback come to less than ``required_profit``.

    A return is the profit, net of fees, by the value of the trade's entries. Fewer than ``trades`` in the lookback say
    nothing. A trade counts for ``lookback_bars`` after the bar within which it ended. The sum is exact, so a trade that
    leaves takes what it brought. State: time and return of the trades in the lookback.

    >>> guard = LowProfitGuard(
    ...     method="low_profit_guard", lookback_bars=10, trades=2, required_profit=0.02, stop_bars=5
    ... )
    >>> returns = TradeReturns(guard, bar_ms=60_000)
    >>> first = ClosedTrade(60_000, profit=1.0, entry_value=64.0, equity=101.0, stopped=False)
    >>> returns.after(first), returns.after(first._replace(close_ms=120_000, profit=0.0))
    (None, Finding(allowed=0.02, actual=0.015625))
    """

    __slots__ = ("_guard", "_lookback_ms", "_returns", "_sum")

    def __init__(self, guard: LowProfitGuard, bar_ms: int, resume: Iterable[tuple[int, float]] | None = None) -> None:
        self._guard = guard
        self._lookback_ms = guard.lookback_bars * bar_ms
        self._returns = deque((time, value) for time, value in resume or ())
        self._sum = sum(exact(value) for _, value in self._returns)

    def snapshot(self) -> list[list[float]]:
        """As primitives."""
        return [list(one) for one in self._returns]

    def after(self, trade: ClosedTrade) -> Finding | None:
        """What speaks for a pause now."""
        returns = self._returns
        earned = trade.profit / trade.entry_value
        returns.append((trade.close_ms, earned))
        self._sum += exact(earned)
        while trade.close_ms - returns[0][0] >= self._lookback_ms:
            self._sum -= exact(returns.popleft()[1])
        required = self._guard.required_profit
        if len(returns) < self._guard.trades:
            return None
        total = nearest(self._sum)
        return Finding(required, total) if total < required else None
