"""Sizing, stops and limits, as data."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from schemas.faults import Fault, refuse
from schemas.indicator_config import MAX_BARS
from schemas.protection import Protection
from schemas.record import Record
from schemas.units import Fraction, unit

_EQUITY = unit("fraction of equity")
_PRICE = unit("fraction of the entry price")
_BARS = unit("bars")


class FixedAmount(Record):
    """The same value in every position."""

    model_config = ConfigDict(title="Fixed amount")

    method: Literal["fixed_amount"] = Field(description="Every position is worth `amount`.")
    amount: float = Field(
        gt=0, description="What a position is worth.", examples=[1_000], json_schema_extra=unit("quote currency")
    )


class FixedFraction(Record):
    """The same share of equity in every position."""

    model_config = ConfigDict(title="Fixed fraction")

    method: Literal["fixed_fraction"] = Field(description="Every position is worth `fraction` of equity.")
    fraction: Fraction = Field(description="What a position is worth.", examples=[0.1], json_schema_extra=_EQUITY)


class RiskPerTrade(Record):
    """As much as loses ``fraction`` of equity where the stop is hit. Needs a stop-loss."""

    model_config = ConfigDict(title="Risk per trade")

    method: Literal["risk_per_trade"] = Field(description="As much as loses `fraction` of equity at the stop-loss.")
    fraction: Fraction = Field(description="What a stop may cost.", examples=[0.01], json_schema_extra=_EQUITY)


class VolatilityTarget(Record):
    """As much as makes the position's volatility ``annual_volatility`` of equity."""

    model_config = ConfigDict(title="Volatility target")

    method: Literal["volatility_target"] = Field(description="As much as moves equity by `annual_volatility` a year.")
    annual_volatility: float = Field(
        gt=0, le=10, description="The volatility aimed at, a year.", examples=[0.2], json_schema_extra=_EQUITY
    )
    period: int = Field(
        default=100, ge=2, le=MAX_BARS, description="Bars to measure volatility over.", json_schema_extra=_BARS
    )


class Kelly(Record):
    """A share of the Kelly fraction of the strategy's own last trades, at most ``cap`` of equity."""

    model_config = ConfigDict(title="Capped Kelly")

    method: Literal["kelly"] = Field(description="A share of the Kelly fraction of the last trades, capped.")
    share: Fraction = Field(default=0.5, description="Share of the Kelly fraction.", json_schema_extra=unit("0 to 1"))
    cap: Fraction = Field(default=0.25, description="Never more than this.", json_schema_extra=_EQUITY)
    trades: int = Field(
        default=50, ge=10, le=10_000, description="Closed trades to measure by.", json_schema_extra=unit("trades")
    )


Sizing = Annotated[FixedAmount | FixedFraction | RiskPerTrade | VolatilityTarget | Kelly, Field(discriminator="method")]


class FractionDistance(Record):
    """A share of the entry price away."""

    model_config = ConfigDict(title="Fraction of the price")

    method: Literal["fraction"] = Field(default="fraction", description="A share of the entry price away.")
    fraction: float = Field(gt=0, le=100, description="How far away.", examples=[0.02], json_schema_extra=_PRICE)


class AtrDistance(Record):
    """Some average true ranges away."""

    model_config = ConfigDict(title="Multiple of ATR")

    method: Literal["atr"] = Field(description="Some average true ranges, taken at the entry, away.")
    multiple: float = Field(
        gt=0, le=1_000, description="How many average true ranges.", examples=[2], json_schema_extra=unit("ATR")
    )
    period: int = Field(default=14, ge=1, le=MAX_BARS, description="Period of the ATR.", json_schema_extra=_BARS)


Distance = Annotated[FractionDistance | AtrDistance, Field(discriminator="method")]


def is_as_far(one: FractionDistance | AtrDistance, other: FractionDistance | AtrDistance) -> bool:
    """Whether a distance is at least another, whatever the market: False where only the market can tell.

    >>> is_as_far(FractionDistance(fraction=0.02), FractionDistance(fraction=0.01))
    True
    >>> is_as_far(FractionDistance(fraction=0.02), AtrDistance(method="atr", multiple=1))
    False
    """
    if isinstance(one, FractionDistance) and isinstance(other, FractionDistance):
        return one.fraction >= other.fraction
    if isinstance(one, AtrDistance) and isinstance(other, AtrDistance):
        return one.period == other.period and one.multiple >= other.multiple
    return False


def told(distance: FractionDistance | AtrDistance) -> str:
    """A distance in words.

    >>> told(FractionDistance(fraction=0.02)), told(AtrDistance(method="atr", multiple=2))
    ('0.02', '2 ATR of 14 bars')
    """
    if isinstance(distance, FractionDistance):
        return f"{distance.fraction:g}"
    return f"{distance.multiple:g} ATR of {distance.period} bars"


class RiskLimits(Record):
    """What no position, day or run may exceed."""

    model_config = ConfigDict(title="Risk limits")

    max_position_size: Fraction | None = Field(
        default=None, description="Largest value of a position.", examples=[0.1], json_schema_extra=_EQUITY
    )
    max_concurrent_positions: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description="Positions open at once: over all series where `symbols` are names, which then wait for each "
        "other; with a pattern among them only in a portfolio that follows the strategy.",
        json_schema_extra=unit("positions"),
    )
    max_daily_loss: Fraction | None = Field(
        default=None, description="No entry for the rest of a UTC day after it.", json_schema_extra=_EQUITY
    )
    max_drawdown: Fraction | None = Field(
        default=None, description="No entry at all after it, until a restart.", json_schema_extra=_EQUITY
    )
    max_leverage: float | None = Field(
        default=None, ge=1, le=1_000, description="Exposure per equity.", json_schema_extra=unit("times equity")
    )
    cool_down_bars: int | None = Field(
        default=None,
        ge=1,
        le=MAX_BARS,
        description="Bars without an entry after a trade that lost.",
        json_schema_extra=_BARS,
    )


class RiskConfig(Record):
    """How large a position is, where it ends, and what stops the strategy."""

    model_config = ConfigDict(title="Risk")

    sizing: Sizing | None = Field(default=None, description="How large a position is; without it, worth all equity.")
    stop_loss: Distance | None = Field(default=None, description="Leave where the price is this far on the wrong side.")
    take_profit: Distance | None = Field(
        default=None, description="Leave where the price is this far on the right side."
    )
    trailing_stop: Distance | None = Field(
        default=None, description="Leave where the price is this far behind its best since the entry."
    )
    break_even: Distance | None = Field(
        default=None,
        description="Once the price has been this far on the right side at the end of a bar, the stop is where leaving "
        "costs nothing: at the entry price and the fees of both ways.",
    )
    max_bars_held: int | None = Field(
        default=None, ge=1, le=MAX_BARS, description="Leave after so many bars.", json_schema_extra=_BARS
    )
    protections: Annotated[tuple[Protection, ...], Field(max_length=20)] = Field(
        default=(), description="What keeps it from entering for some bars after trades that went badly."
    )
    limits: RiskLimits = Field(default=RiskLimits(), description="What no position, day or run may exceed.")

    @model_validator(mode="after")
    def _can_be_carried_out(self) -> Self:
        found: list[Fault] = []
        if isinstance(self.sizing, RiskPerTrade) and self.stop_loss is None:
            message = "expected a stop_loss with risk_per_trade sizing: the size follows from its distance, got none"
            found.append(Fault((), message))
        for name, stop in (("stop_loss", self.stop_loss), ("trailing_stop", self.trailing_stop)):
            if isinstance(stop, FractionDistance) and stop.fraction >= 1:
                message = (
                    f"expected less than 1, got {stop.fraction:g}: a fall by the whole price ends at 0, and a rise by "
                    "it costs a short position all that it was worth; 0.02 is 2 %"
                )
                found.append(Fault((name, "fraction"), message))
        refuse(found)
        return self
