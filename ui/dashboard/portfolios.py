"""What portfolios have come to: the newest figures of each, and its equity from close to close; bounded."""

from schemas.metrics import EquityPoint
from schemas.portfolio import PORTFOLIO_KEY, PortfolioEntry
from schemas.portfolio_metrics import PortfolioMetrics
from ui.dashboard.accounts import renew
from ui.dashboard.curve import Curve, EquityCurve

_POINTS = 2_000


class Portfolios:
    """The figures of at most ``most`` portfolios and as many curves; the one not heard of for longest is forgotten.

    One whose newest entry takes it away is not shown. What it came to stays on its topics for good, and those are read
    in any order with its entries: so what is heard of it is kept all the same, to be shown should it be there again.

    Not safe from several threads: the store that holds it is.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._metrics: dict[str, PortfolioMetrics] = {}
        self._curves: dict[str, EquityCurve] = {}
        self._gone: dict[str, None] = {}

    def put(self, one: PortfolioMetrics | EquityPoint | PortfolioEntry) -> None:
        """Take a record. Points are those of portfolios: of strategies' series others keep them."""
        if isinstance(one, PortfolioEntry):
            self._gone.pop(one.key, None)
            if one.config is None:
                renew(self._gone, one.key, None, self._most)
            return
        if isinstance(one, PortfolioMetrics):
            renew(self._metrics, one.key, one, self._most)
            return
        curve = self._curves.get(one.key) or EquityCurve(_POINTS)
        renew(self._curves, one.key, curve, self._most)
        curve.put(one)

    def forget(self, key: str) -> None:
        """The figures of a key were deleted."""
        self._metrics.pop(key, None)

    def metrics(self) -> list[PortfolioMetrics]:
        """The newest of each that has given figures and is there, by name."""
        return [self._metrics[key] for key in sorted(self._metrics.keys() - self._gone.keys())]

    def curve(self, portfolio: str) -> Curve:
        """The newest points of a portfolio's equity, oldest first."""
        key = f"{PORTFOLIO_KEY}{portfolio}"
        known = None if key in self._gone else self._curves.get(key)
        return Curve([], [], []) if known is None else known.columns
