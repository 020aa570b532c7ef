"""What the dashboard knows: bounded, shared by all sessions, and able to say what is new since a sequence number."""

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from operators.market.parameters import DEFAULT_TIMEFRAMES
from schemas.candle_row import CandleRow
from schemas.composite import Composite, Consensus, LateSignal
from schemas.lifecycle import StrategyStatus
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.portfolio import PortfolioEntry
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.position import PositionChange
from schemas.record import to_milliseconds
from schemas.signal import Signal
from schemas.timeframe import timeframe_ms
from schemas.trade import Trade
from schemas.watchlist import AssetConfig, WatchlistEntry
from ui.dashboard.accounts import AccountNews, Accounts, Standing, account_key, renew
from ui.dashboard.bars import Bar
from ui.dashboard.curve import Curve
from ui.dashboard.news import Deleted, News, OtherNews, Undecodable, Weighed
from ui.dashboard.pace import Pace
from ui.dashboard.portfolios import Portfolios
from ui.dashboard.recent import Recent
from ui.dashboard.symbol_bars import SymbolBars
from ui.dashboard.troubles import Troubles

_MOST_WANTED = 64
_MOST_ASSETS = 10_000
_MOST_PORTFOLIOS = 1_000

Series: TypeAlias = tuple[str, str]
"""Symbol and timeframe."""


@dataclass(frozen=True)
class Counts:
    """Figures of the page's head: candles per second, and numbers of records since the dashboard started."""

    candles_per_second: float
    candles: int
    signals: int
    composites: int
    late_signals: int
    last_late: str | None
    undecodable: int
    undecodable_by_topic: dict[str, int]
    last_undecodable: str | None
    symbols_not_kept: int


@dataclass(frozen=True)
class Changes:
    """What a chart has to draw to be as of ``sequence``. ``bars`` is None where it must take a whole snapshot first.

    ``composites`` come with the open time (milliseconds) of the bar at whose close they stand. ``positions`` are the
    changes of the strategy's position, and ``holding`` the one after which it is as it is, None while it is flat.
    """

    sequence: int
    bars: list[Bar] | None
    signals: list[Signal]
    composites: list[tuple[int, Composite]] = field(default_factory=list)
    positions: list[PositionChange] = field(default_factory=list)
    holding: PositionChange | None = None


class MarketStore:
    """Candles and derived bars by series, signals, composites, the newest status of each key. Safe from any thread.

    Holds at most ``symbols`` symbols, of each ``candles`` candles of the feed and ``derived`` bars of every longer
    timeframe; ``signals`` signals, ``composites`` composites, ``statuses`` statuses, the figures and curves of
    ``accounts`` strategies on series, and ``positions`` changes and trades each. A symbol beyond that is counted, and
    not kept. What it is told twice counts once.

    Args:
        timeframes: those that are made of every symbol's candles, as the engine does; those on which a strategy runs
            and those of the watchlist come to them.
    """

    def __init__(  # noqa: PLR0913  # one bound for each kind
        self,
        *,
        candles: int = 5_000,
        derived: int = 1_000,
        symbols: int = 100,
        signals: int = 20_000,
        composites: int = 5_000,
        statuses: int = 10_000,
        accounts: int = 5_000,
        positions: int = 20_000,
        timeframes: Sequence[str] = DEFAULT_TIMEFRAMES,
    ) -> None:
        self._lock = threading.Lock()
        self._sequence = 0
        self._candles_each = candles
        self._derived_each = derived
        self._most_symbols = symbols
        self._most_statuses = statuses
        self._timeframes = tuple(timeframes)
        self._symbols: dict[str, SymbolBars] = {}
        self._assets: dict[str, AssetConfig] = {}
        self._wanted: dict[str, dict[str, None]] = {}
        self._not_kept: set[str] = set()
        self._signals = Recent[Signal](signals, lambda one: (one.close_time, one.strategy, one.symbol))
        self._composites = Recent[Weighed](composites, lambda one: (one.window_end, one.key, one.trading_style))
        self._statuses: dict[str, StrategyStatus] = {}
        self._accounts = Accounts(accounts=accounts, changes=positions, trades=positions)
        self._portfolios = Portfolios(_MOST_PORTFOLIOS)
        self._troubles = Troubles(statuses)
        self._pace = Pace()
        self._seen: Counter[str] = Counter()

    def apply(self, news: Iterable[News], *, now: float) -> None:
        """Take in a batch at time ``now`` (seconds of a steady clock)."""
        with self._lock:
            candles = 0
            moved: set[str] = set()
            for one in news:
                self._sequence += 1
                if isinstance(one, tuple):
                    moved.add(one[0])
                    candles += self._put_candle(one)
                else:
                    self._put(one)
            for symbol in moved & self._symbols.keys():
                self._symbols[symbol].form(self._sequence)
            if candles:
                self._seen["candles"] += candles
                self._pace.add(candles, now=now)

    def series(self) -> list[Series]:
        """All series there are bars of, by symbol, shortest timeframe first."""
        with self._lock:
            return [
                (symbol, timeframe)
                for symbol in sorted(self._symbols)
                for timeframe in self._symbols[symbol].timeframes
            ]

    def base(self, symbol: str) -> str | None:
        """The timeframe of the feed that all others of a symbol are made of."""
        with self._lock:
            found = self._symbols.get(symbol)
            return found.base if found else None

    def last_bar(self, series: Series) -> Bar | None:
        """The newest candle of a series."""
        with self._lock:
            found = self._symbols[series[0]].series(series[1]) if series[0] in self._symbols else None
            return found.last if found else None

    def snapshot(self, series: Series, strategy: str | None) -> Changes:
        """All bars of a series, and the strategy's signals and composites on it."""
        with self._lock:
            return self._changes(series, strategy, since=0, whole=True)

    def since(self, sequence: int, series: Series, strategy: str | None) -> Changes:
        """What changed after ``sequence``."""
        with self._lock:
            return self._changes(series, strategy, since=sequence, whole=False)

    def latest_signals(self, count: int, strategy: str | None = None) -> list[Signal]:
        """The newest signals by event time, newest first, of one strategy or of all."""
        with self._lock:
            return self._signals.latest(count, lambda one: strategy in (None, one.strategy))

    def latest_composites(self, count: int, symbol: str | None = None, strategy: str | None = None) -> list[Composite]:
        """The newest composites by the end of their windows, newest first, of one symbol or strategy or of all."""
        with self._lock:
            found = self._composites.latest(
                count,
                lambda one: (
                    isinstance(one, Composite) and symbol in (None, one.symbol) and strategy in (None, one.strategy)
                ),
            )
        return [one for one in found if isinstance(one, Composite)]

    def latest_consensus(self, count: int, symbol: str | None = None) -> list[Consensus]:
        """As ``latest_composites``, of what the strategies on a symbol agree on."""
        with self._lock:
            found = self._composites.latest(
                count, lambda one: isinstance(one, Consensus) and symbol in (None, one.symbol)
            )
        return [one for one in found if isinstance(one, Consensus)]

    def statuses(self) -> list[StrategyStatus]:
        """The newest status of each key, by strategy and series."""
        with self._lock:
            return [self._statuses[key] for key in sorted(self._statuses)]

    def strategies(self) -> list[str]:
        """Every strategy that has a status, a signal or figures."""
        with self._lock:
            heard = {one.strategy for one in (*self._statuses.values(), *self._signals)}
            return sorted(heard.union(self._accounts.strategies()))

    def standing(self, strategy: str, series: Series) -> Standing | None:
        """What a strategy has come to on a series; None where it has given no figures."""
        with self._lock:
            return self._accounts.standing(account_key(strategy, *series))

    def standings(self) -> tuple[int, list[Standing]]:
        """All of them, by strategy and series, with a number that rises whenever one is another than before."""
        with self._lock:
            return self._accounts.revision, self._accounts.standings()

    def curve(self, strategy: str, series: Series) -> Curve:
        """A strategy's equity on a series, oldest point first."""
        with self._lock:
            return self._accounts.curve(account_key(strategy, *series))

    def latest_trades(self, count: int, strategy: str, series: Series) -> list[Trade]:
        """A strategy's last trades on a series, newest first."""
        with self._lock:
            return self._accounts.trades(account_key(strategy, *series), count)

    def portfolios(self) -> list[PortfolioMetrics]:
        """What each portfolio has come to, by name."""
        with self._lock:
            return self._portfolios.metrics()

    def portfolio_curve(self, portfolio: str) -> Curve:
        """A portfolio's equity, oldest point first."""
        with self._lock:
            return self._portfolios.curve(portfolio)

    def counts(self, *, now: float) -> Counts:
        """The figures at time ``now``."""
        with self._lock:
            return Counts(
                candles_per_second=self._pace.per_second(now=now),
                candles=self._seen["candles"],
                signals=self._seen["signals"],
                composites=self._seen["composites"],
                late_signals=self._troubles.late_signals,
                last_late=self._troubles.last_late,
                undecodable=self._troubles.undecodable.total(),
                undecodable_by_topic=dict(self._troubles.undecodable),
                last_undecodable=self._troubles.last_undecodable,
                symbols_not_kept=len(self._not_kept),
            )

    def _changes(self, series: Series, strategy: str | None, *, since: int, whole: bool) -> Changes:
        symbol, timeframe = series
        known = self._symbols.get(symbol)
        found = known.series(timeframe) if known else None
        if found is None:
            bars: list[Bar] | None = []
        else:
            bars = found.bars if whole else found.since(since)
        if strategy is None or known is None:
            return Changes(self._sequence, bars, [])
        signals = self._signals.since(
            since, lambda one: one.strategy == strategy and (one.symbol, one.timeframe) == series
        )
        key = account_key(strategy, *series)
        return Changes(
            self._sequence,
            bars,
            signals,
            self._composites_on(known, series, strategy, since),
            self._accounts.changes(key, since),
            self._accounts.holding(key),
        )

    def _composites_on(
        self, known: SymbolBars, series: Series, strategy: str, since: int
    ) -> list[tuple[int, Composite]]:
        """Those of this timeframe and of longer ones: of a shorter one there may be many within a bar."""
        symbol, timeframe = series
        key, length = f"{strategy}|{symbol}", timeframe_ms(timeframe)
        placed = []
        for one in self._composites.since(since, lambda one: one.key == key):
            if isinstance(one, Composite) and timeframe_ms(one.timeframe) >= length:
                opens = known.opens(timeframe, to_milliseconds(one.window_end))
                if opens is not None:
                    placed.append((opens, one))
        return placed

    def _put(self, one: OtherNews) -> None:
        match one:
            case Signal():
                if self._signals.put(one, self._sequence):
                    self._seen["signals"] += 1
                    self._want(one.symbol, one.timeframe)
            case Composite() | Consensus():
                self._seen["composites"] += self._composites.put(one, self._sequence)
            case LateSignal() | Undecodable():
                self._troubles.put(one)
            case StrategyStatus():
                self._put_status(one)
            case WatchlistEntry():
                self._put_entry(one)
            case PortfolioMetrics() | PortfolioEntry():
                self._portfolios.put(one)
            case PositionChange() | Trade() | StrategyMetrics() | EquityPoint():
                self._put_account(one)
            case Deleted():
                self._delete(one)

    def _put_account(self, one: AccountNews) -> None:
        if isinstance(one, EquityPoint) and one.portfolio is not None:
            self._portfolios.put(one)
        else:
            self._accounts.put(one, self._sequence)

    def _delete(self, one: Deleted) -> None:
        if one.of == "metrics":
            self._accounts.forget(one.key)
            self._portfolios.forget(one.key)
        else:
            self._statuses.pop(one.key, None)

    def _put_candle(self, row: CandleRow) -> bool:
        """Whether it is news, rather than read again after an outage."""
        symbol = row[0]
        known = self._symbols.get(symbol)
        if known is None:
            if len(self._symbols) >= self._most_symbols:
                if len(self._not_kept) < self._most_symbols:
                    self._not_kept.add(symbol)
                return True
            known = self._symbols[symbol] = SymbolBars(
                candles=self._candles_each,
                derived=self._derived_each,
                ladder=self._timeframes,
                asset=self._assets.get(symbol),
                began=self._sequence - 1,
            )
            for timeframe in self._wanted.pop(symbol, {}):
                known.want(timeframe, self._sequence)
        return known.put(row, self._sequence)

    def _want(self, symbol: str, timeframe: str) -> None:
        """A strategy runs on this series: so it is to be seen, whether or not a candle has come yet."""
        known = self._symbols.get(symbol)
        if known is not None:
            known.want(timeframe, self._sequence)
        elif len(self._wanted) < self._most_symbols:
            wanted = self._wanted.setdefault(symbol, {})
            if len(wanted) < _MOST_WANTED:
                wanted[timeframe] = None

    def _put_entry(self, entry: WatchlistEntry) -> None:
        symbol, asset = entry.symbol, entry.asset
        if asset is None:
            self._assets.pop(symbol, None)
        elif symbol in self._assets or len(self._assets) < _MOST_ASSETS:
            self._assets[symbol] = asset
        known = self._symbols.get(symbol)
        if known is not None and known.asset != asset:
            self._symbols[symbol] = known.rebuilt(asset, self._sequence)

    def _put_status(self, status: StrategyStatus) -> None:
        renew(self._statuses, status.key, status, self._most_statuses)
        if status.symbol and status.timeframe:
            self._want(status.symbol, status.timeframe)
