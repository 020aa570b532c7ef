"""Trades of one kind in a row."""

from typing import NamedTuple


class Streak(NamedTuple):
    """How many trades in a row have won or lost: ``now`` (above zero won, below lost), and the longest of each kind.

    A trade that neither wins nor loses ends either streak.

    >>> streak = Streak()
    >>> for profit in (5.0, 1.0, -2.0):
    ...     streak = streak.after(profit)
    >>> streak
    Streak(now=-1, longest_winning=2, longest_losing=1)
    >>> streak.after(0.0).now
    0
    """

    now: int = 0
    longest_winning: int = 0
    longest_losing: int = 0

    def after(self, profit: float) -> "Streak":
        """With one more trade."""
        now, winning, losing = self
        if profit > 0.0:
            now = max(now, 0) + 1
            return Streak(now, max(now, winning), losing)
        if profit < 0.0:
            now = min(now, 0) - 1
            return Streak(now, winning, max(-now, losing))
        return Streak(0, winning, losing)
