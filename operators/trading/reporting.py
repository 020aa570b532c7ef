"""What a strategy on one series tells the portfolios that follow it, close by close."""

from collections.abc import Collection, Iterable
from math import inf, nan

from operators.positions.bar import Bar
from operators.positions.fill import Fill
from operators.positions.size_refusal import SizeRefusal
from operators.risk.report import Entry, Report
from operators.trading.desk import Desk
from operators.trading.entering import stop_of
from operators.trading.told import Change


class Reporter:
    """Reports of one item that portfolios follow: of each close at which something is held, filled or ordered.

    It knows how the series stood before the item, so that it can also tell of a close at which there was nothing.
    """

    def __init__(self, key: str, length_ms: int, desk: Desk | None, capital: float) -> None:
        self._key, self._length_ms = key, length_ms
        account = None if desk is None else desk.account
        self._capital = capital if account is None else account.capital
        self._equity = self._capital if account is None else account.equity
        self.found: list[Report] = []

    def closed(
        self, desk: Desk, bar: Bar, changes: Iterable[Change], signals: Collection[str], most: int | None
    ) -> None:
        """The close of a bar, once it was told to the desk.

        Args:
            desk: of the series.
            bar: that closed.
            changes: of it.
            signals: the ids of what was said at its close.
            most: ``max_concurrent_positions`` of the strategy.
        """
        fills = _fills(changes)
        if desk.is_idle and not fills:
            return
        account, order = desk.account, desk.waiting.entry
        coming, stop = _coming(desk, bar), _stop(desk, bar)
        entry = None
        if order is not None and order.signal in signals and coming:
            entry = Entry(coming, stop, most)
        elif any(fill.time == bar.close_time for fill in fills) and account.quantity:
            entry = Entry(account.quantity, stop, most)  # an order at this very close
        at_ms, held = bar.close_time, account.quantity
        next_ms = at_ms + self._length_ms
        self.found.append(
            Report(
                self._key, at_ms, next_ms, account.equity, held, coming, bar.close, stop, entry, fills, self._capital
            )
        )

    def commanded(self, desk: Desk | None, at_ms: int, price: float, changes: Iterable[Change], *, ends: bool) -> None:
        """A command took effect at an instant (milliseconds), at a price; the account ``ends`` with it.

        Where it does not, an order may still wait.
        """
        account = None if desk is None else desk.account
        equity, held = (self._equity, 0.0) if account is None else (account.equity, account.quantity)
        next_ms, coming, stop = None if ends else at_ms, held, None
        if desk is not None:
            bar = Bar(price, price, price, price, 0.0, at_ms, at_ms)
            coming, stop = held if ends else _coming(desk, bar), _stop(desk, bar)
        self.found.append(
            Report(self._key, at_ms, next_ms, equity, held, coming, price, stop, None, _fills(changes), self._capital)
        )

    def stands(self, at_ms: int, price: float) -> None:
        """A close of the item that has to be told of, whether or not there was anything at it."""
        if any(one.at_ms == at_ms for one in self.found):
            return
        before = [one for one in self.found if one.at_ms < at_ms]
        equity = before[-1].equity if before else self._equity
        next_ms = at_ms + self._length_ms
        self.found.append(Report(self._key, at_ms, next_ms, equity, 0.0, 0.0, price, capital=self._capital))
        self.found.sort(key=lambda one: one.at_ms)


def _fills(changes: Iterable[Change]) -> tuple[Fill, ...]:
    return tuple(fill for change in changes for fill in change.fills)


def _stop(desk: Desk, bar: Bar | None = None) -> float | None:
    """Where the stop stands; of an entry that waits, where it will if that is filled at this close."""
    guard, entry = desk.guard, desk.waiting.entry
    if guard is None and entry is not None and bar is not None:
        stop = stop_of(desk.terms, entry, bar.close)
    else:
        stop = nan if guard is None else guard.stop
    return stop if 0.0 < stop < inf else None


def _coming(desk: Desk, bar: Bar) -> float:
    """What is held once the order that waits is filled, sized as at this close: units, below 0 short."""
    account, waiting = desk.account, desk.waiting
    held = 0.0 if waiting.leave else account.quantity
    entry = waiting.entry
    if entry is None:
        return held
    from_flat = account.trade is None or waiting.leave != "" or desk.side != entry.side
    found = desk.sized(entry, bar, "close", desk.slippage_atr, from_flat=from_flat)
    if isinstance(found, SizeRefusal):
        return held
    signed = found.quantity if entry.side == "long" else -found.quantity
    return signed if from_flat else held + signed
