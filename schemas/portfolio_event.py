"""What a portfolio did and why: the audit of what it followed, refused, left and stopped."""

from typing import Annotated, Any, Literal, Self

from pydantic import FiniteFloat, StringConstraints, field_serializer, model_validator

from schemas.ids import record_id
from schemas.lifecycle import CommandId
from schemas.portfolio import PORTFOLIO_KEY, PortfolioId
from schemas.position import Count, Fill, Fills, LimitReached, RecordId
from schemas.record import Record, StrategyId, Symbol, UtcTime, to_milliseconds
from schemas.timeframe import Timeframe

Happening = Literal["configured", "removed", "followed", "refused", "leaving", "tripped", "reset"]


class PortfolioEvent(Record):
    """One thing that a portfolio did at a close. Key on ``executions``: ``portfolio:ID``.

    - ``followed``: it mirrored ``fills`` of a strategy on a series, or left what it had mirrored, at these.
    - ``refused``: it does not mirror an entry, because of ``limit``.
    - ``leaving``: it leaves a position at this close of the series, or at the next one, because of ``limit``.
    - ``tripped``: its kill switch has, because of ``limit``. ``reset``: ``command`` has lifted it.
    - ``configured`` and ``removed``: ``command`` took effect.

    ``strategy``, ``symbol`` and ``timeframe`` are None where it concerns all of them. ``number`` counts what happened
    at the close from 0; ``equity`` (quote currency) is the portfolio's after all of it. ``reason`` says it in words.
    The id follows from portfolio, close time and number, so a repeated record can be dropped by anyone downstream.
    """

    id: RecordId
    portfolio: PortfolioId
    close_time: UtcTime
    number: Count
    event: Happening
    strategy: StrategyId | None = None
    symbol: Symbol | None = None
    timeframe: Timeframe | None = None
    fills: Fills = ()
    limit: LimitReached | None = None
    command: CommandId | None = None
    equity: FiniteFloat
    reason: Annotated[str, StringConstraints(min_length=1, max_length=1_000)]

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if (self.event == "followed") != bool(self.fills):
            expected = "at least one fill" if self.event == "followed" else "no fills"
            raise ValueError(f"expected {expected} where it {self.event}, got {len(self.fills)}")
        series = (self.strategy, self.symbol, self.timeframe)
        if (None in series) != (series == (None, None, None)):
            raise ValueError(f"expected a strategy, symbol and timeframe, or none of them, got {series}")
        return self

    @field_serializer("fills")
    def _as_objects(self, fills: tuple[Fill, ...]) -> tuple[dict[str, Any], ...]:
        """In JSON each is an object with names, not a list that a reader has to count."""
        return tuple(fill._asdict() for fill in fills)

    @field_serializer("limit")
    def _as_object(self, limit: LimitReached | None) -> dict[str, Any] | None:
        return None if limit is None else limit._asdict()

    @property
    def key(self) -> str:
        """The record's key on the executions topic."""
        return f"{PORTFOLIO_KEY}{self.portfolio}"


def portfolio_event_id(portfolio: str, close_time: UtcTime, number: int) -> str:
    """The deterministic id of an event: 32 hex digits."""
    return record_id("portfolio", portfolio, str(to_milliseconds(close_time)), str(number))
