"""A closed trade: what was entered, what was left, and what came of it."""

from typing import Any, Literal, Self

from pydantic import Field, field_serializer, model_validator

from schemas.ids import RecordIds
from schemas.lifecycle import VersionNumber
from schemas.position import Count, Fill, Fills, Name, NotNegative, Positive, RecordId
from schemas.record import Record, StrategyId, Symbol, UtcTime
from schemas.timeframe import Timeframe


class Trade(Record):
    """From flat over a position to flat again, however many fills that took; a reversal ends one and begins the next.

    ``number`` counts the trades of the strategy's version on the series from 1. ``quantity`` (units of the base) is
    what was entered in all, which is what was left in all; ``entry_price`` and ``exit_price`` are the averages of their
    fills. In quote currency: ``gross`` before fees, ``fees`` of all its fills (of a reversal's fill the part of its
    units), ``profit``, gross less fees, and ``equity``, of the account right after it. ``profit_fraction`` is the
    profit by the value of the entries.

    ``bars_held`` are the closes at which it was open. The excursions, MAE and MFE, are how far the price went against
    it and in its favour, as fractions of the entry price, 0 or more. ``stopped`` says that a stop, a trailing stop or a
    liquidation ended it. ``entry_signal`` and ``exit_signal`` are the ids of the signals that asked for the first entry
    and the last exit; None where it was not a signal that did.
    """

    id: RecordId
    strategy: StrategyId
    version: VersionNumber
    symbol: Symbol
    timeframe: Timeframe
    number: int = Field(ge=1, le=2**31 - 1)
    side: Literal["long", "short"]
    entry_time: UtcTime
    exit_time: UtcTime
    quantity: Positive
    entry_price: Positive
    exit_price: Positive
    gross: float
    fees: NotNegative
    profit: float
    profit_fraction: float
    entries: int = Field(ge=1, le=2**31 - 1)
    exits: int = Field(ge=1, le=2**31 - 1)
    bars_held: Count
    entry_reason: Name
    exit_reason: Name
    stopped: bool
    adverse_excursion: NotNegative
    favourable_excursion: NotNegative
    equity: float
    fills: Fills = ()
    entry_signal: RecordId | None = None
    exit_signal: RecordId | None = None

    @model_validator(mode="after")
    def _goes_forward(self) -> Self:
        if self.exit_time < self.entry_time:
            raise ValueError(
                f"expected an exit at or after the entry at {self.entry_time.isoformat()}, "
                f"got {self.exit_time.isoformat()}"
            )
        return self

    @field_serializer("fills")
    def _as_objects(self, fills: tuple[Fill, ...]) -> tuple[dict[str, Any], ...]:
        """In JSON each is an object with names, not a list that a reader has to count."""
        return tuple(fill._asdict() for fill in fills)

    @property
    def key(self) -> str:
        """The record's key: that of the position."""
        return f"{self.strategy}|{self.symbol}|{self.timeframe}"


def trade_ids(strategy: str, version: int, symbol: str, timeframe: str) -> RecordIds:
    """The ids of a position's trades: ``id(entry time in milliseconds as text, number as text)`` gives one."""
    return RecordIds("trade", strategy, str(version), symbol, timeframe)
