"""The audit: what a strategy did with one bar or command on one series, and why; never what it did nothing with."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, PrivateAttr, StringConstraints, field_serializer, model_validator

from schemas.ids import RecordIds
from schemas.lifecycle import VersionNumber
from schemas.position import Count, Fill, Fills, LimitReached, Name, RecordId
from schemas.record import Record, StrategyId, Symbol, UtcTime, to_milliseconds
from schemas.signal import Position
from schemas.timeframe import Timeframe

MAX_RULES: Final = 256
"""The most rules that a record lists: all that a strategy may have, and the engine's own exits."""

Outcome = Literal["signalled", "filled", "refused", "failed", "commanded"]

Rules = Annotated[tuple[Name, ...], Field(max_length=MAX_RULES)]
Words = Annotated[str, StringConstraints(max_length=2_000)]


class Execution(Record):
    """What came of one bar, or of a command that took effect with it.

    ``outcome`` is the gravest that happened: ``failed`` before ``filled`` before ``refused`` before ``signalled``;
    ``commanded`` where it was a command that did something. ``open_time`` and ``close_time`` are those of the bar,
    ``number`` counts the records of the bar from 0. A bar at which nothing happened has none.

    ``evaluated`` are the rules that were asked at the close, in that order. ``signals`` are the ids of what was
    signalled and ``rules`` the rules of those, in the same order; the engine's own have a dot: ``position.stop_loss``.
    ``fills`` and ``refusals`` are those of the bar. ``equity`` is the account's after it, quote currency. ``reason``
    says why an order was refused, what failed or what was commanded; ``error`` has the error of a rule or an indicator.

    The id follows from strategy, version, series, close time and number, so a repeated record can be dropped by anyone
    downstream. How long the engine took is told beside the record, and is no part of it: see ``microseconds``.
    """

    id: RecordId
    strategy: StrategyId
    version: VersionNumber
    symbol: Symbol
    timeframe: Timeframe
    open_time: UtcTime
    close_time: UtcTime
    number: Count
    outcome: Outcome
    position_before: Position
    position_after: Position
    evaluated: Rules = ()
    signals: Annotated[tuple[RecordId, ...], Field(max_length=MAX_RULES)] = ()
    rules: Rules = ()
    fills: Fills = ()
    refusals: Annotated[tuple[LimitReached, ...], Field(max_length=MAX_RULES)] = ()
    reason: Words = ""
    equity: float
    error: Words = ""

    _microseconds: int | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if len(self.rules) != len(self.signals):
            raise ValueError(f"expected a rule for each of {len(self.signals)} signals, got {len(self.rules)}")
        if self.error and self.outcome != "failed":
            raise ValueError(f"expected an error only where it failed, got one where it was {self.outcome}")
        return self

    @property
    def microseconds(self) -> int | None:
        """How long the engine took; None where nobody measured, or the record was read from its bytes.

        Wall-clock time, which is another one in every run: it goes with the record as a header and is never compared.
        """
        private = self.__pydantic_private__
        return None if private is None else private.get("_microseconds")

    def timed(self, microseconds: int) -> Self:
        """The same record, with how long it took."""
        copied = self.model_copy()
        object.__setattr__(copied, "__pydantic_private__", {"_microseconds": microseconds})
        return copied

    def __eq__(self, other: object) -> bool:
        """Whether they say the same, however long each took."""
        return self.__dict__ == other.__dict__ if isinstance(other, Execution) else NotImplemented

    def __hash__(self) -> int:
        """By the id: two that are equal have one."""
        return hash(self.id)

    @field_serializer("fills", "refusals")
    def _as_objects(self, parts: tuple[Fill | LimitReached, ...]) -> tuple[dict[str, Any], ...]:
        """In JSON each is an object with names, not a list that a reader has to count."""
        return tuple(part._asdict() for part in parts)

    @property
    def key(self) -> str:
        """The record's key on the executions topic."""
        return f"{self.strategy}|{self.symbol}|{self.timeframe}"


def execution_ids(strategy: str, version: int, symbol: str, timeframe: str) -> RecordIds:
    """The ids of a strategy's executions on one series: ``id(close time in milliseconds as text, number as text)``."""
    return RecordIds("execution", strategy, str(version), symbol, timeframe)


def execution_id(strategy: str, version: int, symbol: str, timeframe: str, close_time: UtcTime, number: int) -> str:  # noqa: PLR0913, PLR0917  # the six parts of the identity
    """The deterministic id of an execution: 32 hex digits."""
    return execution_ids(strategy, version, symbol, timeframe).id(str(to_milliseconds(close_time)), str(number))
