"""Candles that are refused, and candles of the feed that are not of the timeframe that a symbol's bars are made of."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from operators.events import CandleBatch
from operators.indicators.history import Row
from operators.market.book import Book, Out
from operators.market.terms import Terms
from operators.tally import Tally
from schemas.candle_row import CandleRow
from schemas.dead_letter import Reason, dead_letter
from schemas.record import from_milliseconds
from schemas.timeframe import timeframe_ms

MAX_NATIVES = 16
"""Timeframes of one symbol's feed that are compared with what is made of its base."""


class Origin(NamedTuple):
    """A candle with where it came from."""

    row: CandleRow
    topic: str
    partition: int
    offset: int
    payload: bytes | None

    @classmethod
    def of(cls, event: CandleBatch, index: int) -> "Origin":
        """One candle of a batch."""
        return cls(event.rows[index], event.topic, event.partition, event.offsets[index], event.payloads[index])


def refuse(origin: Origin, reason: Reason, detail: str, tally: Tally, out: Out) -> None:
    """A candle that is not taken becomes a dead letter."""
    symbol, timeframe, open_time = origin.row[:3]
    tally.dead_letters += 1
    out.append(
        dead_letter(
            reason,
            f"{symbol} {timeframe}: {detail}",
            topic=origin.topic,
            partition=origin.partition,
            offset=origin.offset,
            key=symbol.encode(),
            value=origin.payload,
            event_time=from_milliseconds(open_time + timeframe_ms(timeframe)),
        )
    )


class Natives:
    """Candles of the feed that are not of the base timeframe.

    The bar that they stand for is made of base candles. So one that can be made waits until that is closed, one for
    each timeframe, and is compared with it: it is a duplicate if its prices are the same, and refused if they are not.

    Attributes:
        timeframes: those that have come and can be made, in the order in which they came first.
        next_end: when the first bar ends that a candle waits for, in milliseconds; None if none waits.
    """

    def __init__(self, tally: Tally, resume: Sequence[Sequence[Any]] = (), timeframes: Sequence[str] = ()) -> None:
        self.timeframes = list(timeframes)
        self._tally = tally
        self._held: dict[str, tuple[int, Origin]] = {}
        for end, row, *where in resume:
            self._held[row[1]] = end, Origin(tuple(row), *where)
        self.next_end = self._next_end()

    def snapshot(self) -> list[list[Any]]:
        """What waits, as primitives."""
        return [[end, list(origin.row), *origin[1:]] for end, origin in self._held.values()]

    def take(self, origin: Origin, base: str, terms: Terms, book: Book | None, out: Out) -> None:
        """Take a candle that is not of the base.

        Args:
            origin: the candle.
            base: timeframe of which the symbol's bars are made.
            terms: on which.
            book: with nothing put off, and keeping ``timeframes``; None before the first base candle.
            out: where a dead letter goes.
        """
        timeframe, open_time = origin.row[1:3]
        bucket = terms.grid.bucket(open_time, timeframe)
        if bucket is None:
            return
        end = bucket[1]
        if book is not None and book.watermark is not None and end <= book.watermark:
            self._compare(origin, book, out)
            return
        before = self._held.get(timeframe)
        if before is not None and before[1].row[2] == open_time:
            if before[1].row[3:7] == origin.row[3:7]:
                self._tally.duplicates += 1
            else:
                refuse_conflict(origin, self._tally, out)
            return
        if before is not None and before[1].row[2] > open_time:
            refuse_late(origin, before[1].row[2], self._tally, out)
            return
        if before is not None:
            self._refuse(before[1], f"no {base} candle has come that closes it", base, terms, out)
        self._held[timeframe] = end, origin
        self.next_end = self._next_end()

    def admits(self, origin: Origin, base: str, terms: Terms, out: Out) -> bool:
        """Whether a bar can be made that the candle may be compared with; if not, it is refused."""
        timeframe, open_time = origin.row[1:3]
        problem = terms.grid.misfit(timeframe, base)
        bucket = None if problem else terms.grid.bucket(open_time, timeframe)
        if not problem and (bucket is None or bucket[0] != open_time):
            problem = f"no session's {timeframe} bar opens at {from_milliseconds(open_time).isoformat()}"
        if not problem and timeframe not in self.timeframes:
            if len(self.timeframes) == MAX_NATIVES:
                problem = f"{MAX_NATIVES} other timeframes have come beside them"
            else:
                self.timeframes.append(timeframe)
        if problem:
            self._refuse(origin, problem, base, terms, out)
        return not problem

    def resolve(self, book: Book, out: Out) -> None:
        """Compare what waited for bars that are closed now; the book has nothing put off."""
        watermark = book.watermark
        if self.next_end is None or watermark is None or self.next_end > watermark:
            return
        for timeframe, (end, origin) in sorted(self._held.items(), key=lambda one: (one[1][0], timeframe_ms(one[0]))):
            if end <= watermark and timeframe in book.series:
                del self._held[timeframe]
                self._compare(origin, book, out)
        self.next_end = self._next_end()

    def rebase(self, base: str, terms: Terms, out: Out) -> None:
        """The symbol's bars are made of another timeframe, or on another grid: refuse what no bar will be made for."""
        self.timeframes = [one for one in self.timeframes if not terms.grid.misfit(one, base) and one != base]
        held, self._held = self._held, {}
        for timeframe, (_, origin) in held.items():
            bucket = terms.grid.bucket(origin.row[2], timeframe)
            if timeframe in self.timeframes and bucket is not None and bucket[0] == origin.row[2]:
                self._held[timeframe] = bucket[1], origin
            else:
                self._refuse(origin, "that was declared while it waited to be compared", base, terms, out)
        self.next_end = self._next_end()

    def _compare(self, origin: Origin, book: Book, out: Out) -> None:
        timeframe, open_time = origin.row[1:3]
        series = book.series[timeframe]
        made = series.bar_at(open_time)
        if made is None:
            oldest = series.oldest_open
            if oldest is not None and open_time < oldest:
                detail = f"{_opened(origin)} is older than the bars that are kept"
                refuse(origin, Reason.OUT_OF_ORDER, detail, self._tally, out)
            else:
                detail = f"{_opened(origin)} has come and no {book.base} candle in it"
                refuse(origin, Reason.CONFLICTING_DUPLICATE, detail, self._tally, out)
            return
        given = origin.row[3:8]
        compared = 4 if series.method == "ohlc" else 3  # other methods have a close of their own
        if made[:compared] == given[:compared]:
            self._tally.duplicates += 1
        else:
            detail = f"{_opened(origin)} has {_prices(given)}, and its {book.base} candles make it {_prices(made)}"
            refuse(origin, Reason.CONFLICTING_DUPLICATE, detail, self._tally, out)

    def _refuse(self, origin: Origin, problem: str, base: str, terms: Terms, out: Out) -> None:
        why = "to make them of others, declare base_timeframe on the watchlist"
        if terms.base is not None:
            why = f"the watchlist declares {terms.base} as the base of {origin.row[0]}"
        detail = f"the symbol's bars are made of its {base} candles, and {problem}; {why}"
        refuse(origin, Reason.WRONG_TIMEFRAME, detail, self._tally, out)

    def _next_end(self) -> int | None:
        return min((end for end, _ in self._held.values()), default=None)


def refuse_conflict(origin: Origin, tally: Tally, out: Out) -> None:
    """A candle says otherwise than one that was taken. A closed candle is final, so a correction comes too late."""
    refuse(origin, Reason.CONFLICTING_DUPLICATE, f"{_opened(origin)} was taken before with other values", tally, out)


def refuse_late(origin: Origin, newest: int, tally: Tally, out: Out) -> None:
    """A candle came after a later one, and was not taken before."""
    came = f"{_opened(origin)} came after {from_milliseconds(newest).isoformat()}"
    refuse(origin, Reason.OUT_OF_ORDER, came, tally, out)


def _opened(origin: Origin) -> str:
    return f"candle {from_milliseconds(origin.row[2]).isoformat()}"


def _prices(row: Row) -> str:
    return "open {:g}, high {:g}, low {:g}, close {:g}".format(*row[:4])
