"""The watchlist: which symbols the engine watches, in which timeframes, and how their bars are made."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator

from schemas.correlation import Duration, Weights, Windows
from schemas.faults import refuse
from schemas.lifecycle import Author, CommandId, Why
from schemas.record import Record, Symbol, UtcTime
from schemas.session import SessionConfig
from schemas.timeframe import Timeframe, length_of
from schemas.trading_style import TradingStyle, default_style
from schemas.units import unit
from schemas.watchlist_checks import asset_faults

__all__ = [
    "AggregationMethod",
    "AssetConfig",
    "ConsensusConfig",
    "SessionConfig",
    "TimeframeConfig",
    "WatchlistEntry",
]

AggregationMethod = Literal["ohlc", "vwap", "typical"]

WATCHLIST_KEY: Final = "watchlist:"
"""What the keys of entries begin with; no strategy's id has a colon."""

LEAST_BUFFER: Final = 64
GREATEST_BUFFER: Final = 65_536
MAX_TIMEFRAMES: Final = 32


def _usual_style(fields: dict[str, Any]) -> TradingStyle:
    """The style that follows from the name; any, where the name was refused."""
    return default_style(fields["name"]) if "name" in fields else "day"


class TimeframeConfig(Record):
    """One timeframe of a symbol."""

    model_config = ConfigDict(title="Timeframe")

    name: Timeframe = Field(description="The timeframe: a count and one of s, m, h, d, w.", examples=["5m"])
    trading_style: TradingStyle = Field(
        default_factory=_usual_style,
        description="Strategies bind to it by this: below 1h `day`, below 1d `swing`, from there `position`, unless it "
        "says otherwise.",
    )
    update_frequency_seconds: int | None = Field(
        default=None,
        ge=1,
        le=31_622_400,
        description="How often its author wants it looked at. Recorded; the engine works at every close.",
        json_schema_extra=unit("seconds"),
    )
    enabled: bool = Field(default=True, description="Whether `*` and a style mean it too.")
    buffer_size: int | None = Field(
        default=None,
        ge=LEAST_BUFFER,
        le=GREATEST_BUFFER,
        description="Bars that are kept for strategies that come later; without one as many as the deployment keeps.",
        json_schema_extra=unit("bars"),
    )
    aggregation_method: AggregationMethod = Field(
        default="ohlc",
        description="What the close of a bar is: the last price, the volume-weighted mean of typical prices, or the "
        "typical price of the bar, (high + low + close) / 3.",
    )


class ConsensusConfig(Record):
    """How the strategies on one symbol are weighed against each other."""

    model_config = ConfigDict(title="Consensus")

    windows: Windows = Field(
        default_factory=dict,
        description="The window of each trading style. By default `day` 1h every 1m, `swing` 1d every 15m, `position` "
        "1w every 1h.",
    )
    weights: Weights = Field(
        default_factory=dict, description="How much a timeframe counts; by default more for a longer one."
    )
    minimum_strategies: int = Field(
        default=2,
        ge=1,
        le=10_000,
        description="Strategies that need to have a say.",
        json_schema_extra=unit("strategies"),
    )
    minimum_agreement: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Weight of the heavier side by that of both; below it nothing is sent.",
        json_schema_extra=unit("0 to 1"),
    )
    cool_down: Duration | None = Field(
        default=None, description="After a consensus none of the same style and side is sent for so long."
    )
    top: int | None = Field(
        default=None, ge=1, le=100, description="At most so many strategies of a side are listed, the heaviest."
    )


class AssetConfig(Record):
    """One symbol of the watchlist."""

    model_config = ConfigDict(title="Asset")

    symbol: Symbol = Field(description="The instrument's name as the feed has it.", examples=["BTCUSDT"])
    enabled: bool = Field(default=True, description="If not, no strategy runs on it, whatever it names.")
    data_provider: Annotated[str, StringConstraints(max_length=100)] = Field(
        default="",
        description="Where its candles come from: one of `providers`, where there are any.",
        examples=["binance"],
    )
    timeframes: tuple[TimeframeConfig, ...] = Field(
        default=(),
        max_length=MAX_TIMEFRAMES,
        description="Timeframes that `*` and styles mean here; without any, the base timeframe.",
        examples=[["5m", "1h", "1d"]],
    )
    priority: int = Field(default=1, ge=1, le=1_000, description="For people and lists: 1 comes first.")
    asset_type: Annotated[str, StringConstraints(min_length=1, max_length=40)] = Field(
        default="stock", description="What it is, in a word.", examples=["stock", "crypto"]
    )
    last_updated: UtcTime | None = Field(default=None, description="When this was last changed; informational.")
    base_timeframe: Timeframe | None = Field(
        default=None,
        description="The timeframe of the feed that every other is made of; without one the finest that comes.",
        examples=["1m"],
    )
    quiet_market: bool = Field(
        default=False, description="No trade makes no candle: a missing candle is no gap, and its bar is complete."
    )
    session: SessionConfig | None = Field(
        default=None, description="When the market is open; without one always, and days are those of UTC."
    )
    consensus: ConsensusConfig | None = Field(
        default=None, description="How strategies are weighed against each other here; without one they are not."
    )

    @field_validator("timeframes", mode="before")
    @classmethod
    def _in_any_shape(cls, given: object) -> object:
        """A list of names, or an object of timeframes by name, is one of timeframes with names."""
        if isinstance(given, Mapping):
            return tuple(_named(name, one) for name, one in given.items())
        if isinstance(given, list | tuple):
            return tuple({"name": one} if isinstance(one, str) else one for one in given)
        return given

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        refuse(asset_faults(self))
        return self

    @property
    def enabled_timeframes(self) -> tuple[str, ...]:
        """The names of the timeframes that are enabled, shortest first."""
        enabled = [one.name for one in self.timeframes if one.enabled]
        return tuple(sorted(enabled, key=length_of))

    def timeframe(self, name: str) -> TimeframeConfig | None:
        """What is set for one timeframe, enabled or not; None where nothing is."""
        return next((one for one in self.timeframes if one.name == name), None)

    def canonical_json(self) -> str:
        """The same text for the same asset: sorted keys, no spaces, defaults written out."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), allow_nan=False)


class WatchlistEntry(Record):
    """What the watchlist says of one symbol. Key on ``control``: ``watchlist:SYMBOL``; the newest one counts.

    ``asset`` is None where the symbol was taken off. It takes effect at the first candle of the symbol whose close time
    is after ``effective_from`` (event time), or at the very next one without it. ``author``, ``issued_at`` (UTC, the
    sender's clock) and ``reason`` are for people; nothing is decided by them.
    """

    symbol: Symbol
    asset: AssetConfig | None
    effective_from: UtcTime | None = None
    command: CommandId
    author: Author = ""
    issued_at: UtcTime | None = None
    reason: Why = ""

    @model_validator(mode="after")
    def _speaks_of_one_symbol(self) -> Self:
        if self.asset is not None and self.asset.symbol != self.symbol:
            raise ValueError(f"expected an asset of {self.symbol!r}, got one of {self.asset.symbol!r}")
        return self

    @property
    def key(self) -> str:
        """The record's key on the control topic."""
        return f"{WATCHLIST_KEY}{self.symbol}"


def _named(name: object, given: object) -> object:
    if not isinstance(given, Mapping):
        return given
    if given.get("name", name) != name:
        raise ValueError(f"expected the name {name!r} here, got {given['name']!r}")
    return {**given, "name": name}
