"""An indicator that a strategy declares: what is computed, from what, and under which name."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from schemas.identifiers import Identifier, Reference
from schemas.record import Record
from schemas.timeframe import Timeframe
from schemas.units import unit

MAX_BARS = 100_000
"""No lag, period or window of a strategy is longer."""

Number = Annotated[int, Field(ge=-(2**53), le=2**53)] | float
ParameterText = Annotated[str, StringConstraints(max_length=200)]


class Lag(Record):
    """The value as it was some bars before."""

    model_config = ConfigDict(title="Lag")

    type: Literal["lag"] = Field(description="The value as it was `bars` before.")
    bars: int = Field(
        ge=1, le=MAX_BARS, description="How many bars back.", examples=[1], json_schema_extra=unit("bars")
    )


class Change(Record):
    """How far the value has moved in some bars."""

    model_config = ConfigDict(title="Change")

    type: Literal["change"] = Field(description="How far the value has moved within `bars`.")
    bars: int = Field(
        default=1,
        ge=1,
        le=MAX_BARS,
        description="Over how many bars.",
        examples=[1],
        json_schema_extra=unit("bars"),
    )
    method: Literal["absolute", "percent", "log"] = Field(
        default="absolute",
        description="`absolute`: x - x[bars]; `percent`: 100 * (x / x[bars] - 1); `log`: ln(x / x[bars]).",
    )


class Normalize(Record):
    """Where the value stands among its own last ones."""

    model_config = ConfigDict(title="Normalize")

    type: Literal["normalize"] = Field(description="Where the value stands among its last `period` ones.")
    method: Literal["zscore", "minmax", "rank"] = Field(
        default="zscore",
        description="`zscore`: distance from the mean in standard deviations; `minmax`: place between the lowest (0) "
        "and the highest (1); `rank`: percentage of the values that it exceeds.",
    )
    period: int = Field(
        ge=2, le=MAX_BARS, description="Length of the window.", examples=[100], json_schema_extra=unit("bars")
    )


Modifier = Annotated[Lag | Change | Normalize, Field(discriminator="type")]


class IndicatorConfig(Record):
    """An indicator under the name by which expressions refer to it.

    ``source`` replaces the price that it reads: a price such as ``hl2``, another indicator of the file, or one of its
    outputs (``macd.signal``); several for a function of several series. ``modifiers`` are applied in order to every
    output.
    """

    model_config = ConfigDict(title="Indicator")

    name: Identifier = Field(description="The name that expressions use; its outputs are `name.output`.")
    type: Annotated[str, StringConstraints(min_length=1, max_length=64, to_lower=True)] = Field(
        description="Which indicator: any TA-Lib function or one of the engine's own, in any case.",
        examples=["rsi", "MACD"],
    )
    parameters: dict[Identifier, Number | ParameterText] = Field(
        default_factory=dict,
        max_length=32,
        description="The indicator's parameters by name; what is left out takes its default.",
        examples=[{"period": 14}],
    )
    source: Reference | Annotated[tuple[Reference, ...], Field(min_length=2, max_length=8)] | None = Field(
        default=None,
        description="What it reads in place of its usual price: a price (`hl2`), another indicator (`rsi`) or one of "
        "its outputs (`macd.signal`); a list for functions of several series.",
        examples=["hl2", "macd.signal", ["close", "volume"]],
    )
    timeframe: Timeframe | None = Field(
        default=None,
        description="Computed over candles of this higher timeframe; by default over those of the series itself.",
        examples=["1h"],
        json_schema_extra={"pattern": r"^[1-9][0-9]{0,3}[smhdw]$"},
    )
    modifiers: tuple[Modifier, ...] = Field(
        default=(),
        max_length=8,
        description="Applied in order to every output.",
        examples=[[{"type": "lag", "bars": 1}]],
    )
    description: Annotated[str, StringConstraints(max_length=1_000)] = Field(
        default="", description="What it is for, in the author's words."
    )
