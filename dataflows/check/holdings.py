"""The position that a strategy had at every bar of a run, as its rules saw it."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping

import numpy as np

from dataflows.check.run import Floats, Outcome
from operators.positions.causes import TIME_STOP, UNPROTECTED
from operators.strategy.position import BARS_HELD, ENTRY_PRICE, PNL, SIDE
from schemas.position import PositionChange
from schemas.record import to_milliseconds
from schemas.signal import Signal
from schemas.signal_config import FORCED

_SIGN = {"long": 1.0, "short": -1.0, "flat": 0.0}


def holdings(outcome: Outcome) -> Mapping[str, Floats]:
    """The columns of the position, from the signals that changed it and the fills that they came to.

    At a bar they say what was held as its candle closed, before the signals of that bar: one bar held at the first
    candle after an entry. A position that a stop or a target ended within a bar is not held at its close. The entry
    price is the close of the signal until the order is filled, and the average of the fills from then on. Flat, the
    side, the bars and the gain are 0 and the entry price is NaN.
    """
    bars = len(outcome.open_times)
    side, held, entry = np.zeros(bars), np.zeros(bars), np.full(bars, np.nan)
    row_of = {open_time: row for row, open_time in enumerate(outcome.open_times)}
    changes = [
        (row_of[to_milliseconds(one.open_time)], one)
        for one in outcome.signals
        if one.position_before != one.position_after  # else it adds to the position
    ]
    ends = [row + (not _within(one)) for row, one in changes[1:]] + [bars]  # one more than there are changes, if none
    stretches = []
    for (row, signal), end in zip(changes, ends, strict=False):
        if signal.position_after != "flat" and row + 1 < end:
            after = slice(row + 1, end)
            side[after] = _SIGN[signal.position_after]
            held[after] = np.arange(1, end - row)
            entry[after] = signal.price
            stretches.append((row, end))
    firsts = [first for first, _ in stretches]
    for change in outcome.changes:
        row = row_of[to_milliseconds(change.open_time)]
        # A fill at the open is of an entry before this row, one at the close of an entry at it.
        place = (bisect_left(firsts, row) if change.fills and _at_open(change) else bisect_right(firsts, row)) - 1
        if change.average_price is not None and place >= 0 and row < stretches[place][1]:
            first, end = stretches[place]
            entry[max(row, first + 1) : end] = change.average_price
    with np.errstate(invalid="ignore"):
        gain = np.where(side == 0, 0.0, (outcome.columns["close"] - entry) / entry * side)
    return {SIDE: side, BARS_HELD: held, PNL: gain, ENTRY_PRICE: entry}


def _within(signal: Signal) -> bool:
    """Whether a position was left before the close of the signal's bar."""
    return signal.rule.startswith(FORCED) and signal.rule.removeprefix(FORCED) not in {TIME_STOP, UNPROTECTED}


def _at_open(change: PositionChange) -> bool:
    return change.fills[0].time_ms == to_milliseconds(change.open_time)
