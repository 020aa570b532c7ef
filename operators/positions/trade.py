"""A trade: from flat over a position to flat again, however many fills that takes."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, cast

from operators.positions.fill import Fill

TradeSide = Literal["long", "short"]


class Trade(NamedTuple):
    """A closed trade: what was entered, what was left, what came of it.

    ``quantity`` is what was entered in all, which is what was left in all. ``profit`` is net of fees; a reversal's fee
    belongs to both of its trades, by units. Excursions are how far the price went against the position and in its
    favour while it was open, as fractions of ``entry_price``, from the bars that were marked and the fills, never below
    zero.

    Attributes:
        side: ``long`` or ``short``.
        entry_ms: event time of the first entry, in milliseconds.
        exit_ms: event time of the last exit, in milliseconds.
        quantity: units of the base.
        entry_price: average price of the entries, quote currency per unit.
        exit_price: average price of the exits, quote currency per unit.
        gross: profit before fees, quote currency.
        fees: of all fills, quote currency.
        entries: how many fills entered.
        exits: how many fills left.
        bars_held: closes that it has seen.
        entry_reason: of the first entry.
        exit_reason: of the last exit.
        adverse_excursion: MAE, fraction of the entry price.
        favourable_excursion: MFE, fraction of the entry price.
    """

    side: TradeSide
    entry_ms: int
    exit_ms: int
    quantity: float
    entry_price: float
    exit_price: float
    gross: float
    fees: float
    entries: int
    exits: int
    bars_held: int
    entry_reason: str
    exit_reason: str
    adverse_excursion: float
    favourable_excursion: float

    @property
    def profit(self) -> float:
        """Quote currency, net of fees."""
        return self.gross - self.fees

    @property
    def profit_fraction(self) -> float:
        """The profit, net of fees, as a fraction of the value of the entries.

        >>> Trade("long", 0, 1, 2.0, 100.0, 110.0, 20.0, 4.0, 1, 1, 1, "", "", 0.0, 0.1).profit_fraction
        0.08
        """
        return self.profit / (self.quantity * self.entry_price)


class OpenTrade:
    """A trade as long as it lasts. Its account feeds it with fills and bars.

    State: primitives; ``snapshot`` and ``restored`` give an equal one, to the bit.
    """

    __slots__ = (
        "bars_held",
        "entered",
        "entries",
        "entry_ms",
        "entry_price",
        "entry_reason",
        "exit_price",
        "exited",
        "exits",
        "fees",
        "first",
        "gross",
        "highest",
        "lowest",
        "side",
    )

    def __init__(self, side: TradeSide, entry_ms: int, price: float, reason: str) -> None:
        self.side = side
        self.entry_ms = entry_ms
        self.entry_reason = reason
        self.entry_price = 0.0
        self.exit_price = 0.0
        self.first = 0.0
        """Units of the first entry, which further ones are a share of."""
        self.entered = 0.0
        self.exited = 0.0
        self.entries = 0
        self.exits = 0
        self.gross = 0.0
        self.fees = 0.0
        self.bars_held = 0
        self.highest = price
        self.lowest = price

    def enter(self, quantity: float, price: float, fee: float) -> None:
        """Units that came with an entry."""
        if not self.entries:
            self.first = quantity
        self.entered += quantity
        self.entry_price += (price - self.entry_price) * (quantity / self.entered)  # of one entry: its price, exactly
        self.entries += 1
        self.fees += fee
        self._reached(price)

    def leave(self, quantity: float, price: float, fee: float, gross: float) -> None:
        """Units that went with an exit, and what was earned with them before fees."""
        self.exited += quantity
        self.exit_price += (price - self.exit_price) * (quantity / self.exited)
        self.exits += 1
        self.fees += fee
        self.gross += gross
        self._reached(price)

    def _reached(self, price: float) -> None:
        self.highest = max(self.highest, price)
        self.lowest = min(self.lowest, price)

    def closed(self, last: Fill) -> Trade:
        """The trade as it ends with its last exit."""
        price = self.entry_price
        fall, rise = (price - self.lowest) / price, (self.highest - price) / price
        adverse, favourable = (fall, rise) if self.side == "long" else (rise, fall)
        return Trade(
            side=self.side,
            entry_ms=self.entry_ms,
            exit_ms=last.time,
            quantity=self.entered,
            entry_price=price,
            exit_price=self.exit_price,
            gross=self.gross,
            fees=self.fees,
            entries=self.entries,
            exits=self.exits,
            bars_held=self.bars_held,
            entry_reason=self.entry_reason,
            exit_reason=last.reason,
            adverse_excursion=max(adverse, 0.0),
            favourable_excursion=max(favourable, 0.0),
        )

    def snapshot(self) -> dict[str, object]:
        """As primitives."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def restored(cls, snapshot: object) -> "OpenTrade":
        """What ``snapshot`` gave."""
        state: Mapping[str, Any] = cast("Mapping[str, Any]", snapshot)
        trade = cls(state["side"], state["entry_ms"], state["entry_price"], state["entry_reason"])
        for name in cls.__slots__:
            setattr(trade, name, state[name])
        return trade
