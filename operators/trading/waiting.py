"""Orders that have been decided on and not been filled."""

from collections.abc import Mapping
from math import isnan, nan
from typing import Any, NamedTuple, cast

from operators.positions.trade import TradeSide


class Entry(NamedTuple):
    """Enter ``side``, or add to it.

    Attributes:
        side: of the position.
        rule: that asked for it.
        signal: the id of its signal.
        atrs: those of the plan's periods at the close that decided, quote currency per unit.
        volatility: of a bar's return at that close, as a fraction; NaN where nobody asks.
    """

    side: TradeSide
    rule: str
    signal: str
    atrs: tuple[float, ...] = ()
    volatility: float = nan


class Waiting(NamedTuple):
    """What is done at the next price that can be dealt at: first leave, then enter.

    Attributes:
        leave: why the position is to be left, a rule or a cause; empty where it is not.
        signal: the id of the signal that asked for that; None where none did.
        entry: what is to be entered.
    """

    leave: str = ""
    signal: str | None = None
    entry: Entry | None = None

    def snapshot(self) -> dict[str, object]:
        """As primitives."""
        entry = self.entry
        return {
            "leave": self.leave,
            "signal": self.signal,
            "entry": None
            if entry is None
            else [
                entry.side,
                entry.rule,
                entry.signal,
                list(entry.atrs),
                None if isnan(entry.volatility) else entry.volatility,
            ],
        }

    @classmethod
    def restored(cls, snapshot: object) -> "Waiting":
        """What ``snapshot`` gave."""
        state: Mapping[str, Any] = cast("Mapping[str, Any]", snapshot)
        entry = None
        if state["entry"] is not None:
            side, rule, signal, atrs, volatility = state["entry"]
            entry = Entry(side, rule, signal, tuple(atrs), nan if volatility is None else volatility)
        return cls(state["leave"], state["signal"], entry)


NOTHING = Waiting()
