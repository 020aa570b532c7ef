"""A file of candles as the feed of one symbol: what a strategy and the watchlist say first, then its candles."""

from collections.abc import Callable, Collection, Iterator, Sequence

from dataflows.candle_reader import CandleReader
from dataflows.errors import CandelabraError
from dataflows.explain.run import Event
from operators.control.fanout import Fanout
from operators.control.registry import Registry
from operators.events import CandleBatch
from operators.strategy.catalog import Catalog
from operators.strategy.runnable import unrunnable
from schemas.candle_row import CandleRow, is_candle
from schemas.lifecycle import DesiredState, StrategyVersion
from schemas.names import did_you_mean
from schemas.problems import Problem, StrategyFileError, WatchlistFileError
from schemas.strategy import StrategyConfig
from schemas.watchlist import AssetConfig, WatchlistEntry

_SHOWN = 10
"""Symbols that an error names."""


class NoSymbol(CandelabraError):
    """There are no candles of a symbol; ``seen`` are those that there are candles of."""

    def __init__(self, where: str, symbol: str, seen: Collection[str]) -> None:
        super().__init__(no_symbol(where, symbol, list(seen)))
        self.seen = seen


def file_feed(
    reader: CandleReader,
    config: StrategyConfig,
    symbol: str,
    *,
    watchlist: Sequence[AssetConfig] = (),
    progress: Callable[[int], None] = lambda _rows: None,
) -> Iterator[list[Event]]:
    """The candles of one symbol, in file order, as a replay of the strategy alone would see them.

    ``BTC/USDT`` and ``BTCUSDT`` are one symbol.

    Raises:
        StrategyFileError: the strategy cannot run.
        WatchlistFileError: what is said of a symbol cannot be carried out.
        NoSymbol: the file has no candle of the symbol.
    """
    fanout = Fanout(registry_of(config, watchlist))
    bare, seen, found = symbol.replace("/", ""), dict[str, None](), ""
    number = 0
    for batch in reader.batches():
        rows: list[CandleRow] = []
        for row in batch:
            if row[0] == found or (not found and row[0].replace("/", "") == bare):
                found = row[0]
                if is_candle(row):
                    rows.append(row)
        seen.update(dict.fromkeys(row[0] for row in batch if row[0]))
        progress(len(batch))
        if rows:
            offsets = range(number, number + len(rows))
            yield [*fanout.symbol(found), CandleBatch(found, reader.name, 0, rows, offsets, [None] * len(rows))]
            number += len(rows)
    if not found:
        raise NoSymbol(reader.name, symbol, seen)


def no_symbol(where: str, symbol: str, seen: Sequence[str] | dict[str, None]) -> str:
    """What to say where there is no candle of a symbol, with those that there are."""
    named = list(seen)
    more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    have = ", ".join(named[:_SHOWN]) + more if named else "none at all"
    return f"{where} has no candles of {symbol!r}{did_you_mean(symbol, named)}: it has those of {have}"


def registry_of(config: StrategyConfig, watchlist: Sequence[AssetConfig]) -> Registry:
    """What is said before the first candle: the strategy runs, and the watchlist is as given.

    Raises:
        StrategyFileError: the strategy cannot run.
        WatchlistFileError: what is said of a symbol cannot be carried out.
    """
    registry = Registry(Catalog())
    cannot: list[Problem] = unrunnable(config)
    if cannot:
        raise StrategyFileError(config.id, cannot)
    registry.apply(StrategyVersion(strategy=config.id, version=1, config=config.as_sent()))
    registry.apply(DesiredState(strategy=config.id, version=1, state="running", command="explain"))
    for asset in watchlist:
        listed = registry.apply(WatchlistEntry(symbol=asset.symbol, asset=asset, command="explain"))
        if listed.refusal:
            raise WatchlistFileError(asset.symbol, [Problem("", listed.refusal)])
    return registry
