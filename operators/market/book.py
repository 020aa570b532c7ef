"""Every timeframe of one symbol: base candles in, and at every instant all series up to date before any is shown."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from operators.finer import Finer
from operators.indicators.history import Row
from operators.lift import Snapshot
from operators.market.bars import Bar
from operators.market.folds import Folds, FoldsState
from operators.market.series import Series
from operators.market.terms import Terms
from operators.market.within import Run, finer_inside, finer_timeframe, most_inside
from schemas.alert import Alert, alert_id
from schemas.candle_row import CandleRow
from schemas.record import from_milliseconds
from schemas.timeframe import length_of, timeframe_ms

_NO_RUN = Run((), ())

Out = list[Any]
"""Where everything goes that comes out, in order."""


class Book:
    """The base series of a symbol and those derived of it.

    Candles are put off until ``flush`` so that a batch is worked as one run. What comes out is the same for every way
    of batching: a bar is a function of the candles in its bucket, and is closed once the watermark has reached its end.

    Attributes:
        base: timeframe of the candles of which all is made.
        terms: on which they are worked.
        series: of every kept timeframe.
        newest: open time of the newest base candle, in milliseconds; None before the first.
        watermark: event time up to which everything is known, in milliseconds; None before the first candle.
    """

    def __init__(self, symbol: str, base: str, terms: Terms, resume: Snapshot | None = None) -> None:
        state: dict[str, Any] | None = resume
        self.base = base
        self.terms = terms
        self.series: dict[str, Series] = {}
        self.newest: int | None = None
        self.watermark: int | None = None
        self._symbol = symbol
        self._length = timeframe_ms(base)
        self._rows: list[Row] = []
        self._times: list[int] = []
        self._finer: dict[str, str] = {}
        if state is None:
            self._folds = self._empty(None)
            for timeframe in (base, *terms.kept(base)):
                self._open(timeframe)
                if timeframe != base:
                    self._folds.add(timeframe)
        else:
            self.newest, self.watermark = state["newest"], state["watermark"]
            self._folds = self._empty(state["folds"])
            for timeframe, series in state["series"].items():
                self._open(timeframe, series)
        self._own = self.series[base]
        self._arrange()

    def snapshot(self) -> Snapshot:
        """Every series and what is forming, as primitives. Nothing may be put off."""
        return {
            "newest": self.newest,
            "watermark": self.watermark,
            "folds": {**self._folds.snapshot()},
            "series": {timeframe: series.snapshot() for timeframe, series in self.series.items()},
        }

    @property
    def count(self) -> int:
        """How many base candles there were, those put off among them."""
        return self._own.count + len(self._rows)

    def misfit(self, timeframe: str) -> str:
        """Why a timeframe cannot be made of the base candles; empty if it can, or is theirs."""
        return "" if timeframe == self.base else self.terms.grid.misfit(timeframe, self.base)

    def taken(self, open_time: int) -> Row | None:
        """The base candle that opened then, among the last that are kept; None where there is none."""
        ahead = len(self._times)
        index = bisect_left(self._times, open_time)
        if index < ahead and self._times[index] == open_time:
            return self._rows[index] if ahead - index <= self._own.keep else None
        return self._own.bar_at(open_time, ahead)

    def closes_with(self, close_time: int) -> bool:
        """Whether a derived bar may close with a base candle that closes then."""
        return close_time >= self._folds.next_end

    def candle(self, row: CandleRow) -> None:
        """Take a base candle that is new and in order."""
        open_time = row[2]
        self.newest = open_time
        self.watermark = open_time + self._length
        self._times.append(open_time)
        self._rows.append(row[3:8])

    def extend(self, rows: Sequence[CandleRow]) -> None:
        """Take base candles that are new and in order."""
        self._times += [row[2] for row in rows]
        self._rows += [row[3:8] for row in rows]
        self.newest = self._times[-1]
        self.watermark = self.newest + self._length

    def flush(self, out: Out) -> None:
        """Work the candles that were put off, and whatever bars they close."""
        rows, times = self._rows, self._times
        if rows:
            self._rows, self._times = [], []
            closed = self._folds.extend(rows, times)
            if closed:
                self._derive(closed, out, Run(rows, times))
                self._own.work(rows, times, out)
                for timeframe in closed:
                    self.series[timeframe].closes = ()
            else:
                self._own.work(rows, times, out)

    def advance(self, point: int, out: Out) -> None:
        """Nothing that opens before this instant is to come: show what closes by it. Nothing may be put off."""
        if self.watermark is not None and point > self.watermark:
            self.watermark = point
            closed = self._folds.advance(point)
            self._derive(closed, out, _NO_RUN)
            for timeframe in closed:
                self.series[timeframe].closes = ()

    def bucket_of(self, timeframe: str, open_time: int) -> int:
        """When the bar of a timeframe opens that is forming as a base candle comes that opens then."""
        grid = self.terms.grid
        if timeframe != self.base and self.newest is not None and self.watermark is not None:
            forming = grid.bucket(self.newest, timeframe)
            if forming is not None and forming[1] > self.watermark:
                return forming[0]
        bucket = None if timeframe == self.base else grid.bucket(open_time, timeframe)
        return open_time if bucket is None else bucket[0]

    def keep(self, timeframe: str) -> None:
        """Have a series of a timeframe from now on, made of the base candles that are kept. Nothing may be put off."""
        if timeframe not in self.series:
            series = self._open(timeframe)
            rows, times = self._own.bars(self._own.keep)
            series.young = self._own.count > len(rows) or self._own.young
            series.put(self._folds.add(timeframe, rows, times))
            self._arrange()

    def retain(self, timeframes: Iterable[str]) -> None:
        """Keep only these from now on, beside the base and those that are kept of every symbol."""
        kept = {self.base, *self.terms.kept(self.base), *timeframes}
        for timeframe in self.series.keys() - kept:
            del self.series[timeframe]
            self._folds.remove(timeframe)
        self._arrange()

    def look_inside(self, timeframes: Iterable[str]) -> dict[str, int]:
        """Show what lies inside the bars of these timeframes, and of no others, from now on.

        Returns:
            how many bars have to be kept for that, by their timeframe.
        """
        self._finer = {}
        kept: dict[str, int] = {}
        for timeframe in timeframes:
            finer = finer_timeframe(timeframe, self.base, self.terms.kept(self.base), self.terms.grid)
            if finer is not None:
                self._finer[timeframe] = finer
                kept[finer] = max(kept.get(finer, 0), most_inside(timeframe, finer))
        return kept

    def revise(self, terms: Terms) -> set[str]:
        """Go on on other terms, with the same base. Nothing may be put off.

        Returns:
            the timeframes whose bars were made anew of the base candles that are kept.
        """
        before, self.terms = self.terms, terms
        others = self.series.keys() - {self.base}
        if terms.session != before.session:
            touched = others.union(terms.kept(self.base))  # of which some may not have fitted the grid before
            self._remake(touched, afresh=True)
        else:
            touched = {timeframe for timeframe in others if terms.method(timeframe) != before.method(timeframe)}
            if terms.quiet_market != before.quiet_market:
                self._folds = self._empty(self._folds.snapshot())
            if touched:
                self._remake(touched, afresh=False)
        for timeframe in terms.kept(self.base):
            self.keep(timeframe)
        return touched

    def rebased(self, base: str, terms: Terms) -> "Book":
        """A new one on another base, which begins with the next candle. What was shown already is not shown again."""
        book = Book(self._symbol, base, terms)
        for timeframe, series in book.series.items():
            before = self.series.get(timeframe)
            series.young = True
            if before is not None:
                series.floor = before.newest_close
        return book

    def _remake(self, timeframes: Iterable[str], *, afresh: bool) -> None:
        """Make series anew of the base candles that are kept; ``afresh`` with all that is forming, on another grid."""
        rows, times = self._own.bars(self._own.keep)
        folds = self._empty(None)
        able = sorted((one for one in timeframes if not self.misfit(one)), key=length_of)
        for timeframe in able:
            folds.add(timeframe)
        bars = folds.extend(rows, times, self.watermark)
        if afresh:
            self._folds = folds
        for timeframe in timeframes:
            self.series.pop(timeframe, None)
        for timeframe in able:
            series = self._open(timeframe)
            series.young = self._own.count > len(rows) or self._own.young
            series.put(bars.get(timeframe, []))
        self._arrange()

    def _empty(self, state: FoldsState | None) -> Folds:
        terms = self.terms
        ladder = terms.ladder(self.base)
        return Folds(self.base, terms.grid, ladder, quiet_market=terms.quiet_market, resume=state)

    def _open(self, timeframe: str, resume: dict[str, Any] | None = None) -> Series:
        terms = self.terms
        own = timeframe == self.base
        grid = None if own or terms.session is None else terms.grid
        method = "ohlc" if own else terms.method(timeframe)
        series = Series(self._symbol, timeframe, grid, keep=terms.keep(timeframe), method=method, resume=resume)
        self.series[timeframe] = series
        return series

    def _arrange(self) -> None:
        """Put the series in order, from the longest timeframe."""
        self.series = {name: self.series[name] for name in sorted(self.series, key=length_of, reverse=True)}

    def _derive(self, closed: dict[str, list[Bar]], out: Out, run: Run) -> None:
        """Show derived bars, those of longer timeframes first, which the shorter ones read; ``run`` is of the base."""
        alerts: list[tuple[int, int, Alert]] = []
        for timeframe in reversed(closed):
            series, bars = self.series[timeframe], closed[timeframe]
            if series.watched and not self.terms.quiet_market:
                alerts += [(bar.close_time, timeframe_ms(timeframe), alert) for bar, alert in self._lacks(series, bars)]
            series.derived(bars, out, self._inside(timeframe, closed, run) if timeframe in self._finer else None)
        out += [alert for _, _, alert in sorted(alerts, key=lambda one: one[:2])]

    def _inside(self, timeframe: str, closed: dict[str, list[Bar]], run: Run) -> Finer:
        """What lies inside bars that close now. No series of a shorter timeframe has taken its own yet."""
        terms, finer = self.terms, self._finer[timeframe]
        series = self.series[finer]
        if finer != self.base:
            bars = closed.get(finer, [])
            closes = None if terms.session is None else [bar.close_time for bar in bars]
            run = Run(series.rows_of(bars), [bar.open_time for bar in bars], closes)
        return finer_inside(closed[timeframe], finer, series, run, terms.grid)

    def _lacks(self, series: Series, bars: Sequence[Bar]) -> Iterator[tuple[Bar, Alert]]:
        """What is missing in bars and between them, while somebody runs on them."""
        before, timeframe = series.newest_close, series.timeframe
        for bar in bars:
            missing = 0 if before is None else self.terms.grid.missing(timeframe, before, bar.open_time)
            if before is not None and missing > self.terms.parameters.gap_tolerance_bars:
                yield bar, gap(self._symbol, timeframe, before, bar.open_time, missing, what="bar")
            if not bar.complete:
                yield bar, self._partial(timeframe, bar)
            before = bar.close_time

    def _partial(self, timeframe: str, bar: Bar) -> Alert:
        opened, event_time = from_milliseconds(bar.open_time), from_milliseconds(bar.close_time)
        return Alert(
            id=alert_id("partial", self._symbol, timeframe, event_time),
            kind="partial",
            severity="warning",
            symbol=self._symbol,
            timeframe=timeframe,
            event_time=event_time,
            message=f"the bar from {opened.isoformat()} to {event_time.isoformat()} was made of {bar.candles} of "
            f"{bar.expected} candles of {self.base}",
        )


def gap(symbol: str, timeframe: str, end: int, start: int, missing: int, *, what: str = "candle") -> Alert:  # noqa: PLR0913  # what is missing, and where
    """Bars of a series are missing between the end of one and the start of the next, in milliseconds."""
    since, event_time = from_milliseconds(end), from_milliseconds(start)
    count = f"1 {what} is" if missing == 1 else f"{missing} {what}s are"
    return Alert(
        id=alert_id("gap", symbol, timeframe, event_time),
        kind="gap",
        severity="warning",
        symbol=symbol,
        timeframe=timeframe,
        event_time=event_time,
        message=f"{count} missing from {since.isoformat()} to {event_time.isoformat()}",
    )
