"""The position that a strategy had at every bar of a run, as its rules saw it."""

from collections.abc import Mapping

import numpy as np

from dataflows.check.run import Floats, Outcome
from operators.strategy.position import BARS_HELD, ENTRY_PRICE, PNL, SIDE
from schemas.record import to_milliseconds

_SIGN = {"long": 1.0, "short": -1.0, "flat": 0.0}


def holdings(outcome: Outcome) -> Mapping[str, Floats]:
    """The columns of the position, from the signals that changed it.

    At a bar they say what was held as its candle closed, before the signals of that bar: one bar held at the first
    candle after an entry. Flat, the side, the bars and the gain are 0 and the entry price is NaN.
    """
    bars = len(outcome.open_times)
    side, held, entry = np.zeros(bars), np.zeros(bars), np.full(bars, np.nan)
    row_of = {open_time: row for row, open_time in enumerate(outcome.open_times)}
    changes = [(row_of[to_milliseconds(one.open_time)], one) for one in outcome.signals]
    ends = [row for row, _ in changes[1:]] + [bars - 1]  # one more than there are changes, if there is none
    for (row, signal), end in zip(changes, ends, strict=False):
        if signal.position_after != "flat":
            after = slice(row + 1, end + 1)
            side[after] = _SIGN[signal.position_after]
            held[after] = np.arange(1, end - row + 1)
            entry[after] = signal.price
    with np.errstate(invalid="ignore"):
        gain = np.where(side == 0, 0.0, (outcome.columns["close"] - entry) / entry * side)
    return {SIDE: side, BARS_HELD: held, PNL: gain, ENTRY_PRICE: entry}
