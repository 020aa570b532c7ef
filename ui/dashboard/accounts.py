"""What strategies have come to on each series: positions, trades, figures and curves, bounded, found by key."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, TypeVar

from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.position import PositionChange
from schemas.trade import Trade
from ui.dashboard.curve import Curve, EquityCurve
from ui.dashboard.recent_by_key import RecentByKey

_POINTS = 2_000

T = TypeVar("T")

AccountNews: TypeAlias = PositionChange | Trade | StrategyMetrics | EquityPoint


@dataclass(frozen=True)
class Standing:
    """A strategy on one series as of the newest close that is known of it.

    The metrics come at changes and once an hour, points of the curve at every close with a position: where the newest
    point is later, ``equity``, ``total_return``, the drawdowns and ``unrealised`` are as of that. Fractions are of one,
    amounts quote currency. ``change`` is the last of its position, None where the page knows of none.
    """

    metrics: StrategyMetrics
    as_of: datetime
    equity: float
    total_return: float
    drawdown: float
    max_drawdown: float
    unrealised: float
    change: PositionChange | None

    @property
    def stop_price(self) -> float | None:
        """Where a stop stood after the last change of an open position."""
        return None if self.change is None or self.metrics.position == "flat" else self.change.stop_price

    @property
    def target_price(self) -> float | None:
        """As ``stop_price``, of the target."""
        return None if self.change is None or self.metrics.position == "flat" else self.change.target_price


def account_key(strategy: str, symbol: str, timeframe: str) -> str:
    """The key of all records of a strategy's account on a series.

    >>> account_key("dip", "BTCUSDT", "1m")
    'dip|BTCUSDT|1m'
    """
    return f"{strategy}|{symbol}|{timeframe}"


class Accounts:
    """The figures of at most ``accounts`` strategies on series, curves of as many, the newest changes and trades.

    Where there is no room the one that was not heard of for longest is forgotten. Not safe from several threads: the
    store that holds it is. ``revision`` rises with every change of a figure.
    """

    def __init__(self, *, accounts: int, changes: int, trades: int) -> None:
        self.revision = 0
        self._most = accounts
        self._metrics: dict[str, StrategyMetrics] = {}
        self._points: dict[str, EquityPoint] = {}
        self._curves: dict[str, EquityCurve] = {}
        self._changes = RecentByKey[PositionChange](changes)
        self._trades = RecentByKey[Trade](trades)

    def put(self, one: AccountNews, sequence: int) -> None:
        """Take a record that was read as the ``sequence``-th."""
        match one:
            case PositionChange():
                self.revision += self._changes.put(one, sequence)
            case Trade():
                self._trades.put(one, sequence)
            case StrategyMetrics():
                renew(self._metrics, one.key, one, self._most)
                self.revision += 1
            case EquityPoint() if one.portfolio is None:
                self._put_point(one)
            case EquityPoint():
                pass  # a portfolio's: not of any series

    def forget(self, key: str) -> None:
        """The figures of a key were deleted."""
        self.revision += self._metrics.pop(key, None) is not None

    def strategies(self) -> Iterable[str]:
        """Whose figures are known, some of them several times."""
        return (one.strategy for one in self._metrics.values())

    def standing(self, key: str) -> Standing | None:
        """How an account stands; None where it has given no figures."""
        metrics = self._metrics.get(key)
        if metrics is None:
            return None
        point, changes, figures = self._points.get(key), self._changes.latest(key, 1), metrics.performance
        change = changes[0] if changes else None
        if point is None or point.close_time <= metrics.close_time:
            return Standing(
                metrics,
                metrics.close_time,
                figures.equity,
                figures.total_return,
                figures.drawdown,
                figures.max_drawdown,
                metrics.unrealised,
                change,
            )
        # Every fill gives new metrics, so that what equity has moved since then is the position's own.
        return Standing(
            metrics,
            point.close_time,
            point.equity,
            point.equity / metrics.capital - 1,
            point.drawdown,
            max(figures.max_drawdown, point.drawdown),
            metrics.unrealised + point.equity - figures.equity,
            change,
        )

    def standings(self) -> list[Standing]:
        """All that have given figures, by strategy and series."""
        found = (self.standing(key) for key in sorted(self._metrics))
        return [one for one in found if one is not None]

    def curve(self, key: str) -> Curve:
        """The newest points of an account's equity, oldest first."""
        known = self._curves.get(key)
        return Curve([], [], []) if known is None else known.columns

    def trades(self, key: str, count: int) -> list[Trade]:
        """An account's last trades, newest first."""
        return self._trades.latest(key, count)

    def changes(self, key: str, sequence: int) -> list[PositionChange]:
        """An account's changes of position that were read after ``sequence``, oldest first."""
        return self._changes.since(key, sequence)

    def holding(self, key: str) -> PositionChange | None:
        """The change after which the position is as it is; None where nothing is held."""
        latest = self._changes.latest(key, 1)
        return latest[0] if latest and latest[0].position != "flat" else None

    def _put_point(self, point: EquityPoint) -> None:
        key = point.key
        curve = self._curves.get(key)
        if curve is None:
            curve = EquityCurve(_POINTS)
        renew(self._curves, key, curve, self._most)
        if curve.put(point):
            renew(self._points, key, point, self._most)
            self.revision += 1


def renew(known: dict[str, T], key: str, value: T, most: int) -> None:
    """Note what is heard of a key, of the ``most`` that are kept: it goes to the end of the queue to be forgotten."""
    known.pop(key, None)
    known[key] = value
    if len(known) > most:
        del known[next(iter(known))]
