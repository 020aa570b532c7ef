"""What the watchlist and the deployment say of one symbol, as the market needs it."""

from functools import cached_property

from operators.market.grid import Grid, grid_of
from operators.market.parameters import Parameters
from schemas.binding import style_of
from schemas.timeframe import length_of, timeframe_ms
from schemas.trading_style import TradingStyle
from schemas.watchlist import AssetConfig, ConsensusConfig, SessionConfig, WatchlistEntry


class Terms:
    """The terms on which a symbol's candles are worked, from one listing to the next.

    Attributes:
        entry: what the watchlist says of the symbol, if anything.
        exists: whether any symbol is on the watchlist.
        parameters: of the deployment.
    """

    def __init__(self, parameters: Parameters, entry: WatchlistEntry | None = None, *, exists: bool = False) -> None:
        self.parameters = parameters
        self.entry = entry
        self.exists = exists
        self._asset: AssetConfig | None = None if entry is None else entry.asset

    @property
    def base(self) -> str | None:
        """The timeframe of the feed that all is made of, if it is declared."""
        return None if self._asset is None else self._asset.base_timeframe

    @property
    def quiet_market(self) -> bool:
        """Whether a candle that does not come is none that is missing."""
        return self._asset is not None and self._asset.quiet_market

    @property
    def session(self) -> SessionConfig | None:
        """When the market is open; None for always."""
        return None if self._asset is None else self._asset.session

    @property
    def consensus(self) -> ConsensusConfig | None:
        """How the strategies of the symbol are weighed against each other; None where they are not."""
        return None if self._asset is None or not self._asset.enabled else self._asset.consensus

    @cached_property
    def grid(self) -> Grid:
        """Where bars begin and end."""
        return grid_of(self.session)

    def method(self, timeframe: str) -> str:
        """How bars of a timeframe are aggregated."""
        own = None if self._asset is None else self._asset.timeframe(timeframe)
        return "ohlc" if own is None else own.aggregation_method

    def keep(self, timeframe: str) -> int:
        """How many bars of a timeframe are kept for strategies that come later."""
        own = None if self._asset is None else self._asset.timeframe(timeframe)
        return self.parameters.history_bars if own is None or own.buffer_size is None else own.buffer_size

    def style(self, timeframe: str) -> TradingStyle:
        """The trading style of a timeframe."""
        return style_of(timeframe, self._asset)

    def ladder(self, base: str) -> list[str]:
        """The timeframes that are made of this base for every symbol, shortest first."""
        return self._derivable(self.parameters.timeframes, base)

    def kept(self, base: str) -> list[str]:
        """The timeframes that are made of this base whoever asks for them, shortest first."""
        listed = () if self._asset is None else self._asset.enabled_timeframes
        return self._derivable((*self.parameters.timeframes, *listed), base)

    def _derivable(self, timeframes: tuple[str, ...], base: str) -> list[str]:
        longer = {one for one in timeframes if timeframe_ms(one) > timeframe_ms(base)}
        return sorted((one for one in longer if not self.grid.misfit(one, base)), key=length_of)
