"""What a strategy holds on one series, and what the rules that read it see of it."""

from collections.abc import Iterable
from math import isnan, nan
from typing import Any, Final, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from operators.events import Frames
from operators.expressions.readings import Operand
from schemas.signal import Position

SIDE: Final = "position.side"
BARS_HELD: Final = "position.bars_held"
PNL: Final = "position.pnl"
ENTRY_PRICE: Final = "position.entry_price"

COLUMNS: Final = frozenset({SIDE, BARS_HELD, PNL, ENTRY_PRICE})
"""The columns that are not in any frame, for they differ from strategy to strategy."""

_SIGN: Final[dict[Position, float]] = {"long": 1.0, "short": -1.0, "flat": 0.0}


class Holding(NamedTuple):
    """A position between two candles.

    ``entry_price`` is the close at which it was entered (quote currency), NaN when flat or not known. ``bars_held``
    counts the candles since then, those that lack some of theirs too, those of a pause not; 0 when flat.
    """

    side: Position = "flat"
    entry_price: float = nan
    bars_held: int = 0

    def snapshot(self) -> dict[str, object]:
        """As primitives."""
        price = None if isnan(self.entry_price) else self.entry_price
        return {"side": self.side, "entry_price": price, "bars_held": self.bars_held}

    @classmethod
    def restored(cls, snapshot: object) -> "Holding":
        """What ``snapshot`` gave. Of state of schema version 1, which is a side alone, the entry price is not known.

        So a rule that reads it, or the gain, is not ready until that position is closed; ``bars_held`` counts from the
        restore on. No rule of that time could read either.
        """
        if isinstance(snapshot, str):
            snapshot = {"side": snapshot, "entry_price": None, "bars_held": 0}
        state: dict[str, Any] = cast("dict[str, Any]", snapshot)
        price = state["entry_price"]
        return cls(state["side"], nan if price is None else price, state["bars_held"])


FLAT: Final = Holding()


class Stretch:
    """A position over the rows of a frame from ``start`` on, as long as nothing changes it.

    A rule at a candle sees the position that is held as the candle closes: ``position.side`` is 1 long, -1 short, 0
    flat; ``position.bars_held`` is 1 at the first candle after the entry; ``position.pnl`` is the gain since the entry
    at this close as a fraction of the entry price, above zero for a gain on either side. Flat, bars and gain are 0 and
    ``position.entry_price`` is NaN, so that a rule which reads it is not ready. An entry rule is asked only when flat.
    """

    __slots__ = ("frames", "held", "start")

    def __init__(self, frames: Frames, held: Holding, start: int) -> None:
        self.frames = frames
        self.held = held
        self.start = start

    def held_before(self, row: int) -> Holding:
        """The position after every row before this one was evaluated."""
        side, entry_price, bars_held = self.held
        return FLAT if side == "flat" else Holding(side, entry_price, bars_held + row - self.start)

    def value(self, column: str, lag: int, row: int) -> float:
        """One value of a column of the frame or of the position, as a rule at this row reads it."""
        if column not in COLUMNS:
            return self.frames.value(column, lag, row)
        held, sign = self.held, _SIGN[self.held.side]
        if column == SIDE:
            return sign
        if column == ENTRY_PRICE:
            return held.entry_price
        if not sign:
            return 0.0
        if column == BARS_HELD:
            return float(held.bars_held + row - self.start + 1)
        return (self.frames.value("close", 0, row) - held.entry_price) / held.entry_price * sign

    def values(self, operands: Iterable[Operand], row: int) -> list[float]:
        """What ``value`` gives of each operand."""
        columns, at = self.frames.columns, row + 1
        return [
            columns[column][at - lag] if column in columns else self.value(column, lag, row) for column, lag in operands
        ]

    def array(self, column: str, lag: int, first: int, last: int) -> npt.NDArray[np.float64]:
        """The values of the rows from ``first`` to before ``last``."""
        if column not in COLUMNS:
            return self.frames.array(column, lag)[first:last]
        held, sign = self.held, _SIGN[self.held.side]
        if column == BARS_HELD and sign:
            begun = held.bars_held - self.start + 1
            return np.arange(begun + first, begun + last, dtype=np.float64)
        if column == PNL and sign:
            closes = self.frames.array("close", 0)[first:last]
            return (closes - held.entry_price) / held.entry_price * sign
        return np.full(last - first, self.value(column, lag, first))
