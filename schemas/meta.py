"""What a strategy is called, who made it, and of what kind it is."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from schemas.record import Record

Kind = Literal["technical", "ml", "hybrid"]
Visibility = Literal["public", "private"]

TAG_PATTERN = r"^[^\s,](?:[^,\n]{0,48}[^\s,])?$"

Tag = Annotated[str, StringConstraints(pattern=TAG_PATTERN)]
"""A word or two to find a strategy by, at most 50 characters, without commas."""


class MetaConfig(Record):
    """What a person reads of a strategy. None of it changes a signal."""

    model_config = ConfigDict(title="Meta")

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        description="What people call the strategy.", examples=["MACD BTC 15m"]
    )
    description: Annotated[str, StringConstraints(max_length=4_000)] = Field(
        default="", description="The idea in a few sentences.", examples=["Enter when MACD crosses above its signal."]
    )
    author: Annotated[str, StringConstraints(max_length=200)] = Field(
        default="", description="Who wrote it.", examples=["Ada"]
    )
    tags: tuple[Tag, ...] = Field(
        default=(), max_length=32, description="Words to find it by.", examples=[["trend", "momentum"]]
    )
    kind: Kind = Field(
        default="technical",
        description="`technical` reads indicators only, `ml` models only, `hybrid` both. A technical strategy declares "
        "no models, the others at least one.",
    )
    visibility: Visibility = Field(
        default="private", description="Whether others may see and follow it. Recorded; nothing enforces it yet."
    )
