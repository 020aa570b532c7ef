"""How signals of several timeframes are weighed together: windows, weights and filters, as data."""

from collections.abc import Mapping
from math import log10
from typing import Annotated, Final, NamedTuple, Protocol, Self

from pydantic import ConfigDict, Field, model_validator

from schemas.record import Record
from schemas.timeframe import Timeframe, timeframe_ms
from schemas.trading_style import TradingStyle
from schemas.units import unit

Duration = Timeframe
"""A length of time, written as timeframes are: ``90s``, ``15m``, ``1d``."""

TimeframeWeight = Annotated[float, Field(ge=0.001, le=1_000_000)]

MAX_WINDOW_MS: Final = timeframe_ms("53w")
"""Signals are kept for as long as the longest window."""

MAX_STEPS: Final = 10_000
"""A window moves at least by this part of its length."""

_MINUTE_MS: Final = 60_000
_LEAST_WEIGHT: Final = 0.25
_DIGITS: Final = 3

_DURATION = unit("a count and one of s, m, h, d, w")


class WindowConfig(Record):
    """A sliding window: ``length`` long, worked ``every`` so often."""

    model_config = ConfigDict(title="Window")

    length: Duration = Field(
        description="How far back a signal counts; at most 53w.", examples=["1h"], json_schema_extra=_DURATION
    )
    every: Duration = Field(
        description="How far the window moves each time; a whole part of the length, at least a ten-thousandth.",
        examples=["1m"],
        json_schema_extra=_DURATION,
    )
    half_life: Duration | None = Field(
        default=None,
        description="The age at which a signal counts half; half the length where it is not given.",
        examples=["20m"],
        json_schema_extra=_DURATION,
    )

    @model_validator(mode="after")
    def _moves_by_whole_parts(self) -> Self:
        length, every = timeframe_ms(self.length), timeframe_ms(self.every)
        if length > MAX_WINDOW_MS:
            raise ValueError(f"expected a length of at most 53w, got {self.length}")
        if length % every:
            raise ValueError(f"expected every to be a whole part of the length ({self.length}), got {self.every}")
        if length // every > MAX_STEPS:
            raise ValueError(
                f"expected every to be at least a {MAX_STEPS:,}th of the length ({self.length}), got {self.every}"
            )
        return self


Windows = Annotated[dict[TradingStyle, WindowConfig], Field(max_length=3)]
Weights = Annotated[dict[Timeframe, TimeframeWeight], Field(max_length=64)]


class CorrelationConfig(Record):
    """Whether and how the signals of a strategy's timeframes on one symbol become composites.

    The highest timeframe of a style speaks first; lower ones support or oppose it. What comes of it is in
    ``schemas.composite`` and ``schemas.composite_confidence``.
    """

    model_config = ConfigDict(title="Correlation")

    enabled: bool = Field(default=True, description="Whether composites are made at all.")
    windows: Windows = Field(
        default_factory=dict,
        description="The window of each trading style. By default `day` 1h every 1m, `swing` 1d every 15m, `position` "
        "1w every 1h.",
        examples=[{"day": {"length": "2h", "every": "5m"}}],
    )
    weights: Weights = Field(
        default_factory=dict,
        description="How much a timeframe counts. By default more for a longer one: 1m 1, 5m 1.699, 1h 2.778, 1d "
        "4.158.",
        examples=[{"1h": 2, "1d": 4}],
    )
    conflict_penalty: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="How much of the confidence an opposition of full strength takes away.",
        json_schema_extra=unit("0 to 1"),
    )
    minimum_supporting: int = Field(
        default=1,
        ge=0,
        le=63,
        description="A composite that fewer lower timeframes support is not sent; 0 also sends a signal that stands "
        "alone.",
    )
    minimum_confidence: float = Field(
        default=0.0, ge=0, le=1, description="Composites below it are not sent.", json_schema_extra=unit("0 to 1")
    )
    cool_down: Duration | None = Field(
        default=None,
        description="After a composite none of the same style and side is sent for so long.",
        examples=["1h"],
        json_schema_extra=_DURATION,
    )
    one_per_window: bool = Field(
        default=True,
        description="Only the highest timeframe of a style that has a signal makes a composite; if not, each does.",
    )
    top: int | None = Field(
        default=None,
        ge=1,
        le=100,
        description="Of the composites at one instant on one symbol, at most so many are sent: the most confident.",
    )


class Windowed(Protocol):
    """A configuration that has windows."""

    @property
    def windows(self) -> dict[TradingStyle, WindowConfig]:
        """The windows that were set, by style."""


class Window(NamedTuple):
    """A style's window in milliseconds, with nothing left open."""

    length_ms: int
    every_ms: int
    half_life_ms: int


DEFAULT_WINDOWS: Final[Mapping[TradingStyle, WindowConfig]] = {
    "day": WindowConfig(length="1h", every="1m"),
    "swing": WindowConfig(length="1d", every="15m"),
    "position": WindowConfig(length="1w", every="1h"),
}


def window_of(config: Windowed, style: TradingStyle) -> Window:
    """The window of a style: the one that was set, else the default; a half life that was not set is half the length.

    >>> window_of(CorrelationConfig(), "day")
    Window(length_ms=3600000, every_ms=60000, half_life_ms=1800000)
    """
    chosen = config.windows.get(style) or DEFAULT_WINDOWS[style]
    length = timeframe_ms(chosen.length)
    half_life = length // 2 if chosen.half_life is None else timeframe_ms(chosen.half_life)
    return Window(length, timeframe_ms(chosen.every), half_life)


def weight_of(timeframe: str, weights: Mapping[str, float]) -> float:
    """How much a timeframe counts: what was set, else 1 + log10(minutes), rounded to 3 digits and at least 0.25.

    >>> weight_of("1m", {}), weight_of("10m", {}), weight_of("1h", {"1h": 9.0})
    (1.0, 2.0, 9.0)
    """
    given = weights.get(timeframe)
    if given is not None:
        return given
    return round(max(_LEAST_WEIGHT, 1 + log10(timeframe_ms(timeframe) / _MINUTE_MS)), _DIGITS)
