"""When a strategy enters or leaves a side, and how sure it is of that."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from schemas.expression_text import ExpressionText
from schemas.identifiers import Identifier, Reference
from schemas.names import did_you_mean
from schemas.record import Record
from schemas.units import unit

LIFECYCLE = "lifecycle."
"""Rules of the engine's own begin with this, such as ``lifecycle.stop``: a signal's id is made from its rule."""

FORCED = "position."
"""So do those that end a position within a bar, such as ``position.stop_loss``."""

Side = Literal["long", "short"]
RuleType = Literal["entry", "exit"]

SIGNAL_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"

Weight = Annotated[float, Field(gt=0, le=1_000_000)]


def _not_ours(rule: str) -> str:
    for ours in (LIFECYCLE, FORCED):
        if rule.startswith(ours):
            message = f"expected an id that does not begin with {ours!r}, got {rule!r}"
            raise ValueError(message)
    return rule


class FixedConfidence(Record):
    """Always the same confidence."""

    model_config = ConfigDict(title="Fixed confidence")

    method: Literal["fixed"] = Field(default="fixed", description="Always `value`.")
    value: float = Field(
        default=1.0, ge=0, le=1, description="The confidence.", examples=[0.75], json_schema_extra=unit("0 to 1")
    )


class WeightedConfidence(Record):
    """The weighted mean of named parts: sum(weight * part) / sum(weight), each part clipped to [0, 1]."""

    model_config = ConfigDict(title="Weighted confidence")

    method: Literal["weighted"] = Field(description="sum(weight * part) / sum(weight), each part clipped to 0 to 1.")
    weights: dict[Reference, Weight] = Field(
        min_length=1,
        max_length=32,
        description="How much each part counts. A part is one of `parts`, any name that an expression knows, "
        "`technical_confirmation` (of the conditions that the outermost AND or OR joins and that read no model, the "
        "share that hold) or `<model id or subtype>_confidence`.",
        examples=[{"lstm_confidence": 0.6, "technical_confirmation": 0.4}],
    )
    parts: dict[Identifier, ExpressionText] = Field(
        default_factory=dict,
        max_length=32,
        description="Parts by name: a condition counts 1 or 0, a number is clipped to 0 to 1.",
        examples=[{"trend": "close > sma_200"}],
    )

    @model_validator(mode="after")
    def _parts_are_weighted(self) -> Self:
        for name in self.parts:
            if name not in self.weights:
                message = f"expected a weight for each part, got none for {name!r}{did_you_mean(name, self.weights)}"
                raise ValueError(message)
        return self


class ScaledConfidence(Record):
    """From ``least`` at the threshold to ``most`` at ``full``: least + (most - least) * clip(distance, 0, 1)."""

    model_config = ConfigDict(title="Scaled confidence")

    method: Literal["scaled"] = Field(
        description="least + (most - least) * clip((value - threshold) / (full - threshold), 0, 1)."
    )
    value: ExpressionText = Field(description="A number to measure by, as an expression.", examples=["rsi"])
    threshold: float = Field(description="Where confidence is `least`, in the value's unit.", examples=[30])
    full: float = Field(description="Where confidence is `most`, in the value's unit; below or above.", examples=[10])
    least: float = Field(
        default=0.5, ge=0, le=1, description="Confidence at the threshold.", json_schema_extra=unit("0 to 1")
    )
    most: float = Field(default=1.0, ge=0, le=1, description="Confidence at `full`.", json_schema_extra=unit("0 to 1"))

    @model_validator(mode="after")
    def _has_a_distance(self) -> Self:
        if self.full == self.threshold:
            message = f"expected full to differ from threshold, got {self.full:g} for both"
            raise ValueError(message)
        if self.most < self.least:
            message = f"expected most to be at least least ({self.least:g}), got {self.most:g}"
            raise ValueError(message)
        return self


Confidence = Annotated[FixedConfidence | WeightedConfidence | ScaledConfidence, Field(discriminator="method")]


class SignalConfig(Record):
    """When to enter or leave a side. Signals of one type and side are tried in order, the first that holds wins."""

    model_config = ConfigDict(title="Signal")

    id: Annotated[str, StringConstraints(pattern=SIGNAL_ID_PATTERN), AfterValidator(_not_ours)] = Field(
        description="The rule's name: part of the id of every signal that it makes.", examples=["breakout_up"]
    )
    type: RuleType = Field(description="Whether it opens a position or closes one.")
    side: Side = Field(default="long", description="The side that is entered or left.")
    expression: ExpressionText = Field(
        description="The condition, judged at the close of every candle.",
        examples=["macd_crossover_bullish AND rsi < 70"],
    )
    description: Annotated[str, StringConstraints(max_length=1_000)] = Field(
        default="", description="Why, in the author's words."
    )
    confidence: Confidence = Field(default=FixedConfidence(), description="How sure the signal is; it travels with it.")
