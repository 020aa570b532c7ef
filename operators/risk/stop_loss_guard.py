"""Several trades that a stop ended at a loss, within so many bars."""

from collections import deque
from collections.abc import Iterable

from operators.risk.closed_trade import ClosedTrade
from operators.risk.pause import Finding
from schemas.protection import StopLossGuard


class StopLosses:
    """Finds something at a trade that a stop ended at a loss, where it makes ``trades`` of them in the lookback.

    A trade counts for ``lookback_bars`` after the bar within which it ended. State: the times of the last ``trades``.

    >>> guard = StopLossGuard(method="stop_loss_guard", lookback_bars=10, trades=2, stop_bars=5)
    >>> losses = StopLosses(guard, bar_ms=60_000)
    >>> stopped = ClosedTrade(60_000, profit=-1.0, entry_value=100.0, equity=99.0, stopped=True)
    >>> losses.after(stopped), losses.after(stopped._replace(close_ms=600_000))
    (None, Finding(allowed=2, actual=2))
    """

    __slots__ = ("_lookback_ms", "_times", "_trades")

    def __init__(self, guard: StopLossGuard, bar_ms: int, resume: Iterable[int] | None = None) -> None:
        self._trades = guard.trades
        self._lookback_ms = guard.lookback_bars * bar_ms
        self._times = deque(resume or (), maxlen=guard.trades)

    def snapshot(self) -> list[int]:
        """As primitives."""
        return list(self._times)

    def after(self, trade: ClosedTrade) -> Finding | None:
        """What speaks for a pause now."""
        if not trade.stopped or trade.profit >= 0:
            return None
        self._times.append(trade.close_ms)
        if len(self._times) < self._trades or trade.close_ms - self._times[0] >= self._lookback_ms:
            return None
        return Finding(self._trades, self._trades)
