"""A watchlist as one document: its assets, and what holds for all that say nothing else."""

from typing import Annotated, Final, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from schemas.faults import Fault, refuse, repeated
from schemas.names import did_you_mean
from schemas.record import Record
from schemas.session import SessionConfig
from schemas.timeframe import Timeframe
from schemas.watchlist import MAX_TIMEFRAMES, AssetConfig, ConsensusConfig, TimeframeConfig
from schemas.watchlist_checks import repeated_timeframes

MAX_ASSETS: Final = 10_000

ProviderName = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class ProviderConfig(Record):
    """What holds for all symbols of one source of candles."""

    model_config = ConfigDict(title="Provider")

    base_timeframe: Timeframe | None = Field(
        default=None, description="The timeframe of its candles, of which every other is made.", examples=["1m"]
    )
    quiet_market: bool = Field(
        default=False, description="No trade makes no candle: a missing candle is no gap, and its bar is complete."
    )
    session: SessionConfig | None = Field(
        default=None, description="When its market is open; without one always, and days are those of UTC."
    )


class WatchlistDocument(Record):
    """A whole watchlist. What an asset says itself goes before what its provider or the document says."""

    model_config = ConfigDict(title="Watchlist")

    providers: dict[ProviderName, ProviderConfig] = Field(
        default_factory=dict,
        max_length=100,
        description="What holds for all symbols of a source, by the name that assets have as `data_provider`.",
    )
    data_provider: ProviderName | None = Field(
        default=None, description="The provider of assets that name none.", examples=["binance"]
    )
    timeframes: tuple[TimeframeConfig, ...] = Field(
        default=(),
        max_length=MAX_TIMEFRAMES,
        description="The timeframes of assets that have none of their own.",
        examples=[["5m", "1h", "1d"]],
    )
    consensus: ConsensusConfig | None = Field(
        default=None,
        description="How strategies are weighed against each other on assets that say nothing of it; without it they "
        "are not.",
    )
    assets: tuple[AssetConfig, ...] = Field(min_length=1, max_length=MAX_ASSETS, description="The symbols.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        symbols = [(asset.symbol, asset.symbol.replace("/", "")) for asset in self.assets]
        refuse(
            [
                *repeated_timeframes([one.name for one in self.timeframes]),
                *repeated("assets", symbols, "symbol"),
                *self._providers(),
            ]
        )
        return self

    def _providers(self) -> list[Fault]:
        """Where there are providers, a name that is none of them is a slip of the pen."""
        if not self.providers:
            return []
        named = [
            (("data_provider",), self.data_provider or ""),
            *((("assets", at, "data_provider"), asset.data_provider) for at, asset in enumerate(self.assets)),
        ]
        known = ", ".join(sorted(self.providers))
        return [
            Fault(place, f"expected one of the providers ({known}), got {name!r}{did_you_mean(name, self.providers)}")
            for place, name in named
            if name and name not in self.providers
        ]

    def defaults_of(self, asset: AssetConfig) -> dict[str, object]:
        """What the document says of an asset where the asset says nothing, by the asset's fields."""
        found: dict[str, object] = {"timeframes": self.timeframes, "consensus": self.consensus}
        name = asset.data_provider if "data_provider" in asset.model_fields_set else self.data_provider or ""
        found["data_provider"] = name
        provider = self.providers.get(name)
        if provider is not None:
            found |= {field: getattr(provider, field) for field in type(provider).model_fields}
        return {field: value for field, value in found.items() if field not in asset.model_fields_set}
