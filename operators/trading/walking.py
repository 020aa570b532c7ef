"""A trader on its way through frames, bar by bar where something is held, from one entry to the next where not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from operators.events import Frames
from operators.positions.bar import LARGEST, SMALLEST, Bar, is_sane
from operators.positions.causes import TIME_STOP, UNPROTECTED
from operators.strategy.broken import AccountLost, Broken, RuleRaised, SignalStorm
from operators.strategy.compile import CompiledRule
from operators.strategy.hits import Hits
from operators.strategy.position import FLAT, Holding, Stretch
from operators.strategy.signals import forced
from operators.trading.book import BarTimes, Work
from operators.trading.reader import Reader
from operators.trading.told import Ended
from operators.trading.trader import HOUR_MS, Out, Trader
from schemas.signal import Position, Signal
from schemas.strategy import PartialBars


class Walk:
    """The rows of frames, worked in order.

    At each bar the desk goes first: orders that wait are filled at the open, stops and targets are looked at. Then the
    rules are asked at the close, on what is left. What ends a position without a rule is said by a signal of its own,
    whose rule begins with ``position.``; entries are asked at the same close then. An entry that may not be made is no
    signal: the position is told to be refused, once for as long as the same rule is refused by the same limit.

    While flat with nothing waiting, the bars up to the first at which an entry rule holds are worked all at once.
    """

    def __init__(self, trader: Trader, frames: Frames, out: Out) -> None:
        version = trader.version
        if version is None:
            raise RuntimeError(f"{frames.symbol} {frames.timeframe}: frames came before any version was told")
        self._trader, self._frames, self._out, self._version = trader, frames, out, version
        self._desk = trader.desk(frames.timeframe, frames.close_ms(0))
        self._partial: PartialBars = version.strategy.config.partial_bars
        self._hits = Hits(frames, self._partial)
        self._reader = Reader(frames, version.terms.columns)
        self._finer = version.terms.columns.needs_finer
        self._count = len(frames.open_times)
        self._over = -1
        """The row at which the desk was last told of the bar."""
        self._before: Position = "flat"
        self._said: list[Signal] = []
        self._asked: list[CompiledRule] = []
        self._stopwatch = trader.tally.stopwatch
        self._begun = self._stopwatch()

    def run(self) -> None:
        """All rows, rules and all.

        Raises:
            Broken: at a row, which has been worked without its rules; none after it has.
        """
        row = 0
        while row < self._count:
            if self._trader.held.side == "flat" and self._desk.is_idle and self._over != row:
                row = self._while_flat(row)
            else:
                row = self._while_held(row)

    def watch(self, first: int) -> None:
        """The rows from this one on without rules, as long as something is held or an order waits."""
        for row in range(first, self._count):
            if self._desk.is_idle:
                return
            try:
                self._open(row)
                if self._has_to_leave:
                    self._decide(row, None, self._leave)
                else:
                    self._close(row)
            except AccountLost:  # told when it was first; the position waits for a bar that it can be reckoned with
                continue

    def _while_flat(self, first: int) -> int:
        """To the first row at which an entry rule holds, that one included; the row after it."""
        self._begun = self._stopwatch()
        flat = Stretch(self._frames, FLAT, first)
        entries = self._version.strategy.entries
        found, broken = self._next(entries, flat)
        row = self._due(found, broken)
        if row > first:
            self._desk.flat(row - first, self._frames.close_ms(first), self._frames.close_ms(row - 1))
        if row == self._count:
            return row
        self._before, self._over = "flat", row
        self._asked = list(entries)
        self._decide(row, broken, lambda at: None if found is None else self._enter(at, found[1], flat))
        return row + 1

    def _while_held(self, first: int) -> int:
        """To the first row at which the position changes: that row if it has to be looked at again, else the next."""
        trader, desk = self._trader, self._desk
        if self._over != first and (trader.held.side == "flat" or not desk.rests):
            self._open(first)
        if trader.held.side == "flat":  # left without a rule, or an exit was filled, or still waits
            self._decide(first, None, self._enter_at)
            return first + 1
        stretch = Stretch(self._frames, trader.held, first)
        self._asked = list(self._version.strategy.exits[trader.held.side])
        if desk.adds:
            self._asked += [one for one in self._version.strategy.entries if one.side == trader.held.side]
        found, broken = self._next(self._asked, stretch)
        due = self._due(found, broken)
        row = first
        while row < self._count:
            if row != self._over:
                row = trader.hold(self._frames, row, due, self._out)
                trader.held = stretch.held_before(row)
                if row == self._count:
                    break
                self._open(row)
                if desk.changes:
                    return row
            adds = found is not None and found[1].type == "entry"
            if row == due and not (adds and self._has_to_leave):
                self._decide(row, broken, lambda at: None if found is None else self._by(at, found[1], stretch))
                return row + 1
            if self._has_to_leave:
                self._decide(row, None, self._leave)
                return row + 1
            self._close(row)
            row += 1
        trader.held = stretch.held_before(self._count)
        return self._count

    @property
    def _has_to_leave(self) -> bool:
        return self._desk.time_is_up or self._desk.is_unprotected

    def _next(
        self, rules: "list[CompiledRule] | tuple[CompiledRule, ...]", stretch: Stretch
    ) -> tuple[tuple[int, CompiledRule] | None, Broken | None]:
        """Where a rule holds next, or cannot be asked: that counts only if the stretch lasts to there."""
        try:
            return self._hits.first(rules, stretch), None
        except Broken as broken:
            return None, broken

    def _due(self, found: tuple[int, CompiledRule] | None, broken: Broken | None) -> int:
        if broken is not None:
            return broken.row
        return self._count if found is None else found[0]

    def _open(self, row: int) -> None:
        """Tell the desk of a bar, and rules of what it did to the position."""
        self._over = row
        self._before = self._desk.side
        self._begun = self._stopwatch()
        finer = self._frames.finer_bars(row) if self._finer else ()
        bar = self._sane_bar(row)
        with _reckoned(row):
            ended = self._desk.over(bar, self._reader.readings(row), finer)
        self._take(row, ended)

    def _take(self, row: int, ended: Ended | None) -> None:
        trader, desk = self._trader, self._desk
        held = trader.held
        if ended is not None and held.side != "flat":
            signal = forced(self._version.desired, self._frames, row, held.side, ended.cause, ended.price)
            trader.held = FLAT
            self._say(signal)
        elif desk.changes and held.side == desk.side and held.entry_price != desk.account.average:
            trader.held = Holding(held.side, desk.account.average, held.bars_held)

    def _decide(self, row: int, broken: Broken | None, act: Callable[[int], None]) -> None:
        """What is decided at a close, filled there where it is to be; the bar is over then."""
        try:
            if broken is not None:
                raise broken
            with _reckoned(row):
                act(row)
                ended = self._desk.at_close(self._reader.bar(row), self._reader.readings(row))
            self._take(row, ended)
        except Broken as error:
            broken = error
        self._close(row, "" if broken is None else str(broken))
        if broken is not None:
            raise broken

    def _enter_at(self, row: int) -> None:
        flat = Stretch(self._frames, FLAT, row)
        self._asked = list(self._version.strategy.entries)
        rule = self._hits.at(self._asked, flat)
        if rule is not None:
            self._enter(row, rule, flat)

    def _enter(self, row: int, rule: CompiledRule, stretch: Stretch) -> None:
        """Enter from flat, or add, by a rule that holds; or take down why not."""
        desk, readings, bar = self._desk, self._reader.readings(row), self._sane_bar(row)
        refusal = desk.may_enter(rule.side, bar, readings)
        if refusal is None and stretch.held.side == "flat":
            refusal = self._trader.may_open()
        if refusal is not None:
            desk.refused(refusal, rule.id, bar.close)
            return
        signal = self._signal(row, rule, stretch)
        desk.enter(rule.side, rule.id, signal.id, readings)
        if stretch.held.side == "flat":
            self._trader.held = Holding(rule.side, signal.price)

    def _by(self, row: int, rule: CompiledRule, stretch: Stretch) -> None:
        """Leave, and perhaps turn to the other side; or add."""
        self._trader.held = stretch.held_before(row)
        if rule.type == "entry":
            self._trader.held = stretch.held_before(row + 1)
            self._enter(row, rule, stretch)
            return
        signal = self._signal(row, rule, stretch)
        self._desk.leave(rule.id, signal.id)
        self._trader.held = FLAT
        others = [one for one in self._version.strategy.entries if one.side != rule.side]
        self._asked += others
        flat = Stretch(self._frames, FLAT, row)
        other = self._hits.at(others, flat)
        if other is not None:
            self._enter(row, other, flat)

    def _leave(self, row: int) -> None:
        """Leave without a rule: the time is up, or what is to protect the position cannot be known."""
        trader, desk, side = self._trader, self._desk, self._trader.held.side
        cause = TIME_STOP if desk.time_is_up else UNPROTECTED
        if side == "flat":  # of an earlier release, or in quarantine: rules know of none
            desk.leave(cause, None)
            return
        signal = forced(self._version.desired, self._frames, row, side, cause, self._reader.bar(row).close)
        desk.leave(cause, signal.id)
        trader.held = FLAT
        self._say(signal)

    def _signal(self, row: int, rule: CompiledRule, stretch: Stretch) -> Signal:
        """What a rule that holds says, unless it is one signal too many."""
        storm = self._trader.signalled.one_more(self._frames.open_times[row], self._frames.timeframe)
        if storm:
            raise SignalStorm(row, storm)
        try:
            signal = self._version.signals.of(rule, stretch, row)
        except Exception as error:  # the key's boundary, as in Hits
            raise RuleRaised(row, rule.id, error) from error
        self._say(signal)
        return signal

    def _say(self, signal: Signal) -> None:
        self._said.append(signal)
        self._trader.say(signal, self._out)

    def _sane_bar(self, row: int) -> Bar:
        """The bar of a row, for an account.

        Raises:
            AccountLost: its prices cannot be reckoned with.
        """
        bar = self._reader.bar(row)
        if not is_sane(bar):
            told = f"prices from {bar.low!r} to {bar.high!r}, expected {SMALLEST:g} to {LARGEST:g}"
            raise AccountLost(row, f"its account cannot be kept over a bar with {told}")
        return bar

    def _close(self, row: int, error: str = "") -> None:
        """The bar is over: tell of it, and of what it came to."""
        trader, desk, frames = self._trader, self._desk, self._frames
        close_ms = frames.close_ms(row)
        asked = [one.id for one in self._asked] if desk.changes or self._said or error else []
        took = self._stopwatch() - self._begun
        work = Work(asked, tuple(self._said), self._before, error, microseconds=took or None)
        changes, said = desk.changes, {one.id for one in self._said}
        trader.tell(desk, BarTimes(frames.open_times[row], close_ms), work, self._out)
        changed = bool(desk.changes)
        held = desk.exposed or desk.side != "flat"
        hour = close_ms // HOUR_MS != desk.performance.last // HOUR_MS
        desk.close(close_ms)
        if trader.reporter is not None:
            most = self._version.terms.limits.max_concurrent_positions
            trader.reporter.closed(desk, self._reader.bar(row), changes, said, most)
        if error:
            trader.status = "quarantined"
        if held:
            trader.mark(desk, frames, row, self._out)
        if changed or error or (held and hour):
            trader.figures(desk, frames, row, self._out)
        self._said = []


@contextmanager
def _reckoned(row: int) -> Iterator[None]:
    """The key's boundary: what an account cannot reckon with ends this key alone."""
    try:
        yield
    except (ArithmeticError, ValueError) as error:
        raise AccountLost(row, f"its account: {type(error).__name__}: {error}") from error
