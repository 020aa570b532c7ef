"""Which series a strategy runs on: what it names, and what the watchlist makes of wildcards."""

from fnmatch import fnmatchcase

from schemas.strategy import ANY, StrategyConfig
from schemas.timeframe import length_of
from schemas.trading_style import TRADING_STYLES, TradingStyle, default_style
from schemas.watchlist import AssetConfig, WatchlistEntry


def timeframes_of(
    config: StrategyConfig,
    symbol: str,
    entry: WatchlistEntry | None,
    exists: bool,  # noqa: FBT001  # one of what is known of a symbol, all given in order
    base: str | None,
) -> tuple[str, ...]:
    """The timeframes that a strategy runs on for one symbol, shortest first; empty where it does not run there.

    Args:
        config: the strategy.
        symbol: the symbol as the feed has it.
        entry: what the watchlist says of it, if anything.
        exists: whether any symbol is on the watchlist.
        base: the symbol's base timeframe; None while it is not known.
    """
    asset = None if entry is None else entry.asset
    if asset is not None and not asset.enabled:
        return ()
    if not binds_symbol(config, symbol, listed=asset is not None, exists=exists):
        return ()
    offered = _offered(asset, base)
    found: set[str] = set()
    for wanted in config.timeframes:
        if wanted == ANY:
            found.update(offered)
        elif wanted in TRADING_STYLES:
            found.update(timeframe for timeframe in offered if style_of(timeframe, asset) == wanted)
        else:
            found.add(wanted)
    return tuple(sorted(found, key=length_of))


def binds_symbol(config: StrategyConfig, symbol: str, *, listed: bool, exists: bool) -> bool:
    """Whether a strategy means a symbol; the slash of ``BTC/USDT`` does not count.

    A name means its symbol. A pattern means those of the watchlist that it matches (``listed``: this is one), or, while
    no watchlist ``exists``, all of the feed that it matches.
    """
    bare = symbol.replace("/", "")
    for own in config.symbols:
        if "*" in own or "?" in own:
            if (listed or not exists) and fnmatchcase(bare, own.replace("/", "")):
                return True
        elif own.replace("/", "") == bare:
            return True
    return False


def style_of(timeframe: str, asset: AssetConfig | None) -> TradingStyle:
    """The trading style of a timeframe of a symbol: as the watchlist has it, else by its length."""
    own = None if asset is None else asset.timeframe(timeframe)
    return default_style(timeframe) if own is None else own.trading_style


def _offered(asset: AssetConfig | None, base: str | None) -> tuple[str, ...]:
    """What ``*`` stands for."""
    if asset is not None and asset.timeframes:
        return asset.enabled_timeframes
    return () if base is None else (base,)
