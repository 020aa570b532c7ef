"""The candles of all symbols of a strategy whose positions are counted together, for one that is asked about."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heapify, heappop, heapreplace

from dataflows.candle_reader import CandleReader
from dataflows.explain.file_feed import NoSymbol, registry_of
from dataflows.explain.run import Event
from operators.control.fanout import Fanout
from operators.events import CandleBatch
from schemas.candle_row import CandleRow, is_candle
from schemas.strategy import StrategyConfig
from schemas.timeframe import timeframe_ms
from schemas.watchlist import AssetConfig


def are_counted(config: StrategyConfig, symbol: str) -> bool:
    """Whether positions on a symbol count together with those on the others that a strategy names."""
    return symbol.replace("/", "") in config.counted_together


def newest_close(events: Iterable[Event]) -> int:
    """When the last of the candles closes, in milliseconds; 0 where there is none."""
    batches = (one for one in events if isinstance(one, CandleBatch))
    return max((row[2] + timeframe_ms(row[1]) for batch in batches for row in batch.rows), default=0)


class FileTogether:
    """A file as the feed of all symbols that a strategy counts together, in file order; it is read once.

    Each list of events is of one symbol. Arguments as those of ``file_feed``.

    Attributes:
        seen: the symbols of which there were candles so far.
    """

    def __init__(
        self,
        reader: CandleReader,
        config: StrategyConfig,
        symbol: str,
        *,
        watchlist: Sequence[AssetConfig] = (),
        progress: Callable[[int], None] = lambda _rows: None,
    ) -> None:
        self.seen: dict[str, None] = {}
        self._reader = reader
        self._config = config
        self._symbol = symbol
        self._fanout = Fanout(registry_of(config, watchlist))
        self._progress = progress

    def __iter__(self) -> Iterator[list[Event]]:
        """Symbol by symbol, batch by batch.

        Raises:
            NoSymbol: the file has no candle of the symbol that is asked about.
        """
        named, numbers = self._config.counted_together, dict[str, int]()
        spelled: dict[str, str] = {}  # as its first row writes it
        for batch in self._reader.batches():
            self.seen.update(dict.fromkeys(row[0] for row in batch if row[0]))
            for name in self.seen:
                bare = name.replace("/", "")
                if bare in named:
                    spelled.setdefault(bare, name)
            rows: dict[str, list[CandleRow]] = {name: [] for name in spelled.values()}
            for row in batch:
                if row[0] in rows and is_candle(row):
                    rows[row[0]].append(row)
            self._progress(len(batch))
            for name, own in rows.items():
                if own:
                    first = numbers.get(name, 0)
                    numbers[name] = first + len(own)
                    offsets, payloads = range(first, first + len(own)), [None] * len(own)
                    yield [*self._fanout.symbol(name), CandleBatch(name, self._reader.name, 0, own, offsets, payloads)]
        if self._symbol.replace("/", "") not in spelled:
            raise NoSymbol(self._reader.name, self._symbol, self.seen)


class MergedFeeds:
    """Feeds of one symbol each as one: that which is furthest behind in event time goes on, so little is held back.

    One whose symbol has no candles brings nothing; which ones there are is ``seen`` then.

    Args:
        asked: that of the symbol that is asked about.
        others: the rest.
        until: a feed whose candles close later, in milliseconds, is not read on.
    """

    def __init__(self, asked: Iterable[list[Event]], others: Iterable[Iterable[list[Event]]], *, until: int) -> None:
        self.seen: dict[str, None] = {}
        self._feeds = [asked, *others]
        self._until = until

    def __iter__(self) -> Iterator[list[Event]]:
        """Batch by batch.

        Raises:
            NoSymbol: there is no candle of the symbol that is asked about.
        """
        behind = [(0, place, iter(feed)) for place, feed in enumerate(self._feeds)]
        heapify(behind)
        while behind:
            newest, place, feed = behind[0]
            if newest > self._until:
                return
            try:
                events = next(feed, None)
            except NoSymbol as none:
                if not place:
                    raise
                self.seen.update(dict.fromkeys(none.seen))
                events = None
            if events is None:
                heappop(behind)
                continue
            heapreplace(behind, (max(newest, newest_close(events)), place, feed))
            yield events
