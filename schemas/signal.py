"""A signal: one change of a strategy's position on one series, with what explains it."""

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, StringConstraints, field_serializer

from schemas.ids import RecordIds
from schemas.lifecycle import VersionNumber
from schemas.record import Record, StrategyId, Symbol, UtcTime, to_milliseconds
from schemas.signal_config import RuleType, Side
from schemas.timeframe import Timeframe

Position = Literal["flat", "long", "short"]
ConfidenceMethod = Literal["fixed", "weighted", "scaled"]


class EvaluatedCondition(NamedTuple):
    """One condition of a rule as it was at the signal's candle.

    A rule's conditions come parents first, in reading order; ``depth`` is 0 for the whole rule, one more for each level
    below. ``left`` and ``right`` are the two values that a comparison compared, None for AND, OR, NOT and names.
    """

    depth: Annotated[int, Field(ge=0, le=2**31 - 1)]
    text: str
    holds: bool
    left: float | None = None
    right: float | None = None


class Signal(Record):
    """Enter or leave ``side`` at ``price``, the close of the candle that closed at ``close_time``.

    ``condition`` is the rule's text, ``conditions`` its tree with what each part said, and ``values`` holds every value
    that it read at this candle, by the name that the rule uses. ``name[1]`` is the value one candle before.
    ``confidence`` follows from ``confidence_method`` and ``confidence_terms`` alone: see ``schemas.confidence``.
    ``partial`` says that the candle was made of fewer base candles than it should. The id follows from strategy,
    version, series, close time and rule, so a repeated record can be dropped by anyone downstream.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    strategy: StrategyId
    version: VersionNumber
    symbol: Symbol
    timeframe: Timeframe
    open_time: UtcTime
    close_time: UtcTime
    rule: str
    type: RuleType
    side: Side
    confidence: float = Field(ge=0, le=1)
    price: float = Field(gt=0)
    position_before: Position
    position_after: Position
    condition: str
    values: dict[str, float]
    conditions: tuple[EvaluatedCondition, ...] = ()
    confidence_method: ConfidenceMethod = "fixed"
    confidence_terms: dict[str, float] = Field(default_factory=dict)
    partial: bool = False

    @field_serializer("conditions")
    def _as_objects(self, conditions: tuple[EvaluatedCondition, ...]) -> tuple[dict[str, Any], ...]:
        """In JSON each is an object with names, not a list that a reader has to count."""
        return tuple(condition._asdict() for condition in conditions)

    @property
    def key(self) -> str:
        """The record's key on the signals topic."""
        return f"{self.strategy}|{self.symbol}|{self.timeframe}"


def signal_ids(strategy: str, version: int, symbol: str, timeframe: str) -> RecordIds:
    """The ids of a strategy's signals on one series: ``id(close time in milliseconds as text, rule)`` gives one."""
    return RecordIds("signal", strategy, str(version), symbol, timeframe)


def signal_id(strategy: str, version: int, symbol: str, timeframe: str, close_time: UtcTime, rule: str) -> str:  # noqa: PLR0913, PLR0917  # the six parts of the identity
    """The deterministic id of a signal: 32 hex digits."""
    return signal_ids(strategy, version, symbol, timeframe).id(str(to_milliseconds(close_time)), rule)
