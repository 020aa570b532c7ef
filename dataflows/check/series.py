"""Which candles a strategy is checked on: the first of each symbol, and the timeframes that it runs on there."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from pydantic import TypeAdapter, ValidationError

from dataflows.candle_reader import CandleReader
from dataflows.check.runs_on import RunsOn
from dataflows.errors import CandleFileError
from operators.events import Listing
from schemas.candle_row import CandleRow, is_candle
from schemas.record import Symbol
from schemas.strategy import StrategyConfig
from schemas.timeframe import timeframe_ms
from schemas.watchlist import AssetConfig

_SYMBOL = TypeAdapter[str](Symbol)
_OPEN_TIME = itemgetter(2)


@dataclass
class Series:
    """A timeframe of one symbol, and the base candles that its bars are made of, in order, without gaps filled.

    Attributes:
        symbol: as the file has it.
        timeframe: of the bars on which the strategy runs.
        base: of the candles.
        rows: the candles that the engine would take.
        passed_over: rows that it would make no bar of: no candles, repeated, out of order, or of another timeframe.
        more: whether the file holds candles beyond these.
        listing: what the watchlist says of the symbol; None where there is no watchlist.
    """

    symbol: str
    timeframe: str
    base: str
    rows: list[CandleRow]
    passed_over: int = 0
    more: bool = False
    listing: Listing | None = None

    @property
    def name(self) -> str:
        """As people write it."""
        return f"{self.symbol} {self.timeframe}"

    def cut(self, first: int = 0, stop: int | None = None) -> "Series":
        """The same with the candles from one on, up to before another."""
        return replace(self, rows=self.rows[first:stop])

    def row_at(self, time: int) -> int:
        """The first candle that opens at this instant or later, in milliseconds."""
        return bisect_left(self.rows, time, key=_OPEN_TIME)

    def row_that_closes(self, time: int) -> int:
        """The candle with which a bar is closed that ends at this instant: the first that closes then or later."""
        return self.row_at(time - timeframe_ms(self.base))


def longer(series: Series) -> str:
    """What to do about too few candles."""
    return "check more candles of the file" if series.more else "give a longer file"


@dataclass
class Chosen:
    """The series to check; and those that were left out because there are enough, or no bar of them can be made."""

    series: list[Series]
    left_out: list[str]


def choose(  # noqa: PLR0913  # what to read, for whom, and how much of it
    reader: CandleReader,
    config: StrategyConfig,
    *,
    symbol: str | None = None,
    timeframe: str | None = None,
    watchlist: Sequence[AssetConfig] = (),
    most_series: int,
    most_candles: Callable[[str, str], int],
    progress: Callable[[int], None] = lambda _rows: None,
) -> Chosen:
    """The first candles of the first ``most_series`` series that the strategy runs on.

    All timeframes of a symbol are made of one, as the engine does: the base, which is what the watchlist declares, else
    that of the symbol's first candle, or of the second one where that is finer.

    Args:
        reader: where the candles are.
        config: whose ``symbols`` and ``timeframes`` count.
        symbol: only this one; ``BTC/USDT`` and ``BTCUSDT`` are one.
        timeframe: only this one, which a wildcard or a style of the strategy may mean.
        watchlist: what wildcards and styles mean; without any, the base of each symbol.
        most_series: how many series, at most.
        most_candles: how many candles to take at most, for a timeframe and its base.
        progress: told how many more rows were read.

    Raises:
        CandleFileError: the file cannot be read, or holds no candle for this strategy.
    """
    found = _Found(RunsOn(config, symbol, timeframe, watchlist), most_series, most_candles)
    for batch in reader.batches():
        for row in batch:
            found.take(row)
        progress(len(batch))
        if found.enough:
            break
    chosen = found.chosen()
    if not chosen.series:
        raise CandleFileError(_nothing(reader.name, config, symbol, timeframe, found, chosen.left_out))
    return chosen


class _Found:
    """What has been read so far."""

    def __init__(self, runs_on: RunsOn, most_series: int, most_candles: Callable[[str, str], int]) -> None:
        self.seen: dict[tuple[str, str], None] = {}
        self._runs_on = runs_on
        self._most_series = most_series
        self._most_candles = most_candles
        self._feeds: dict[str, _Feed | None] = {}

    @property
    def enough(self) -> bool:
        """Whether nothing that comes can be taken any more."""
        feeds = self._taken
        return sum(len(one.most) for one in feeds) >= self._most_series and all(one.more for one in feeds)

    @property
    def _taken(self) -> list["_Feed"]:
        return [one for one in self._feeds.values() if one is not None and not one.idle]

    def take(self, row: CandleRow) -> None:
        """One row more."""
        symbol = row[0]
        if symbol:
            self.seen[symbol, row[1]] = None
        if symbol not in self._feeds:
            wanted = _is_symbol(symbol) and self._runs_on.wants(symbol)
            idle = sum(len(one.most) for one in self._taken) >= self._most_series
            self._feeds[symbol] = _Feed(symbol, self._runs_on, self._most_candles, idle=idle) if wanted else None
        feed = self._feeds[symbol]
        if feed is not None:
            feed.take(row)

    def chosen(self) -> Chosen:
        """The series, each with its own share of its symbol's candles."""
        found = Chosen([], [])
        for feed in filter(None, self._feeds.values()):
            for timeframe, most in feed.most.items():
                if len(found.series) < self._most_series and feed.rows:
                    found.series.append(
                        Series(
                            feed.symbol,
                            timeframe,
                            feed.base,
                            feed.rows[:most],
                            feed.passed_over,
                            more=feed.more or len(feed.rows) > most,
                            listing=self._runs_on.listing(feed.symbol),
                        )
                    )
                else:
                    found.left_out.append(f"{feed.symbol} {timeframe}")
            found.left_out += [f"{feed.symbol} {one} ({why})" for one, why in feed.misfits.items()]
        return found


class _Feed:
    """The candles of one symbol. An idle one only finds out what is left out."""

    def __init__(
        self, symbol: str, runs_on: RunsOn, most_candles: Callable[[str, str], int], *, idle: bool = False
    ) -> None:
        self.symbol = symbol
        self.idle = idle
        self.base = ""
        self.rows: list[CandleRow] = []
        self.passed_over = 0
        self.most: dict[str, int] = {}
        self.misfits: dict[str, str] = {}
        self._runs_on = runs_on
        self._most_candles = most_candles
        self._longest = 0
        self._count = 0
        declared = runs_on.base(symbol)
        self._settled = declared is not None
        if declared is not None:
            self._begin(declared)

    @property
    def more(self) -> bool:
        """Whether there was a candle beyond those that are taken."""
        return self._count > self._longest

    def take(self, row: CandleRow) -> None:
        """One row more of this symbol."""
        if self.idle and self.base:
            return
        if not is_candle(row):
            self.passed_over += 1
            return
        timeframe = row[1]
        if timeframe != self.base and not self._settled and self._is_finer(timeframe):
            self._begin(timeframe)
        if timeframe != self.base or (self.rows and row[2] <= self.rows[-1][2]):
            self.passed_over += not self.more
            return
        self._count += 1
        self._settled |= self._count > 1
        if not self.more:
            self.rows.append(row)

    def _is_finer(self, timeframe: str) -> bool:
        return not self.base or timeframe_ms(timeframe) < timeframe_ms(self.base)

    def _begin(self, base: str) -> None:
        """From now on all is made of candles of this timeframe."""
        self.base, self.rows, self._count = base, [], 0
        fitting, self.misfits = self._runs_on.timeframes(self.symbol, base)
        self.most = {timeframe: self._most_candles(timeframe, base) for timeframe in fitting}
        self._longest = max(self.most.values(), default=0)


def _is_symbol(text: str) -> bool:
    try:
        _SYMBOL.validate_python(text, strict=True)
    except ValidationError:
        return False
    return True


def _nothing(  # noqa: PLR0913, PLR0917  # where, for whom, and what there was
    name: str,
    config: StrategyConfig,
    symbol: str | None,
    timeframe: str | None,
    found: _Found,
    left_out: Sequence[str],
) -> str:
    narrowed = " ".join(one for one in (symbol, timeframe) if one is not None)
    only = f", asked for {narrowed} only" if narrowed else ""
    seen = list(found.seen)
    holds = ", ".join(f"{one} {length}" for one, length in seen[:10]) or "no candles"
    more = " and more" if len(seen) > 10 else ""  # noqa: PLR2004  # as many as a person reads
    cannot = f"; there cannot be {', '.join(left_out[:3])}" if left_out else ""
    return (
        f"{name}: expected candles of {', '.join(config.symbols[:10])} on {', '.join(config.timeframes)}, which "
        f"{config.id} is for{only}; the file holds {holds}{more}{cannot}"
    )
