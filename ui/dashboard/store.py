"""What the dashboard knows: bounded, shared by all sessions, and able to say what is new since a sequence number."""

import threading
from bisect import insort
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nlargest
from typing import TypeAlias

from schemas.candle_row import CandleRow
from schemas.lifecycle import StrategyStatus
from schemas.signal import Signal
from schemas.timeframe import timeframe_ms
from ui.dashboard.bars import Bar, BarSeries
from ui.dashboard.pace import Pace

_MOST_PLACES = 10_000
"""So many undecodable records are told apart from repeats; any more count each time that they are read."""

Series: TypeAlias = tuple[str, str]
"""Symbol and timeframe."""


@dataclass(frozen=True)
class Counts:
    """Figures of the page's head: candles per second, and numbers of records since the dashboard started."""

    candles_per_second: float
    candles: int
    signals: int
    undecodable: int
    undecodable_by_topic: dict[str, int]
    last_undecodable: str | None
    series_not_kept: int


@dataclass(frozen=True)
class Deleted:
    """The status of this key was deleted from its topic."""

    key: str


@dataclass(frozen=True)
class Undecodable:
    """A record could not be read: where it lies, and why."""

    topic: str
    partition: int
    offset: int
    why: str


News: TypeAlias = CandleRow | Signal | StrategyStatus | Deleted | Undecodable


@dataclass(frozen=True)
class Changes:
    """What a chart has to draw to be as of ``sequence``. ``bars`` is None where it must take a whole snapshot first."""

    sequence: int
    bars: list[Bar] | None
    signals: list[Signal]


class MarketStore:
    """Candles by series, signals by strategy and series, the newest status of each key. Safe to use from any thread.

    Holds at most ``series`` series of ``candles`` candles, ``signals`` signals, and ``statuses`` statuses; a series
    beyond that is counted, and not kept. What it is told twice counts once.
    """

    def __init__(
        self, *, candles: int = 5_000, series: int = 200, signals: int = 20_000, statuses: int = 10_000
    ) -> None:
        self._lock = threading.Lock()
        self._sequence = 0
        self._candles_each = candles
        self._most_series = series
        self._most_statuses = statuses
        self._series: dict[Series, BarSeries] = {}
        self._not_kept: set[Series] = set()
        self._signals: deque[tuple[int, Signal]] = deque()
        self._signal_ids: set[str] = set()
        self._most_signals = signals
        self._statuses: dict[str, StrategyStatus] = {}
        self._pace = Pace()
        self._seen: Counter[str] = Counter()
        self._undecodable: Counter[str] = Counter()
        self._undecodable_places: set[tuple[str, int, int]] = set()
        self._last_undecodable: str | None = None

    def apply(self, news: Iterable[News], *, now: float) -> None:
        """Take in a batch at time ``now`` (seconds of a steady clock)."""
        with self._lock:
            candles = 0
            for one in news:
                self._sequence += 1
                if isinstance(one, tuple):
                    candles += self._put_candle(one)
                elif isinstance(one, Signal):
                    self._put_signal(one)
                elif isinstance(one, StrategyStatus):
                    self._put_status(one)
                elif isinstance(one, Deleted):
                    self._statuses.pop(one.key, None)
                else:
                    self._put_undecodable(one)
            if candles:
                self._seen["candles"] += candles
                self._pace.add(candles, now=now)

    def series(self) -> list[Series]:
        """All series there are candles of, by symbol, shortest timeframe first."""
        with self._lock:
            return sorted(self._series, key=lambda one: (one[0], timeframe_ms(one[1])))

    def last_bar(self, series: Series) -> Bar | None:
        """The newest candle of a series."""
        with self._lock:
            found = self._series.get(series)
            return found.last if found else None

    def snapshot(self, series: Series, strategy: str | None) -> Changes:
        """All bars of a series, and the strategy's signals on it."""
        with self._lock:
            found = self._series.get(series)
            return Changes(self._sequence, found.bars if found else [], self._signals_on(series, strategy, since=0))

    def since(self, sequence: int, series: Series, strategy: str | None) -> Changes:
        """What changed after ``sequence``."""
        with self._lock:
            found = self._series.get(series)
            bars = found.since(sequence) if found else []
            return Changes(self._sequence, bars, self._signals_on(series, strategy, since=sequence))

    def latest_signals(self, count: int, strategy: str | None = None) -> list[Signal]:
        """The newest signals by event time, newest first, of one strategy or of all."""
        with self._lock:
            wanted = [one for _, one in self._signals if strategy in (None, one.strategy)]
        return nlargest(count, wanted, key=lambda one: (one.close_time, one.strategy, one.symbol))

    def statuses(self) -> list[StrategyStatus]:
        """The newest status of each key, by strategy and series."""
        with self._lock:
            return [self._statuses[key] for key in sorted(self._statuses)]

    def strategies(self) -> list[str]:
        """Every strategy that has a status or a signal."""
        with self._lock:
            named = {one.strategy for one in self._statuses.values()} | {one.strategy for _, one in self._signals}
        return sorted(named)

    def counts(self, *, now: float) -> Counts:
        """The figures at time ``now``."""
        with self._lock:
            return Counts(
                candles_per_second=self._pace.per_second(now=now),
                candles=self._seen["candles"],
                signals=self._seen["signals"],
                undecodable=self._undecodable.total(),
                undecodable_by_topic=dict(self._undecodable),
                last_undecodable=self._last_undecodable,
                series_not_kept=len(self._not_kept),
            )

    def _put_candle(self, row: CandleRow) -> bool:
        """Whether it is news, rather than read again after an outage."""
        series = (row[0], row[1])
        known = self._series.get(series)
        if known is None:
            if len(self._series) >= self._most_series:
                if len(self._not_kept) < self._most_series:
                    self._not_kept.add(series)
                return True
            known = self._series[series] = BarSeries(self._candles_each)
        return known.put(row, self._sequence)

    def _put_signal(self, signal: Signal) -> None:
        if signal.id in self._signal_ids:
            return
        if len(self._signals) >= self._most_signals:
            self._signal_ids.discard(self._signals.popleft()[1].id)
        self._seen["signals"] += 1
        self._signals.append((self._sequence, signal))
        self._signal_ids.add(signal.id)

    def _put_status(self, status: StrategyStatus) -> None:
        self._statuses.pop(status.key, None)  # a key that is heard of goes to the end of the queue to be forgotten
        self._statuses[status.key] = status
        if len(self._statuses) > self._most_statuses:
            del self._statuses[next(iter(self._statuses))]

    def _put_undecodable(self, one: Undecodable) -> None:
        place = (one.topic, one.partition, one.offset)
        if place in self._undecodable_places:
            return
        if len(self._undecodable_places) < _MOST_PLACES:
            self._undecodable_places.add(place)
        self._undecodable[one.topic] += 1
        self._last_undecodable = f"{one.topic}: {one.why} (partition {one.partition}, offset {one.offset})"

    def _signals_on(self, series: Series, strategy: str | None, *, since: int) -> list[Signal]:
        found: list[Signal] = []
        if strategy is None:
            return found
        for sequence, signal in reversed(self._signals):
            if sequence <= since:
                break
            if signal.strategy == strategy and (signal.symbol, signal.timeframe) == series:
                insort(found, signal, key=lambda one: one.close_time)
        return found
