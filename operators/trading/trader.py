"""One strategy on one series, trading: its rules decide at closes, its desk carries out, its book tells."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, Protocol

from operators.events import Frames, Transition
from operators.lift import Snapshot
from operators.performance.annual import bars_a_year
from operators.risk.refusal import Refusal
from operators.risk.sizes import may_open
from operators.snapshot import check_version
from operators.strategy.compile import CompiledRule, CompiledStrategy
from operators.strategy.hits import absurd_rows, may_act
from operators.strategy.position import FLAT, Holding, Stretch
from operators.strategy.signals import Signals, closing
from operators.strategy.storm import SignalCount
from operators.tally import Tally
from operators.trading.book import BarTimes, Book, Booked, Work
from operators.trading.desk import Desk
from operators.trading.reader import Reader
from operators.trading.reporting import Reporter
from operators.trading.still import begins_still, hold_over, still_rows
from operators.trading.terms import Terms, terms_of
from operators.trading.told import Change
from schemas.lifecycle import DesiredState
from schemas.metrics import StrategyMetrics
from schemas.signal import Signal
from schemas.signal_config import LIFECYCLE
from schemas.timeframe import timeframe_ms

SCHEMA_VERSION: Final = 1

HOUR_MS: Final = 3_600_000
"""How often all figures are told while nothing happens to a position."""

Status = Literal["running", "paused", "stopped", "quarantined"]


class Out(Protocol):
    """Where what is said goes, in order."""

    def append(self, record: Signal | Booked, /) -> None:
        """One more."""


class Version(NamedTuple):
    """The version in force on a series, with what is worked once for it."""

    desired: DesiredState
    strategy: CompiledStrategy
    terms: Terms
    signals: Signals
    book: Book


class Trader:
    """What a strategy holds on one series, and what has come of it; ``walking`` takes it from bar to bar.

    Between two bars it knows what the rules see (``held``), and its desk what is on the account. The two agree but for
    an order that waits: rules see an entry from the close that decides on it, at that close's price until it is filled.

    State: the position as rules see it, the desk, the number of signals, and how many records a close has by now.
    """

    def __init__(self, tally: Tally, resume: Mapping[str, Any] | None = None) -> None:
        self.tally = tally
        self.version: Version | None = None
        self.status: Status = "running"
        """As metrics have it; whoever holds the trader keeps it true."""
        self.held = FLAT
        self.last_signal: str | None = None
        self.signalled = SignalCount()
        self.reporter: Reporter | None = None
        """Whom to tell of closes; None where no portfolio follows."""
        self.others: Callable[[], int] = _no_others
        """How many other series of the strategy are occupied, where they are counted together."""
        self.left: list[Change] = []
        """What the last command did to the position."""
        self._desk: Desk | None = None
        self._kept: Mapping[str, Any] | None = None
        self._year = 0.0
        """How many bars the series has in a year, as of the last command; 0 where nobody has said."""
        self._told = [0, 0, 0]
        """A close in milliseconds, and how many changes and executions were told of it."""
        if resume is not None:
            check_version("trader", resume["schema_version"], SCHEMA_VERSION)
            self.held = Holding.restored(resume["position"])
            self.signalled = SignalCount(resume["signalled"])
            self.last_signal = resume["last_signal"]
            self._year = resume["year"]
            self._told = list(resume["told"])
            self._kept = resume["desk"]

    def snapshot(self) -> Snapshot:
        """As primitives, taken between two batches."""
        return {
            "schema_version": SCHEMA_VERSION,
            "position": self.held.snapshot(),
            "signalled": self.signalled.snapshot(),
            "last_signal": self.last_signal,
            "year": self._year,
            "told": list(self._told),
            "desk": self._kept if self._desk is None else self._desk.snapshot(),
        }

    @property
    def is_watched(self) -> bool:
        """Whether bars matter though no rule is asked: something is held, or an order waits."""
        return self._kept is not None or (self._desk is not None and not self._desk.is_idle)

    @property
    def is_occupied(self) -> bool:
        """Whether something is held, by the account or as rules see it, or an order waits; asked under a version.

        In quarantine no rule is asked, so there only the account counts.
        """
        return self.is_watched or (self.held.side != "flat" and self.status != "quarantined")

    def may_open(self) -> Refusal | None:
        """None where a position may be opened beside those of the strategy's other series, else why not."""
        if self.version is None:
            return None
        strategy = self.version.strategy.config
        return may_open(self.version.terms.limits.max_concurrent_positions, self.others(), strategy.id)

    def under(
        self, desired: DesiredState, strategy: CompiledStrategy, symbol: str, timeframe: str, year: float = 0.0
    ) -> None:
        """From here on under this version. The position stays, protected as this version says.

        ``year``: how many bars the series has in a year, where somebody says it now.
        """
        self._year = year or self._year
        terms = terms_of(strategy)
        signals = Signals(desired, symbol, timeframe)
        book = Book(desired.strategy, desired.version, symbol, timeframe, terms.name)
        self.version = Version(desired, strategy, terms, signals, book)
        if self._kept is not None:
            kept, self._kept = self._kept, None
            year = kept["performance"]["parameters"]["bars_a_year"]
            self._desk = Desk(terms, bar_ms=timeframe_ms(timeframe), bars_a_year=year, opened_at=0, resume=kept)
        elif self._desk is not None:
            self._desk.under(terms)

    def desk(self, timeframe: str, close_ms: int) -> Desk:
        """The desk, opened at this close if there was none; asked under a version."""
        if self._desk is None:
            if self.version is None:
                raise RuntimeError(f"a desk for {timeframe} bars was asked for before any version was told")
            year = self._year or bars_a_year(timeframe)
            self._desk = Desk(self.version.terms, bar_ms=timeframe_ms(timeframe), bars_a_year=year, opened_at=close_ms)
        return self._desk

    def stays(self, frames: Frames) -> bool:
        """Whether the one candle of these frames changes nothing for a strategy that is flat; then it is worked.

        A live feed brings one candle at a time and nearly always this is the answer, for less than half of what a walk
        takes. Whatever is not so plain, a rule that raises included, is left to that.
        """
        desk, version = self._desk, self.version
        if desk is None or version is None or self.held.side != "flat" or not desk.is_idle:
            return False
        strategy = version.strategy
        barred = bool(frames.partial) and not may_act(strategy.config.partial_bars, "entry")
        if not barred and _may_hold(strategy.entries, frames, FLAT):
            return False
        close_ms = frames.close_ms(0)
        desk.flat(1, close_ms, close_ms)
        return True

    def holds_on(self, frames: Frames, out: Out) -> bool:
        """As ``stays``, for a strategy that is in a position, which is marked then."""
        desk, version, held = self._desk, self.version, self.held
        if desk is None or version is None or held.side == "flat" or desk.adds:
            return False
        strategy = version.strategy
        if not begins_still(desk, frames):  # asked first: what ends the position comes before any rule
            return False
        barred = bool(frames.partial) and not may_act(strategy.config.partial_bars, "exit")
        if not barred and _may_hold(strategy.exits[held.side], frames, held):
            return False
        self._hold_over(desk, version, Reader(frames, version.terms.columns), 0, out)
        self.held = Holding(held.side, held.entry_price, held.bars_held + 1)
        return True

    def hold(self, frames: Frames, first: int, stop: int, out: Out) -> int:
        """Work rows at which no rule holds for as long as nothing happens to the position; the first that is left."""
        desk, version, left = self._desk, self.version, first
        if desk is not None and version is not None:
            reader = Reader(frames, version.terms.columns)
            for row in still_rows(desk, reader, first, stop):
                self._hold_over(desk, version, reader, row, out)
                left = row + 1
        return left

    def _hold_over(self, desk: Desk, version: Version, reader: Reader, row: int, out: Out) -> None:
        """Work a row over which nothing happens to the position, and mark it."""
        before = desk.performance.last
        hold_over(desk, reader, row)
        out.append(version.book.equity(desk, reader.frames.close_time(row)))
        if before // HOUR_MS != desk.performance.last // HOUR_MS:
            self.figures(desk, reader.frames, row, out)
        if self.reporter is not None:
            self.reporter.closed(desk, reader.bar(row), (), (), None)

    def mark(self, desk: Desk, frames: Frames, row: int, out: Out) -> None:
        """The equity at the close of a row at which a position was held."""
        if self.version is not None:
            out.append(self.version.book.equity(desk, frames.close_time(row)))

    def figures(self, desk: Desk, frames: Frames, row: int, out: Out) -> None:
        """All figures, as of the close of a row."""
        if self.version is not None:
            price = frames.columns["close"][row + 1]
            book = self.version.book
            out.append(self._metrics(book, desk, frames.close_ms(row), price))

    def say(self, signal: Signal, out: Out) -> None:
        """A signal on its way."""
        out.append(signal)
        self.last_signal = signal.id
        self.tally.signalled(signal.strategy)

    def tell(self, desk: Desk, times: BarTimes, work: Work, out: Out) -> bool:
        """What happened at a bar, or at a command, if anything did; whether it did."""
        version, changes = self.version, desk.changes
        if version is None or not (changes or work.signals or work.error or work.command):
            return False
        told = self._told
        if told[0] != times.close_ms:
            told[:] = [times.close_ms, 0, 0]
        for record in version.book.changes(changes, times, told[1]):
            out.append(record)
        told[1] += len(changes)
        out.append(version.book.execution(desk, changes, times, work, told[2]))
        told[2] += 1
        return True

    def lost(self, frames: Frames, row: int, error: str, out: Out) -> None:
        """The audit of a row at which something that rules read has failed; nothing where no bar was worked yet."""
        if self._desk is not None:
            times = BarTimes(frames.open_times[row], frames.close_ms(row))
            self.tell(self._desk, times, Work(before=self._desk.side, error=error), out)

    def command(self, event: Transition, cause: str, out: Out) -> None:
        """Leave the position as a command takes effect, still under the version before it."""
        version, desk, side = self.version, self._desk, self.held.side
        reason, signal = LIFECYCLE + cause, None
        if version is None:
            return
        if side != "flat":
            signal = closing(event, self.held, version.desired.version, reason)
            self.say(signal, out)
            self.held = FLAT
        if desk is None:
            return
        before = desk.side
        desk.leave_now(event.price, event.close_time, reason, None if signal is None else signal.id)
        signals = () if signal is None else (signal,)
        told = f"{cause}: command {event.desired.command}" if signals or desk.changes else ""
        times = BarTimes(event.open_time, event.close_time)
        self.tell(desk, times, Work(signals=signals, before=before, command=told), out)
        self.left = desk.changes
        desk.close(event.close_time)

    def report(self, event: Transition, out: Out) -> None:
        """The metrics as a command takes effect; nothing where no bar was worked yet."""
        if self.version is not None and self._desk is not None:
            book = self.version.book
            out.append(self._metrics(book, self._desk, event.close_time, event.price))

    def _metrics(self, book: Book, desk: Desk, close_ms: int, price: float) -> StrategyMetrics:
        beside = None if self.is_occupied else self.may_open()
        return book.metrics(desk, close_ms, price, status=self.status, last_signal=self.last_signal, beside=beside)

    def reporting(self, key: str, timeframe: str, capital: float) -> Reporter:
        """From here on portfolios are told of closes."""
        self.reporter = Reporter(key, timeframe_ms(timeframe), self._desk, capital)
        return self.reporter

    def commanded(self, event: Transition, *, ends: bool) -> None:
        """Tell portfolios that a command took effect; the account ends with it where it stops or begins anew."""
        if self.reporter is not None:
            self.reporter.commanded(self._desk, event.close_time, event.price, self.left, ends=ends)
        self.left = []

    def forgive(self) -> None:
        """Count signals anew."""
        self.signalled = SignalCount()

    def restart(self) -> None:
        """With the next bar on a new account: flat, with the capital of the version in force then."""
        self._desk = self._kept = self.last_signal = None
        self.held = FLAT


def _no_others() -> int:
    return 0


def _may_hold(rules: Sequence[CompiledRule], frames: Frames, held: Holding) -> bool:
    """Whether any rule holds at the one candle of these frames, or cannot be asked there."""
    columns = frames.columns
    try:
        for rule in rules:
            if rule.reads_position:
                holds = rule.evaluate(*Stretch(frames, held, 0).values(rule.operands, 0))
            else:
                holds = rule.evaluate(*rule.first_values(columns))
            if holds or (holds is None and absurd_rows(rule, frames)):
                return True
    except Exception:  # noqa: BLE001  # the key's boundary: a walk asks again and says which rule it was
        return True
    return False
