"""What a portfolio has come to: equity, exposures, what of its limits is used up, and how it performs."""

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, FiniteFloat, StringConstraints, field_serializer

from schemas.lifecycle import CommandId
from schemas.metrics import CurveFigures, Long, TradeFigures
from schemas.portfolio import PORTFOLIO_KEY, PortfolioId
from schemas.position import Count, LimitReached, NotNegative
from schemas.record import Record, UtcTime


class NamedExposure(NamedTuple):
    """Of one symbol or one group: ``value`` is quote currency, 0 or more."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    value: NotNegative


Switched = Literal["none", "armed", "tripped"]
Exposures = Annotated[tuple[NamedExposure, ...], Field(max_length=1_000)]


class PortfolioMetrics(Record):
    """A portfolio as of ``close_time``, the last close that changed anything. Key on ``metrics``: ``portfolio:ID``.

    ``command`` is the one that brought its configuration. In quote currency: ``equity``, of which ``cash`` is not held
    in positions (below 0 where more is held than it is worth), ``heat`` (what would be lost if every stop were hit),
    ``symbol_exposures`` and ``group_exposures``, those above 0 by name. ``gross_exposure`` and ``net_exposure`` (below
    0 where it is short) are values of positions by equity, None where there is no equity. All of these count an entry
    that was allowed and waits for its fill as if it were held; ``positions`` counts what is held, ``members`` the
    series that it follows.

    ``daily_loss`` is of the equity at 00:00 UTC, ``drawdown`` of the highest since the start or the last reset, as
    fractions. ``kill_switch`` is ``none`` where none is set, and then ``tripped_by`` is None, as it is where it is
    ``armed``. ``violated_limits`` is what is beyond its limit now. ``followed`` and ``refused`` count entries.

    ``performance`` is that of what its equity was at the start, on full hours of UTC, the one that runs as if it ended
    now: money that strategies bring or take as they join or leave is neither gain nor loss in it. ``trades`` are the
    mirrored ones.
    """

    portfolio: PortfolioId
    command: CommandId
    close_time: UtcTime
    equity: FiniteFloat
    cash: FiniteFloat
    gross_exposure: NotNegative | None = None
    net_exposure: FiniteFloat | None = None
    symbol_exposures: Exposures = ()
    group_exposures: Exposures = ()
    heat: NotNegative
    daily_loss: NotNegative | None
    drawdown: NotNegative | None
    kill_switch: Switched
    tripped_by: LimitReached | None = None
    violated_limits: Annotated[tuple[LimitReached, ...], Field(max_length=1_000)] = ()
    positions: Count
    members: Count
    followed: Long
    refused: Long
    performance: CurveFigures | None = None
    trades: TradeFigures

    @field_serializer("performance", "trades", "tripped_by")
    def _as_object(self, figures: CurveFigures | TradeFigures | LimitReached | None) -> dict[str, Any] | None:
        """In JSON it is an object with names, not a list that a reader has to count."""
        return None if figures is None else figures._asdict()

    @field_serializer("symbol_exposures", "group_exposures", "violated_limits")
    def _as_objects(self, items: tuple[NamedExposure | LimitReached, ...]) -> tuple[dict[str, Any], ...]:
        return tuple(one._asdict() for one in items)

    @property
    def key(self) -> str:
        """The record's key on the metrics topic."""
        return f"{PORTFOLIO_KEY}{self.portfolio}"
