"""One symbol worked up to an instant, for one strategy: the graph's own steps, without the graph around them."""

from bisect import bisect_left
from collections.abc import Iterable
from functools import reduce
from operator import add, itemgetter

from dataflows.errors import CandelabraError
from dataflows.explain.bar import AtBar, Bar
from dataflows.explain.instant import Instant
from dataflows.explain.series import SeriesRun, effective_ms
from dataflows.graph import Parameters
from operators.events import CandleBatch, Command, Enrolment, Listing
from operators.market.grid import grid_of
from operators.market.step import MarketStep
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas.candle_row import CandleRow
from schemas.lifecycle import State, StrategyVersion
from schemas.names import did_you_mean
from schemas.record import from_milliseconds
from schemas.session import SessionConfig
from schemas.timeframe import timeframe_ms

Event = CandleBatch | Command | Enrolment | Listing

_WEEK_MS = 7 * 86_400_000
_OPEN_TIME = itemgetter(2)


class SymbolRun:
    """A strategy on one symbol, on every timeframe that it runs on there or on one.

    Args:
        strategy: its id; commands to others are passed over.
        timeframe: the only one that is asked about; None for whatever it runs on.
        instant: up to when.
        parameters: of the graph.
    """

    def __init__(self, strategy: str, timeframe: str | None, instant: Instant, parameters: Parameters) -> None:
        self.symbol = ""
        self.series: dict[str, SeriesRun] = {}
        self._strategy = strategy
        self._timeframe = timeframe
        self._instant = instant
        self._catalog = Catalog()
        self._market = MarketStep(self._catalog, Tally(), parameters)
        self._versions: list[StrategyVersion] = []
        self._rows: list[CandleRow] = []
        self._first: int | None = None
        self._last = 0
        self._session: SessionConfig | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing that comes could change the answer."""
        return self._last > enough_ms(self._instant) or self._is_answered

    @property
    def _is_answered(self) -> bool:
        runs = [one for one in self.series.values() if self._timeframe in {None, one.timeframe}]
        return bool(runs) and all(one.finished for one in runs)

    @property
    def span(self) -> tuple[int, int] | None:
        """Open time of the first and close time of the newest candle, in milliseconds; None before there is one."""
        return None if self._first is None else (self._first, self._last)

    def take(self, events: Iterable[Event]) -> None:
        """What comes next of the symbol."""
        for item in self._market.on_batch(self._heard(events)):
            if isinstance(item, tuple):
                key, fed = item
                self._series_of(key).take(fed)

    def _heard(self, events: Iterable[Event]) -> list[Event]:
        """What concerns the strategy, with what there is to learn of it."""
        kept = self._concerning(events)
        for event in kept:
            self.symbol = self.symbol or event.symbol
            if isinstance(event, Command):
                self._learn(event.version)
            elif isinstance(event, CandleBatch):
                self._note(event.rows)
            elif isinstance(event, Listing) and event.entry is not None:
                self._session = event.entry.asset.session if event.entry.asset is not None else None
        return kept

    def _concerning(self, events: Iterable[Event]) -> list[Event]:
        return [one for one in events if not isinstance(one, Command) or one.desired.strategy == self._strategy]

    def _series_of(self, key: str) -> SeriesRun:
        timeframe = key.rpartition("|")[2]
        if timeframe not in self.series:
            run = self.series[timeframe] = SeriesRun(timeframe, self._instant, self._catalog)
            for version in self._versions:
                run.knows(version)
        return self.series[timeframe]

    def at_bar(self, where: str) -> AtBar:
        """The bar that was asked about.

        Args:
            where: the candles are, as a person names it.

        Raises:
            CandelabraError: there is no such bar, the strategy does not run on the symbol, or on several timeframes of
                which none was named.
        """
        run = self._chosen(where)
        found, instant = run.found, self._instant
        if found is not None and (instant.is_day or found.bar.open_time < instant.at):
            return found
        bar = self._bar(run.timeframe)  # of which no frames came, perhaps of the one that closes as the next one opens
        if bar is not None:
            return run.without_frames(bar)
        if found is None:
            raise CandelabraError(self._no_bar(run, where))
        return found

    def _learn(self, version: StrategyVersion) -> None:
        if version not in self._versions:
            self._versions.append(version)
            for run in self.series.values():
                run.knows(version)

    def _note(self, rows: Iterable[CandleRow]) -> None:
        """Keep what lies around the instant, for bars at which the strategy was shown nothing."""
        for row in rows:
            opened = row[2]
            if self._first is None:
                self._first = opened
            self._last = max(self._last, opened + timeframe_ms(row[1]))
            if abs(opened - self._instant.at) <= _WEEK_MS:
                self._rows.append(row)

    def _chosen(self, where: str) -> SeriesRun:
        timeframes = sorted(self.series, key=timeframe_ms)
        if not timeframes:
            raise CandelabraError(f"{self._strategy} does not run on {self.symbol}, of which {where} has candles")
        if self._timeframe is not None:
            if self._timeframe not in self.series:
                hint = did_you_mean(self._timeframe, timeframes)
                raise CandelabraError(
                    f"{self._strategy} does not run on {self.symbol} {self._timeframe}{hint}: it runs on "
                    f"{', '.join(timeframes)}"
                )
            return self.series[self._timeframe]
        if len(timeframes) > 1:
            raise CandelabraError(
                f"{self._strategy} runs on several timeframes of {self.symbol}: name one of {', '.join(timeframes)} "
                "with --timeframe"
            )
        return self.series[timeframes[0]]

    def _bar(self, timeframe: str) -> Bar | None:
        """The bar of the instant from its candles; None where there is no candle of it, or it has not closed."""
        grid, at = grid_of(self._session), self._instant.at
        span = grid.bucket(at if self._instant.is_day else at - 1, timeframe)
        if span is None or (self._instant.match(span[1]) == "holds" and not span[0] <= at < span[1]):
            return None
        opened, closes = span
        if self._last < closes:
            return None
        rows = sorted(self._rows, key=_OPEN_TIME)
        inside = rows[bisect_left(rows, opened, key=_OPEN_TIME) : bisect_left(rows, closes, key=_OPEN_TIME)]
        if not inside:
            return None
        high, low = max(row[4] for row in inside), min(row[5] for row in inside)
        volume = reduce(add, (row[7] for row in inside))  # as the engine adds; since Python 3.12 sum() rounds otherwise
        return Bar(self.symbol, timeframe, opened, closes, inside[0][3], high, low, inside[-1][6], volume)

    def _no_bar(self, run: SeriesRun, where: str) -> str:
        at, span = time_text(self._instant.at), self.span
        series = f"{self.symbol} {run.timeframe}"
        if span is None or not span[0] <= self._instant.at < span[1]:
            held = "none" if span is None else f"those from {time_text(span[0])} to {time_text(span[1])}"
            last = ""
            if run.evaluated is not None and self._instant.at >= run.evaluated[1]:
                last = f"; the last bar of {series} closed at {time_text(run.evaluated[1])}"
            return f"{where} has no candle of {self.symbol} at {at} UTC: it has {held}{last}"
        return f"{where} has no closed bar of {series} at {at} UTC: no candle of it came{self._around()}"

    def _around(self) -> str:
        """Which candles there are nearest to the instant."""
        opened = sorted(row[2] for row in self._rows)
        place = bisect_left(opened, self._instant.at)
        near = [time_text(one) for one in (*opened[max(0, place - 1) : place], *opened[place : place + 1])]
        return f"; the nearest candles open at {' and '.join(near)}" if near else ""


def shown_state(at: AtBar) -> State | None:
    """The state in which a series was at a bar, None before any command took effect there."""
    since = effective_ms(at.before)
    return None if since is None or since > at.bar.open_time else at.before.state


def enough_ms(instant: Instant) -> int:
    """Candles that close later than this, in milliseconds, tell nothing of a bar."""
    return instant.at + 2 * _WEEK_MS


def time_text(milliseconds: int) -> str:
    """A time as people read it, in UTC; seconds where there are any.

    >>> time_text(60_000), time_text(1_500)
    ('1970-01-01 00:01', '1970-01-01 00:00:01.500')
    """
    time = from_milliseconds(milliseconds)
    if milliseconds % 1000:
        return time.strftime("%Y-%m-%d %H:%M:%S.") + f"{milliseconds % 1000:03}"
    return f"{time:%Y-%m-%d %H:%M:%S}".removesuffix(":00")
