"""A pause after a trade, whatever it earned, or after one that lost."""

from operators.risk.closed_trade import ClosedTrade
from operators.risk.pause import Finding


class CoolDowns:
    """Finds something at every trade, or at every one that lost. No state: the pause itself is all there is to know."""

    __slots__ = ("_bars", "_losses_only")

    def __init__(self, bars: int, *, losses_only: bool) -> None:
        self._bars = bars
        self._losses_only = losses_only

    def snapshot(self) -> None:
        """As primitives."""
        return

    def after(self, trade: ClosedTrade) -> Finding | None:
        """What speaks for a pause now. ``actual`` is left to whoever asks: how many bars have passed by then.

        >>> trade = ClosedTrade(60_000, profit=2.0, entry_value=100.0, equity=102.0, stopped=False)
        >>> CoolDowns(3, losses_only=False).after(trade)
        Finding(allowed=3, actual=0)
        >>> CoolDowns(3, losses_only=True).after(trade) is None
        True
        """
        return None if self._losses_only and trade.profit >= 0 else Finding(self._bars, 0)
