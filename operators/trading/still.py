"""Bars over which a position is held without anything happening to it, as over nearly all."""

from collections.abc import Iterator

from operators.events import Frames
from operators.positions.bar import LARGEST, SMALLEST
from operators.positions.guard import Guard, advanced
from operators.trading.desk import Desk
from operators.trading.reader import Reader


def begins_still(desk: Desk, frames: Frames) -> bool:
    """Whether the first bar of frames is one over which nothing happens to the position."""
    guard, columns = desk.guard, frames.columns
    if guard is None or not desk.rests or desk.bars_left < 1:
        return False
    return _is_still(guard, columns["low"][1], columns["high"][1])


def still_rows(desk: Desk, reader: Reader, first: int, stop: int) -> Iterator[int]:
    """Rows up to the first at which something may happen to the position; each is to be held over before the next."""
    if not desk.rests:
        return
    highs, lows = reader.highs, reader.lows
    for row in range(first, min(stop, first + desk.bars_left)):
        guard = desk.guard
        if guard is None or not _is_still(guard, lows[row + 1], highs[row + 1]):
            return
        yield row


def hold_over(desk: Desk, reader: Reader, row: int) -> None:
    """Work a bar over which nothing happens: the same as ``Desk.over`` and ``Desk.close``, in less of the time."""
    guard, account, at = desk.guard, desk.account, row + 1
    high, low = reader.highs[at], reader.lows[at]
    if guard is not None and (high > guard.best if guard.long else low < guard.best):
        desk.guard = advanced(desk.terms.plan, guard, reader.bar(row))
    account.close_bar(high, low, reader.closes[at])
    close_ms, equity = reader.close_ms(row), account.equity
    desk.performance.bar(close_ms, equity, exposed=True)
    if desk.risk.needs_marks:
        desk.risk.marked(close_ms, equity)
    desk.slippage_atr = reader.slippage_atr(row)


def _is_still(guard: Guard, low: float, high: float) -> bool:
    """Whether a bar reaches no stop and no target, and can be reckoned with."""
    if low < SMALLEST or high > LARGEST:
        return False
    if guard.long:
        return guard.stop < low and high < guard.target
    return guard.target < low and high < guard.stop
