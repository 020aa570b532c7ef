"""Who runs on which timeframe of a symbol, what that takes, and from which bar on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from operators.control.scheduled import Scheduled
from operators.events import Transition
from operators.indicators.anchors import ANCHOR_BARS, first_exact_bar, whole_spans
from operators.indicators.graph import ordered
from operators.indicators.node import Indicator
from operators.lift import Snapshot
from operators.market.book import Book, Out
from operators.market.needs import Held, Needs, Origins, needs_of, timeframes_read, unable
from operators.market.schedule import Schedule
from operators.market.series import Read, Series
from operators.market.terms import Terms
from operators.market.views import views_of
from operators.market.warming import Wait, settle, wait_for
from operators.performance.annual import bars_a_year
from operators.strategy.catalog import Catalog
from schemas.binding import timeframes_of
from schemas.candle_row import CandleRow
from schemas.record import from_milliseconds
from schemas.timeframe import timeframe_ms

Place = tuple[str, str]
"""A strategy and a timeframe."""


class Roster:
    """Binds what is in force to the series of a book.

    A strategy that starts late with indicators that reach further back than the bars that are kept is shown its series
    from the first bar for which that is enough, even where a neighbour has made the series keep more. One that asks for
    a timeframe that cannot be made of the base candles is not shown anything; its transition says why.

    Attributes:
        bound: the timeframes that each strategy in force was told of, shortest first.
    """

    def __init__(self, symbol: str, catalog: Catalog, schedule: Schedule) -> None:
        self.bound: dict[str, tuple[str, ...]] = {}
        self.cut: int | None = None
        """The base bar before which ``settle`` is to be asked, if any."""
        self.watching = False
        """Whether ``settle`` is to be asked whenever a derived bar closed."""
        self._symbol = symbol
        self._catalog = catalog
        self._schedule = schedule
        self._needs: dict[Place, Needs] = {}
        self._waits: dict[Place, Wait] = {}
        self._shown: set[Place] = set()

    def snapshot(self) -> Snapshot:
        """Where totals began, and what is waited for, as primitives."""
        origins = [[*place, dict(needs.origins)] for place, needs in self._needs.items() if needs.origins]
        waits = [[*place, wait.snapshot()] for place, wait in self._waits.items()]
        return {"origins": origins, "waits": waits}

    def restore(self, state: Mapping[str, Any], book: Book) -> None:
        """What ``snapshot`` gave, for what is in force and the same book."""
        origins = {(strategy, timeframe): known for strategy, timeframe, known in state["origins"]}
        for one in self._schedule.present():
            strategy = one.desired.strategy
            self.bound[strategy] = self._bindings(one, book.terms, book.base)
            indicators = self._catalog.add(one.version).indicators
            for timeframe in self.bound[strategy]:
                if not self._unable(indicators, timeframe, book):
                    known: Origins = origins.get((strategy, timeframe), {})
                    origin = partial(_known, known, timeframe)
                    self._needs[strategy, timeframe] = needs_of(indicators, timeframe, origin)
        self._waits = {(strategy, timeframe): Wait.restored(wait) for strategy, timeframe, wait in state["waits"]}
        self._shown = self._to_show()
        self.rewire(book)

    def running_on(self, strategy: str) -> tuple[str, ...]:
        """The timeframes on which a strategy in force can run, shortest first."""
        return tuple(timeframe for timeframe in self.bound.get(strategy, ()) if (strategy, timeframe) in self._needs)

    def command(self, one: Scheduled, book: Book, row: CandleRow, out: Out) -> None:
        """A command takes effect at a base candle, on every timeframe that it binds or that the strategy leaves."""
        strategy = one.desired.strategy
        self._schedule.enforce(one)
        before = self.bound.pop(strategy, ())
        bound = () if one.desired.state == "stopped" else self._bindings(one, book.terms, book.base)
        for timeframe in sorted({*before, *bound}, key=timeframe_ms):
            self._transit(one, timeframe, book, row, out, stays=timeframe in bound)
        if bound:
            self.bound[strategy] = bound

    def rebind(self, book: Book, row: CandleRow, out: Out, touched: set[str] | None = None) -> None:
        """The watchlist says otherwise, or the base is another one.

        Args:
            book: as it is now.
            row: the base candle at which it takes effect.
            out: where transitions go.
            touched: timeframes whose bars were made anew; None for all of them.
        """
        for one in self._schedule.present():
            strategy = one.desired.strategy
            before = self.bound.pop(strategy, ())
            bound = self._bindings(one, book.terms, book.base)
            if bound:
                self.bound[strategy] = bound
            for timeframe in sorted({*before, *bound}, key=timeframe_ms):
                anew = timeframe in before and self._is_touched(strategy, timeframe, one, book, touched)
                if anew:
                    self._forget(strategy, timeframe)
                if anew or (timeframe in before) != (timeframe in bound):
                    self._transit(one, timeframe, book, row, out, stays=timeframe in bound)

    def settle(self, book: Book) -> bool:
        """Whether what has closed since leaves any strategy less to wait for; if so, ``rewire``."""
        changed = False
        for (strategy, timeframe), wait in self._waits.items():
            changed |= settle(wait, self._needs[strategy, timeframe], book.series[timeframe], book.series.__getitem__)
        if changed:
            self.rewire(book)
        return changed

    def rewire(self, book: Book) -> None:
        """Compute what somebody needs and nothing else, and feed who is warm: who is paused too, for what he holds."""
        self._waits = {
            (strategy, timeframe): wait
            for (strategy, timeframe), wait in self._waits.items()
            if not wait.over(book.series[timeframe].count)
        }
        shown_before, self._shown = self._shown, self._to_show()
        self._try_again(self._shown - shown_before, book)
        inside = book.look_inside(self._looked_into())
        read_by: dict[str, list[tuple[Needs, Held]]] = {}
        on: dict[str, list[tuple[str, Needs]]] = {timeframe: [] for timeframe in book.series}
        for (strategy, timeframe), needs in self._needs.items():
            on[timeframe].append((strategy, needs))
            for held in needs.held.values():
                read_by.setdefault(held.timeframe, []).append((needs, held))
        for timeframe, series in book.series.items():  # from the longest: what is read is known before who reads it
            present = on[timeframe]
            readers = read_by.get(timeframe, [])
            nodes = [node for _, needs in present for node in needs.computed]
            nodes += [held.native for _, held in readers]
            past_bars = max((needs.past_bars for needs, _ in readers), default=0)
            keep = book.terms.keep(timeframe)
            series.want(list(_distinct(nodes)), _reads(present, book), past_bars, keep, inside.get(timeframe, 0))
            shown = [
                (f"{strategy}|{self._symbol}|{timeframe}", needs.columns)
                for strategy, needs in sorted(present, key=lambda one: one[0])
                if (strategy, timeframe) not in self._waits
            ]
            plain = [key for key, columns in shown if not columns]
            views = views_of((key, columns) for key, columns in shown if columns)
            series.show(plain, views, watched=bool(present))
        self._look_ahead(book)

    def _looked_into(self) -> set[str]:
        """The timeframes on which somebody may fill orders that only the order of prices inside a bar decides."""
        present = self._schedule.present()
        needing = {one.desired.strategy for one in present if self._catalog.add(one.version).trading.needs_finer}
        return {timeframe for strategy, timeframe in self._needs if strategy in needing} if needing else set()

    def _to_show(self) -> set[Place]:
        """Who runs and is warm."""
        running = {one.desired.strategy for one in self._schedule.present() if one.desired.state == "running"}
        return {place for place in self._needs if place[0] in running and place not in self._waits}

    def _try_again(self, places: Iterable[Place], book: Book) -> None:
        """Have what has failed for others, or before a restart, tried anew for those who are shown their series now."""
        for place in places:
            needs = self._needs[place]
            book.series[place[1]].forgive([*needs.computed, *(held.placed for held in needs.held.values())])
            for held in needs.held.values():
                book.series[held.timeframe].forgive(ordered([held.native]))

    def _look_ahead(self, book: Book) -> None:
        """Find when to ask whether anything waits less."""
        own = [
            max(wait.own.values())
            for (_, timeframe), wait in self._waits.items()
            if timeframe == book.base and not wait.held and not wait.unplaced
        ]
        self.watching = len(own) < len(self._waits)
        for place, wait in self._waits.items():
            held = self._needs[place].held
            # Closed, and no bar has seen it yet: the next candle may be the one that does.
            if any(first < book.series[held[key].timeframe].count for key, first in wait.held.items()):
                own.append(book.count + 1)
        self.cut = min(own, default=None)

    def _transit(  # noqa: PLR0913  # who, where, when and what
        self, one: Scheduled, timeframe: str, book: Book, row: CandleRow, out: Out, *, stays: bool
    ) -> None:
        """Tell a strategy what holds for it on one timeframe from now on."""
        strategy = one.desired.strategy
        desired, close_time = one.desired, row[2] + timeframe_ms(row[1])
        warm_up, reason, young = 0, "", ""
        place = strategy, timeframe
        before, waited = self._needs.pop(place, None), self._waits.pop(place, None)
        self._shown.discard(place)
        if before is not None and _has_failed(before, book.series.get(timeframe)):
            before = waited = None  # it begins anew, as if it had never been computed
        if not stays:
            if desired.state != "stopped":
                desired = desired.model_copy(update={"state": "stopped"})
        else:
            indicators = self._catalog.add(one.version).indicators
            reason = self._unable(indicators, timeframe, book)
            if not reason:
                for other in sorted({timeframe, *timeframes_read(indicators, timeframe)}, key=timeframe_ms):
                    book.keep(other)
                known: Origins = {} if before is None else before.origins
                needs = needs_of(indicators, timeframe, partial(_origin, known, timeframe, book))
                own = book.series[timeframe]
                wait = wait_for(needs, own, book.series.__getitem__, before, waited)
                self._needs[place] = needs
                if not wait.over(own.count):
                    self._waits[place] = wait
                    warm_up = _estimate(wait, needs, own, book, row[2])
                young = _young(needs, own, book)
        open_time = book.bucket_of(timeframe, row[2])
        year = bars_a_year(timeframe, book.terms.session)
        transition = Transition(
            self._symbol, timeframe, open_time, close_time, row[6], desired, one.version, warm_up, reason, young, year
        )
        out.append((f"{strategy}|{self._symbol}|{timeframe}", transition))

    def _bindings(self, one: Scheduled, terms: Terms, base: str) -> tuple[str, ...]:
        return timeframes_of(one.version.config, self._symbol, terms.entry, terms.exists, base)

    def _unable(self, indicators: Sequence[Indicator], timeframe: str, book: Book) -> str:
        """Why a strategy cannot run on a timeframe; empty if it can."""
        misfit = book.misfit(timeframe)
        if misfit:
            return f"{timeframe} bars cannot be made here: {misfit}"
        return unable(indicators, timeframe, book.misfit)

    def _is_touched(self, strategy: str, timeframe: str, one: Scheduled, book: Book, touched: set[str] | None) -> bool:
        """Whether what a strategy is shown on a timeframe was made anew, or it can run there now and could not."""
        needs = self._needs.get((strategy, timeframe))
        reason = self._unable(self._catalog.add(one.version).indicators, timeframe, book)
        if touched is None or (needs is None) != bool(reason):
            return True
        read = set() if needs is None else {timeframe, *(held.timeframe for held in needs.held.values())}
        return not touched.isdisjoint(read)

    def _forget(self, strategy: str, timeframe: str) -> None:
        """What was computed until now is of no use to a strategy."""
        self._needs.pop((strategy, timeframe), None)
        self._waits.pop((strategy, timeframe), None)

    @property
    def needed(self) -> set[str]:
        """The timeframes that strategies need, of whatever kind."""
        held = {held.timeframe for needs in self._needs.values() for held in needs.held.values()}
        return held | {timeframe for _, timeframe in self._needs}


def _has_failed(needs: Needs, series: Series | None) -> bool:
    """Whether any of what a strategy needs is out of service on its series."""
    if series is None or not series.lost:
        return False
    return any(not series.lost.keys().isdisjoint(one.columns) for one in needs.computed) or any(
        not series.lost.keys().isdisjoint(held.placed.columns) for held in needs.held.values()
    )


def _known(origins: Origins, own: str, indicator: Indicator, timeframe: str) -> int:
    return origins[_origin_key(own, indicator, timeframe)]


def _origin(origins: Origins, own: str, book: Book, indicator: Indicator, timeframe: str) -> int:
    """Where a running total begins: where it did, or where the history surely reaches."""
    known = origins.get(_origin_key(own, indicator, timeframe))
    if known is not None:
        return known
    series = book.series[timeframe]
    return min(series.count, whole_spans(max(0, series.count - series.keep)))  # many share an anchor


def _origin_key(own: str, indicator: Indicator, timeframe: str) -> str:
    return indicator.key if timeframe == own else f"{indicator.key}@{timeframe}"


def _distinct(nodes: Sequence[Indicator]) -> Iterator[Indicator]:
    return iter({node.key: node for node in nodes}.values())


def _reads(present: Sequence[tuple[str, Needs]], book: Book) -> list[Read]:
    """The columns that a series reads of higher ones, each once."""
    held = {key: one for _, needs in present for key, one in needs.held.items()}
    return [Read(column, book.series[one.timeframe], native) for one in held.values() for column, native in one.columns]


def _estimate(wait: Wait, needs: Needs, own: Series, book: Book, open_time: int) -> int:
    """How many bars a strategy waits if none is missing."""
    bar = own.count
    opened, length = book.bucket_of(own.timeframe, open_time), timeframe_ms(own.timeframe)
    seen = dict(wait.since)
    for key, first in wait.held.items():
        timeframe = needs.held[key].timeframe
        bars_ahead = first + 1 - book.series[timeframe].count
        end = book.bucket_of(timeframe, open_time) + bars_ahead * timeframe_ms(timeframe)
        seen[key] = bar + max(1, -((opened - end) // length)) - 1
    reaches = {one.key: one.reach for one in needs.computed}
    firsts = [*wait.own.values(), *(seen[key] + 1 for key in wait.held)]
    for key in wait.unplaced:
        least = max(seen[held] for held in needs.behind[key])
        firsts.append(first_exact_bar(reaches[key], oldest=least, bar=least) + 1)
    return max(firsts, default=bar) - bar


def _young(needs: Needs, own: Series, book: Book) -> str:
    """What is computed of fewer bars than there were candles for, because nobody kept the timeframe until now."""
    reaches = [(one.key, own, one.reach) for one in needs.computed if one.key not in needs.behind]
    reaches += [(held.placed.key, book.series[held.timeframe], held.native.reach) for held in needs.held.values()]
    young = [one for one in reaches if one[1].young and one[1].count <= min(one[1].keep, one[2] + ANCHOR_BARS)]
    if not young:
        return ""
    names = ", ".join(key for key, _, _ in young)
    _, longest, reach = max(young, key=lambda one: one[2] * timeframe_ms(one[1].timeframe))
    _, times = longest.bars(longest.keep)
    since = f"since {from_milliseconds(times[0]):%Y-%m-%d %H:%M}" if times else "from now on"
    return (
        f"{names:.500}: computed of bars of {longest.timeframe} {since}, for nobody kept them before; the same as over "
        f"all candles from {reach:,} bars after that on"
    )
