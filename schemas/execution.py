"""How the orders of a strategy fill, and what they cost: capital, prices, fees, sizes and margin, as data."""

from math import fsum
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from schemas.faults import Fault, refuse
from schemas.indicator_config import MAX_BARS
from schemas.record import Record
from schemas.risk import Distance
from schemas.units import Amount, Fraction, PositiveAmount, Rate, unit

_QUOTE = unit("quote currency")
_PER_UNIT = unit("quote currency per unit")
_NOTIONAL = unit("fraction of the notional")
_PRICE = unit("fraction of the price")
_UNITS = unit("units")

Fill = Literal["next_open", "signal_close"]


class FixedSlippage(Record):
    """The same amount a unit, on the worse side, at every market order."""

    model_config = ConfigDict(title="Fixed slippage")

    method: Literal["fixed"] = Field(description="A market order fills `amount` worse.")
    amount: Amount = Field(description="How much worse, a unit.", examples=[0.5], json_schema_extra=_PER_UNIT)


class ProportionalSlippage(Record):
    """The same share of the price, on the worse side, at every market order."""

    model_config = ConfigDict(title="Proportional slippage")

    method: Literal["proportional"] = Field(description="A market order fills `fraction` of the price worse.")
    fraction: Rate = Field(description="How much worse.", examples=[0.0005], json_schema_extra=_PRICE)


class VolatilitySlippage(Record):
    """A share of the average true range, on the worse side, at every market order."""

    model_config = ConfigDict(title="Slippage by volatility")

    method: Literal["volatility"] = Field(description="A market order fills `multiple` average true ranges worse.")
    multiple: float = Field(ge=0, le=100, description="How much worse.", examples=[0.1], json_schema_extra=unit("ATR"))
    period: int = Field(default=14, ge=1, le=MAX_BARS, description="Period of the ATR.", json_schema_extra=unit("bars"))


Slippage = Annotated[FixedSlippage | ProportionalSlippage | VolatilitySlippage, Field(discriminator="method")]


class ProportionalFees(Record):
    """A share of what is traded: ``maker`` for limit orders (targets), ``taker`` for all others."""

    model_config = ConfigDict(title="Proportional fees")

    method: Literal["proportional"] = Field(description="A fill costs a share of its notional.")
    maker: Rate = Field(description="Of a fill of a limit order.", examples=[0.0002], json_schema_extra=_NOTIONAL)
    taker: Rate = Field(description="Of a fill of a market order.", examples=[0.0005], json_schema_extra=_NOTIONAL)
    minimum: Amount = Field(default=0.0, description="The least that a fill costs.", json_schema_extra=_QUOTE)


class PerUnitFees(Record):
    """The same amount for every unit that is traded, as brokers of shares ask for."""

    model_config = ConfigDict(title="Fees by the unit")

    method: Literal["per_unit"] = Field(description="A fill costs `amount` for each unit of it.")
    amount: Amount = Field(description="What a unit costs.", examples=[0.005], json_schema_extra=_PER_UNIT)
    minimum: Amount = Field(default=0.0, description="The least that a fill costs.", json_schema_extra=_QUOTE)


Fees = Annotated[ProportionalFees | PerUnitFees, Field(discriminator="method")]


class ScaleIn(Record):
    """Further entries of an open position, on its own side."""

    model_config = ConfigDict(title="Scale in")

    max_entries: int = Field(
        ge=2, le=100, description="Entries of one position, the first included.", json_schema_extra=unit("entries")
    )
    share: float = Field(
        default=1.0,
        gt=0,
        le=100,
        description="Size of each further entry.",
        examples=[0.5],
        json_schema_extra=unit("share of the first entry's size"),
    )


class ScaleOut(Record):
    """A part of a position that is left at a target of its own."""

    model_config = ConfigDict(title="Scale out")

    at: Distance = Field(
        description="Where: this far from the average entry price, on the right side.",
        examples=[{"method": "atr", "multiple": 1}],
    )
    fraction: Fraction = Field(
        description="How much is left there.", examples=[0.5], json_schema_extra=unit("fraction of the entered units")
    )


class ExecutionConfig(Record):
    """What a strategy trades with, when its orders fill, at which price, and what that costs.

    Every price, size and cost is of one series and in its quote currency. Nothing here makes a fill better than the
    candle: every price is kept within the low and the high of the bar that it is filled in.
    """

    model_config = ConfigDict(title="Execution")

    fill: Fill = Field(
        default="next_open",
        description="When an order fills: at the open of the next bar, or at the close of the signal's own.",
    )
    capital: PositiveAmount = Field(
        default=10_000.0, description="What it begins with, on each series.", json_schema_extra=_QUOTE
    )
    spread: Rate = Field(
        default=0.0,
        description="The whole of it, from bid to ask; a market order pays half.",
        examples=[0.0002],
        json_schema_extra=_PRICE,
    )
    slippage: Slippage | None = Field(default=None, description="How much worse market orders fill; none without it.")
    fees: Fees | None = Field(default=None, description="What fills cost; nothing without it.")
    contract_size: PositiveAmount = Field(
        default=1.0, description="Units of the base in one contract.", json_schema_extra=unit("units per contract")
    )
    tick_size: PositiveAmount | None = Field(
        default=None,
        description="Prices of fills are whole multiples of it, rounded to the worse side.",
        examples=[0.01],
        json_schema_extra=_QUOTE,
    )
    lot_size: PositiveAmount | None = Field(
        default=None,
        description="Quantities are whole multiples of it, rounded down.",
        examples=[0.001],
        json_schema_extra=_UNITS,
    )
    minimum_size: PositiveAmount | None = Field(
        default=None, description="A smaller order is refused.", examples=[0.01], json_schema_extra=_UNITS
    )
    maximum_size: PositiveAmount | None = Field(
        default=None, description="A larger position is cut to it.", examples=[100], json_schema_extra=_UNITS
    )
    leverage: float = Field(
        default=1.0, ge=1, le=1_000, description="Most notional by equity.", json_schema_extra=unit("times equity")
    )
    maintenance_margin: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.005,
        description="Liquidated where equity is not more than this of the notional.",
        json_schema_extra=_NOTIONAL,
    )
    scale_in: ScaleIn | None = Field(
        default=None, description="Whether an entry while it is in adds to the position; without it, it does not."
    )
    scale_out: Annotated[tuple[ScaleOut, ...], Field(max_length=20)] = Field(
        default=(), description="Parts that are left at targets of their own, before the rest."
    )

    @model_validator(mode="after")
    def _can_be_carried_out(self) -> Self:
        found: list[Fault] = []
        for name, least in (("minimum_size", self.minimum_size), ("lot_size", self.lot_size)):
            if least is not None and self.maximum_size is not None and least > self.maximum_size:
                message = f"expected at least the {name} ({least:g}), got {self.maximum_size:g}"
                found.append(Fault(("maximum_size",), message))
        left = fsum(part.fraction for part in self.scale_out)
        if left > 1:
            found.append(Fault(("scale_out",), f"expected fractions that add up to at most 1, all of it, got {left:g}"))
        refuse(found)
        return self
