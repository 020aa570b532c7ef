"""A change of a strategy's position on one series: fills and what they came to, or why there were none."""

from typing import Annotated, Any, Final, Literal, NamedTuple, Self

from pydantic import Field, FiniteFloat, StringConstraints, field_serializer, model_validator

from schemas.ids import RecordIds
from schemas.lifecycle import VersionNumber
from schemas.record import Record, StrategyId, Symbol, UtcTime, to_milliseconds
from schemas.signal import Position
from schemas.signal_config import SIGNAL_ID_PATTERN
from schemas.timeframe import Timeframe

MAX_FILLS: Final = 256
"""The most fills of one trade that a record lists: every entry and every part that there may be."""

RecordId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Name = Annotated[str, StringConstraints(pattern=SIGNAL_ID_PATTERN)]
"""What caused a fill: the id of a rule, or an exit by the key that sets it, such as ``stop_loss``."""
Milliseconds = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]

Change = Literal["opened", "changed", "closed", "refused"]


class Fill(NamedTuple):
    """So many units bought or sold at one price.

    ``time_ms`` is event time in milliseconds since the epoch, ``quantity`` units of the base, ``price`` quote currency
    per unit, ``fee`` quote currency. ``reason`` is the rule that asked for it, or the exit: ``stop_loss``.
    """

    time_ms: Milliseconds
    side: Literal["buy", "sell"]
    quantity: Positive
    price: Positive
    fee: NotNegative
    reason: Name


class LimitReached(NamedTuple):
    """The limit that an order was refused by.

    ``allowed`` is its value and ``actual`` what stood against it, in the limit's own unit; None where there is no such
    number. ``until_ms`` is the first instant at which it refuses no more (event time, milliseconds), None where none
    can be named; ``lifted_by`` then says who lifts it, if somebody has to. ``about`` is what it is the limit of, where
    there are several: a symbol, a group, a strategy.
    """

    limit: Name
    allowed: FiniteFloat | None = None
    actual: FiniteFloat | None = None
    until_ms: Milliseconds | None = None
    lifted_by: Annotated[str, StringConstraints(max_length=100)] = ""
    about: Annotated[str, StringConstraints(max_length=100)] = ""


Fills = Annotated[tuple[Fill, ...], Field(max_length=MAX_FILLS)]


class PositionChange(Record):
    """A position was ``opened``, ``changed`` (more or less of it), ``closed``, or an order was ``refused``.

    ``open_time`` and ``close_time`` are those of the bar, ``number`` counts the changes of the position within it from
    0; a reversal is two, one that closes and one that opens. ``position``, ``quantity`` (units of the base) and
    ``average_price`` (quote currency per unit) say what is held after it, ``price`` what it is marked at.

    Of the trade that the position belongs to, or belonged to until now, in quote currency: ``realised`` and
    ``unrealised`` before fees, and the ``fees`` of its fills. Of the whole account, in quote currency: ``equity``, that
    is ``cash`` and what the position is worth. ``stop_price``, ``target_price`` and ``liquidation_price`` are where the
    rest would be left, None where nothing is set.

    ``reason`` says what caused it: a rule, an exit, or in words why an order was refused, and then ``refusal`` has the
    numbers. ``signal`` is the id of the signal that asked for it. The id follows from strategy, version, series, close
    time and number, so a repeated record can be dropped by anyone downstream.
    """

    id: RecordId
    strategy: StrategyId
    version: VersionNumber
    symbol: Symbol
    timeframe: Timeframe
    open_time: UtcTime
    close_time: UtcTime
    number: Count
    change: Change
    position: Position
    quantity: NotNegative
    average_price: Positive | None = None
    price: Positive
    fills: Fills = ()
    realised: float
    unrealised: float
    fees: NotNegative
    cash: float
    equity: float
    stop_price: Positive | None = None
    target_price: Positive | None = None
    liquidation_price: Positive | None = None
    reason: Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
    signal: RecordId | None = None
    refusal: LimitReached | None = None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        flat = self.position == "flat"
        if flat != (self.quantity == 0) or flat != (self.average_price is None):
            raise ValueError(
                "expected a quantity above 0 and an average price, or flat and neither, "
                f"got {self.position} with {self.quantity:g} at {self.average_price}"
            )
        if (self.change == "refused") != (not self.fills):
            expected = "no fills" if self.change == "refused" else "at least one fill"
            raise ValueError(f"expected {expected} where it is {self.change}, got {len(self.fills)}")
        if self.change in {"opened", "closed"} and flat != (self.change == "closed"):
            expected = "long or short" if flat else "flat"
            raise ValueError(f"expected {expected} after it is {self.change}, got {self.position}")
        if self.refusal is not None and self.change != "refused":
            raise ValueError(f"expected a refusal only where it is refused, got one where it is {self.change}")
        return self

    @field_serializer("fills")
    def _as_objects(self, fills: tuple[Fill, ...]) -> tuple[dict[str, Any], ...]:
        """In JSON each is an object with names, not a list that a reader has to count."""
        return tuple(fill._asdict() for fill in fills)

    @field_serializer("refusal")
    def _as_object(self, refusal: LimitReached | None) -> dict[str, Any] | None:
        return None if refusal is None else refusal._asdict()

    @property
    def key(self) -> str:
        """The record's key on the positions topic."""
        return f"{self.strategy}|{self.symbol}|{self.timeframe}"


def change_ids(strategy: str, version: int, symbol: str, timeframe: str) -> RecordIds:
    """The ids of a position's changes: ``id(close time in milliseconds as text, number as text)`` gives one."""
    return RecordIds("position", strategy, str(version), symbol, timeframe)


def change_id(strategy: str, version: int, symbol: str, timeframe: str, close_time: UtcTime, number: int) -> str:  # noqa: PLR0913, PLR0917  # the six parts of the identity
    """The deterministic id of a change: 32 hex digits."""
    return change_ids(strategy, version, symbol, timeframe).id(str(to_milliseconds(close_time)), str(number))
