"""One symbol: its candles cleaned and put in order, every timeframe made of them, and its strategies fed."""

from collections.abc import Iterable, Sequence
from typing import Any

from operators.control.scheduled import Scheduled
from operators.events import Beat, CandleBatch, Command, Enrolment, Item, Listing, Reached, Shared
from operators.lift import Snapshot
from operators.market.book import Book, gap
from operators.market.cleaning import Natives, Origin, refuse_conflict, refuse_late
from operators.market.counted import Counted
from operators.market.migration import SCHEMA_VERSION, migrated
from operators.market.parameters import Parameters
from operators.market.portfolio_rolls import PortfolioRolls
from operators.market.put_off import PutOff
from operators.market.rolls import Rolls
from operators.market.roster import Roster
from operators.market.schedule import Due, Listed, Schedule
from operators.market.terms import Terms
from operators.market.weighing import weighed
from operators.snapshot import check_parameters
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas.alert import Alert
from schemas.candle_row import CandleRow
from schemas.dead_letter import DeadLetter
from schemas.timeframe import length_of, timeframe_ms

Output = tuple[str, Item] | DeadLetter | Alert | Beat | Shared | Reached
"""A pair is an event and the key of the strategy step that it is for."""


class MarketStep:
    """Key ``symbol``. Turns candles and commands into frames and transitions for each strategy on each timeframe.

    All timeframes are made of one, the base: what the watchlist declares, else the finest that the feed brings. While
    one base candle has come, a finer one takes its place; from the second on it is settled. Exact duplicates are
    dropped, gaps flagged, candles that are out of order or contradict an earlier one refused. What comes of another
    timeframe is compared with the bar that is made here.

    A bar is closed once the base candle that ends its bucket, or a later one, has been taken. Whatever closes at an
    instant is worked together, so that a strategy on any timeframe sees the newest bars of all others, in whatever
    order candles of an instant come.

    A command takes effect between two base candles and is passed on at once for every timeframe. So does what the
    watchlist says. State: the bounded history of every timeframe, what is forming, what is in force and what waits.
    """

    def __init__(self, catalog: Catalog, tally: Tally, parameters: Parameters, resume: Snapshot | None = None) -> None:
        self._catalog = catalog
        self._tally = tally
        self._parameters = parameters
        self._symbol = ""
        self._settled = False
        self._eager = False
        self._terms = Terms(parameters)
        self._book: Book | None = None
        self._length = 0
        self._schedule = Schedule()
        self._roster = Roster("", catalog, self._schedule)
        self._natives = Natives(tally)
        self._rolls = Rolls()
        self._portfolio_rolls = PortfolioRolls()
        self._counted = Counted()
        self._put_off = PutOff()
        if resume is not None:
            self._restore(resume)

    @property
    def _written_parameters(self) -> dict[str, object]:
        """What the answers depend on beside the feed; state that was made with others is refused."""
        parameters = self._parameters
        return {
            "history_bars": parameters.history_bars,
            "gap_tolerance_bars": parameters.gap_tolerance_bars,
            "timeframes": sorted(set(parameters.timeframes), key=length_of),
        }

    def _restore(self, resume: Snapshot) -> None:
        what = f"market of {resume.get('symbol') or 'a symbol without candles'}"
        state: dict[str, Any] = migrated(resume, what)
        check_parameters(what, state["parameters"], self._written_parameters)
        self._symbol, self._settled = state["symbol"], state["settled"]
        self._schedule = Schedule.restored(state["schedule"], self._catalog)
        listed = self._schedule.listed
        self._terms = Terms(self._parameters, listed.entry, exists=listed.exists)
        self._natives = Natives(self._tally, state["natives"], state["native_timeframes"])
        self._rolls = Rolls(state["rolls"])
        self._portfolio_rolls = PortfolioRolls(state["portfolio_rolls"])
        self._counted = Counted.restored(state["counted"], self._schedule, self._symbol)
        self._roster = Roster(self._symbol, self._catalog, self._schedule)
        if state["book"] is not None:
            self._book = Book(self._symbol, state["base"], self._terms, state["book"])
            self._length = timeframe_ms(self._book.base)
            self._roster.restore(state["roster"], self._book)
            self._rolls.change(weighed(self._schedule.present(), self._roster, self._terms), [])
        self._look_ahead()

    def snapshot(self) -> Snapshot:
        """Every series, what is in force and what waits, as primitives."""
        book = self._book
        return {
            "schema_version": SCHEMA_VERSION,
            "parameters": self._written_parameters,
            "symbol": self._symbol,
            "settled": self._settled,
            "base": None if book is None else book.base,
            "book": None if book is None else book.snapshot(),
            "schedule": self._schedule.snapshot(),
            "roster": self._roster.snapshot(),
            "natives": self._natives.snapshot(),
            "native_timeframes": list(self._natives.timeframes),
            "rolls": self._rolls.snapshot(),
            "portfolio_rolls": self._portfolio_rolls.snapshot(),
            "counted": self._counted.snapshot(),
        }

    @property
    def finished(self) -> bool:
        """A symbol is never forgotten: nobody can know that no candle of it will come."""
        return False

    def on_batch(self, events: Iterable[CandleBatch | Command | Enrolment | Listing]) -> list[Output]:
        """Work candles, commands, and what is said of the watchlist and of portfolios, in order."""
        said, out = list[Output](), list[Output]()
        for event in events:
            if self._counted.strategies:
                self._tell(out, said)
            if not self._symbol:
                self._symbol = event.symbol
                self._roster = Roster(event.symbol, self._catalog, self._schedule)
            if isinstance(event, CandleBatch):
                index, count = 0, len(event.rows)
                while index < count:
                    each = self._is_told_each
                    taken = 0 if each else self._take_plain(event.rows, index)
                    if not taken:
                        self._candle(event, index, event.rows[index], out)
                        if each or self._is_told_each:
                            self._tell(out, said)
                    index += taken or 1
            elif isinstance(event, Command):
                self._catalog.add(event.version)
                self._counted.command(event)
                self._schedule.command(Scheduled(event.desired, event.version), event.symbol)
                self._counted.look_at(self._schedule)
            elif isinstance(event, Enrolment):
                self._portfolio_rolls.enrol(event, self._watermark)
            else:
                self._schedule.listing(event)
        self._tell(out, said)
        return said

    @property
    def _is_told_each(self) -> bool:
        """Whether rolls end with every candle: what waits for other symbols must not be more in longer batches."""
        return self._counted.is_at_work and (self._rolls.weighed.anything or self._portfolio_rolls.is_wanted)

    def _tell(self, out: list[Output], said: list[Output]) -> None:
        """Say what has come of some candles and commands, in rolls that end with it."""
        if self._book is not None:
            self._flush(self._book, out)
        rolled = self._portfolio_rolls.wrapped(self._rolls.wrapped(out), self._symbol, self._watermark)
        said += self._counted.wrapped(rolled, self._symbol, self._watermark)
        out.clear()

    @property
    def _watermark(self) -> int | None:
        """Up to when all is closed; until the base is settled, nothing is: a finer one may begin earlier."""
        return None if self._book is None or not self._settled else self._book.watermark

    def _take_plain(self, rows: Sequence[CandleRow], first: int) -> int:
        """Take candles from a place in a batch on at which nothing can happen: how many, 0 where the first is not such.

        They are of the base, each opens as the one before it closes, and nothing is due or looked at candle by candle.
        """
        book = self._book
        if book is None or book.newest is None or self._eager or not self._settled:
            return 0
        base, length = book.base, self._length
        last = self._schedule.next_due - length
        expected = book.newest + length
        index = first
        for row in rows[first:] if first else rows:
            if row[2] != expected or row[1] != base or expected > last:
                break
            expected += length
            index += 1
        taken = index - first
        if taken == 1:
            book.candle(rows[first])
        elif taken:
            book.extend(rows[first:index])
        self._tally.candles += taken
        return taken

    def _candle(self, event: CandleBatch, index: int, row: CandleRow, out: list[Output]) -> None:
        book, open_time = self._book, row[2]
        close_time = open_time + self._length
        if book is None or row[1] != book.base or close_time > self._schedule.next_due or not self._settled:
            self._unusual(Origin.of(event, index), out)
            return
        newest = book.newest
        if newest is not None and open_time - newest != self._length:
            if open_time <= newest:
                self._not_new(book, Origin.of(event, index))
                return
            self._look_for_gap(book, newest + self._length, open_time, out)
        if self._eager:
            self._settle(book, out)
        self._take(book, row, out)

    def _take(self, book: Book, row: CandleRow, out: list[Output]) -> None:
        """Take a base candle that is new and in order, and for which nothing is due any more."""
        self._tally.candles += 1
        close_time = row[2] + self._length
        closes = book.closes_with(close_time)
        book.candle(row)
        if not self._eager:
            return
        natives = self._natives
        if natives.next_end is not None and close_time >= natives.next_end:
            self._flush(book, out)
        if self._roster.watching and closes:
            self._flush(book, out)
            self._roster.settle(book)
        if self._rolls.ending:
            self._flush(book, out)
            self._rolls.end(out)
        self._look_ahead()

    def _settle(self, book: Book, out: list[Output]) -> None:
        """Before a base candle is taken: feed those that have waited long enough."""
        cut = self._roster.cut
        if cut is not None and book.count >= cut:
            self._flush(book, out)
            self._roster.settle(book)

    def _unusual(self, origin: Origin, out: list[Output]) -> None:
        """A candle of another timeframe, or one at which something takes effect, or the first ones."""
        row, book = origin.row, self._book
        timeframe, open_time = row[1], row[2]
        close_time = open_time + timeframe_ms(timeframe)
        own = book is not None and book.base == timeframe
        if book is not None and own and book.newest is not None and open_time <= book.newest:
            self._not_new(book, origin)
            return
        declared = self._terms_at(close_time).base
        base = declared or self._base_with(timeframe)
        if timeframe != base:
            self._native(origin, base, out)
            return
        settles = not self._settled and (declared is not None or own)
        if book is not None:
            if own and book.newest is not None:
                self._look_for_gap(book, book.newest + self._length, open_time, out)
                self._settle(book, out)
            told = self._rolls.weighed.anything or self._portfolio_rolls.is_wanted
            if not own or close_time > self._schedule.next_due or (settles and told):
                self._flush(book, out)
            if self._settled and not own and book.watermark is not None and close_time <= book.watermark:
                refuse_late(origin, book.watermark, self._tally, out)
                return
        if settles:
            self._settled = True
            self._rolls.begin(out)
            self._portfolio_rolls.begin(out)
        if book is None or not own or close_time > self._schedule.next_due:
            book = self._take_effect(row, out)
        self._take(book, row, out)

    def _terms_at(self, close_time: int) -> Terms:
        """The terms that will hold once a candle has been taken that closes then."""
        listed = self._schedule.listed_at(close_time)
        return self._terms if listed is self._schedule.listed else self._terms_of(listed)

    def _terms_of(self, listed: Listed) -> Terms:
        return Terms(self._parameters, listed.entry, exists=listed.exists)

    def _base_with(self, timeframe: str) -> str:
        """The timeframe that all is made of when a candle of this one comes and none is declared."""
        book = self._book
        if book is None or (not self._settled and timeframe_ms(timeframe) < timeframe_ms(book.base)):
            return timeframe
        return book.base

    def _take_effect(self, row: CandleRow, out: list[Output]) -> Book:
        """Whatever is due at a base candle, in order of event time, before it is taken."""
        timeframe, open_time = row[1], row[2]
        due = self._schedule.due(open_time, open_time + timeframe_ms(timeframe))
        book = self._book
        if book is None:
            book = self._opened(timeframe, due)
            due = [one for one in due if not isinstance(one.what, Listed)]
        elif due:
            book.advance(due[0].point, out)
        self._rolls.seal(out)
        if book.base != timeframe and not any(isinstance(one.what, Listed) for one in due):
            book = self._rebased(book, row, out)  # a finer one came second
        for point, what in due:
            if book.watermark is not None and point > book.watermark:
                self._wire(book)  # what closes by then is shown to those whom the ones before have left or brought
                book.advance(point, out)
            if isinstance(what, Listed):
                book = self._list(book, what, row, out)
            else:
                self._roster.command(what, book, row, out)
        if book.base != timeframe:
            book = self._rebased(book, row, out)
        self._book, self._length = book, timeframe_ms(book.base)
        self._wire(book)
        self._rolls.change(weighed(self._schedule.present(), self._roster, self._terms), out)
        self._counted.look_at(self._schedule)
        self._look_ahead()
        return book

    def _wire(self, book: Book) -> None:
        """Keep what somebody needs, and show it to those who run by now."""
        for native in self._natives.timeframes:
            if not book.misfit(native):
                book.keep(native)
        book.retain({*self._roster.needed, *self._natives.timeframes})
        self._roster.rewire(book)

    def _opened(self, base: str, due: Sequence[Due]) -> Book:
        """The symbol's first book, on the terms that hold at its first candle."""
        for listed in [one.what for one in due if isinstance(one.what, Listed)]:
            self._schedule.listed, self._terms = listed, self._terms_of(listed)
        return Book(self._symbol, base, self._terms)

    def _list(self, book: Book, listed: Listed, row: CandleRow, out: list[Output]) -> Book:
        """The watchlist says otherwise from a base candle on."""
        self._schedule.listed, self._terms = listed, self._terms_of(listed)
        if book.base != row[1] and self._terms.base == row[1]:
            return self._rebased(book, row, out)
        touched = book.revise(self._terms)
        self._natives.rebase(book.base, self._terms, out)
        self._roster.rebind(book, row, out, touched)
        return book

    def _rebased(self, book: Book, row: CandleRow, out: list[Output]) -> Book:
        """From this candle on all is made of its timeframe."""
        book = book.rebased(row[1], self._terms)
        self._natives.rebase(book.base, self._terms, out)
        self._roster.rebind(book, row, out)
        return book

    def _native(self, origin: Origin, base: str, out: list[Output]) -> None:
        """A candle that is not of the base."""
        book, terms = self._book, self._terms
        close_time = origin.row[2] + timeframe_ms(origin.row[1])
        if book is None or book.base != base or book.watermark is None or close_time > book.watermark:
            terms = self._terms_at(close_time)
        if self._natives.admits(origin, base, terms, out if book is None else self._put_off.after(book)):
            if book is not None:
                self._flush(book, out)
            if book is not None and (book.base != base or terms.session != self._terms.session):
                book = None  # it ends, or is made anew on another grid, before the bar closes
            if book is not None:
                book.keep(origin.row[1])
            self._natives.take(origin, base, terms, book, out)
            if self._book is not None:
                self._natives.resolve(self._book, out)  # it may have closed on what is there, whatever was declared
            self._look_ahead()

    def _not_new(self, book: Book, origin: Origin) -> None:
        """A base candle that opened before the newest one closed."""
        taken = book.taken(origin.row[2])
        if taken == origin.row[3:8]:
            self._tally.duplicates += 1
            return
        if taken is None:
            refuse_late(origin, book.newest or 0, self._tally, self._put_off.after(book))
        else:
            refuse_conflict(origin, self._tally, self._put_off.after(book))

    def _look_for_gap(self, book: Book, end: int, start: int, out: list[Output]) -> None:
        """Flag base candles that are missing between the end of one and the start of the next."""
        if self._terms.quiet_market:
            return
        missing = self._terms.grid.missing(book.base, end, start)
        if missing > self._parameters.gap_tolerance_bars:
            self._flush(book, out)
            self._tally.gaps += 1
            out.append(gap(self._symbol, book.base, end, start, missing))

    def _flush(self, book: Book, out: list[Output]) -> None:
        """Work what was put off, and compare what waited for it."""
        first = len(out)
        book.flush(out)
        self._put_off.into(out, first, book.terms.grid)
        if self._natives.next_end is not None:
            self._natives.resolve(book, out)

    def _look_ahead(self) -> None:
        """Find whether anything is to be looked at with every candle."""
        roster = self._roster
        self._eager = (
            roster.watching or roster.cut is not None or self._natives.next_end is not None or self._rolls.ending
        )
