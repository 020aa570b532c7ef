"""What a strategy's last trades say of its odds."""

from collections import deque
from collections.abc import Mapping
from math import fsum
from typing import Any, Final

from operators.snapshot import check_parameters, check_version

SCHEMA_VERSION: Final = 1

FEWEST: Final = 10
"""Fewer closed trades say nothing of the odds."""


class Odds:
    """The results of the last ``trades`` closed trades, each net of fees as a fraction of what was entered.

    The Kelly fraction of them is ``W - (1 - W) / R``: W the share of trades that won, R the average win by the average
    loss (J. L. Kelly, A New Interpretation of Information Rate, 1956, for a bet that pays R for 1). A trade that made
    nothing has not won. Above zero it is the share of equity whose growth is fastest; at zero or below nothing speaks
    for an entry.

    Cost: constant a trade; the Kelly fraction goes over all results and sums them exactly, at entries alone.
    """

    __slots__ = ("_results",)

    def __init__(self, trades: int) -> None:
        self._results: deque[float] = deque(maxlen=trades)

    def add(self, profit_fraction: float) -> None:
        """A trade has closed."""
        self._results.append(profit_fraction)

    def kelly(self) -> float | None:
        """From -1, which is as much as to say never, to 1; None as long as fewer than ten trades have closed.

        >>> odds = Odds(trades=50)
        >>> for result in (0.2, -0.1) * 5:
        ...     odds.add(result)
        >>> odds.kelly()  # every other trade wins, twice what it loses
        0.25
        """
        results = self._results
        if len(results) < FEWEST:
            return None
        wins, losses = [one for one in results if one > 0.0], [-one for one in results if one <= 0.0]
        if not wins:
            return -1.0
        won, lost = fsum(wins), fsum(losses)
        share = len(wins) / len(results)
        if lost <= 0.0:
            return share
        return max(-1.0, share - (1.0 - share) * (lost / len(losses)) / (won / len(wins)))

    def snapshot(self) -> dict[str, object]:
        """As primitives: as many numbers as trades, at most."""
        return {
            "schema_version": SCHEMA_VERSION,
            "parameters": {"trades": self._results.maxlen},
            "results": list(self._results),
        }

    @classmethod
    def restored(cls, snapshot: Mapping[str, Any], trades: int) -> "Odds":
        """What ``snapshot`` gave.

        Raises:
            SnapshotRefused: it is of another schema version, or of another number of trades.
        """
        check_version("odds", snapshot["schema_version"], SCHEMA_VERSION)
        check_parameters("odds", snapshot["parameters"], {"trades": trades})
        odds = cls(trades)
        odds._results.extend(snapshot["results"])
        return odds
