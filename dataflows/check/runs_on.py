"""On which timeframes of a symbol a strategy is to be checked: those that it runs on, or the one that is asked for."""

from collections.abc import Sequence

from operators.events import Listing
from operators.market.grid import grid_of
from schemas.binding import binds_symbol, style_of, timeframes_of
from schemas.strategy import ANY, StrategyConfig
from schemas.watchlist import AssetConfig, WatchlistEntry


class RunsOn:
    """What a strategy, a watchlist and whoever asks for a check say together.

    Args:
        config: the strategy.
        symbol: only this one; ``BTC/USDT`` and ``BTCUSDT`` are one.
        timeframe: only this one.
        watchlist: without any there is none.
    """

    def __init__(
        self, config: StrategyConfig, symbol: str | None, timeframe: str | None, watchlist: Sequence[AssetConfig] = ()
    ) -> None:
        self._config = config
        self._symbol = None if symbol is None else symbol.replace("/", "")
        self._timeframe = timeframe
        # Strategies are checked alone, so there is nobody to be weighed against.
        assets = (one.model_copy(update={"consensus": None}) for one in watchlist)
        self._entries = {one.symbol: WatchlistEntry(symbol=one.symbol, asset=one, command="check") for one in assets}

    def wants(self, symbol: str) -> bool:
        """Whether the strategy runs on any timeframe of a symbol, and it is asked for."""
        asset = self._asset(symbol)
        return (
            self._symbol in {None, symbol.replace("/", "")}
            and (asset is None or asset.enabled)
            and binds_symbol(self._config, symbol, listed=asset is not None, exists=bool(self._entries))
        )

    def base(self, symbol: str) -> str | None:
        """The timeframe that the watchlist declares all others of a symbol to be made of; None where it does not."""
        asset = self._asset(symbol)
        return None if asset is None else asset.base_timeframe

    def timeframes(self, symbol: str, base: str) -> tuple[tuple[str, ...], dict[str, str]]:
        """The timeframes to check on a symbol that is wanted, shortest first; and others with why there are no bars.

        One that is asked for need not be on the watchlist, if the strategy has a wildcard or a style that may mean it.
        """
        config, asset, asked = self._config, self._asset(symbol), self._timeframe
        bound = timeframes_of(config, symbol, self._entries.get(symbol), bool(self._entries), base)
        if asked is not None:
            may_mean = not {asked, ANY, style_of(asked, asset)}.isdisjoint(config.timeframes)
            bound = (asked,) if asked in bound or may_mean else ()
        grid = grid_of(None if asset is None else asset.session)
        misfits = {one: grid.misfit(one, base) for one in bound if one != base}
        return tuple(one for one in bound if not misfits.get(one)), {one: why for one, why in misfits.items() if why}

    def listing(self, symbol: str) -> Listing | None:
        """What the engine is told of a symbol before its first candle; None where there is no watchlist."""
        return Listing(symbol, self._entries.get(symbol), exists=True) if self._entries else None

    def _asset(self, symbol: str) -> AssetConfig | None:
        entry = self._entries.get(symbol)
        return None if entry is None else entry.asset
