"""Which candles a strategy is checked on: the first of each series that it is for."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import TypeAdapter, ValidationError

from dataflows.candle_reader import CandleReader
from dataflows.errors import CandleFileError
from schemas.candle import candle_problem
from schemas.candle_row import CandleRow
from schemas.record import Symbol
from schemas.strategy import StrategyConfig

Key = tuple[str, str]
"""Symbol and timeframe."""

_SYMBOL = TypeAdapter[str](Symbol)


@dataclass
class Series:
    """Candles of one symbol and timeframe, in order, without gaps filled.

    Attributes:
        most: how many candles to take.
        rows: the candles that the engine would take.
        passed_over: rows that it would not: no candles, repeated, or out of order.
        more: whether the file holds candles beyond these.
    """

    symbol: str
    timeframe: str
    most: int
    rows: list[CandleRow] = field(default_factory=list)
    passed_over: int = 0
    more: bool = False

    @property
    def name(self) -> str:
        """As people write it."""
        return f"{self.symbol} {self.timeframe}"


@dataclass
class Chosen:
    """The series to check, and those of the strategy that were left out because there are enough."""

    series: list[Series]
    left_out: list[str]


def choose(  # noqa: PLR0913  # what to read, for whom, and how much of it
    reader: CandleReader,
    config: StrategyConfig,
    *,
    symbol: str | None = None,
    timeframe: str | None = None,
    most_series: int,
    most_candles: Callable[[str], int],
    progress: Callable[[int], None] = lambda _rows: None,
) -> Chosen:
    """The first candles of the first ``most_series`` series that the strategy is for.

    Args:
        reader: where the candles are.
        config: whose ``symbols`` and ``timeframes`` count.
        symbol: only this one; ``BTC/USDT`` and ``BTCUSDT`` are one.
        timeframe: only this one.
        most_series: how many series, at most.
        most_candles: how many candles of a series of this timeframe, at most.
        progress: told how many more rows were read.

    Raises:
        CandleFileError: the file cannot be read, or holds no candle for this strategy.
    """
    found = _Found(config, symbol, timeframe, most_series, most_candles)
    for batch in reader.batches():
        for row in batch:
            found.take(row)
        progress(len(batch))
        if found.enough:
            break
    taken = [one for one in found.series.values() if one.rows]
    if not taken:
        raise CandleFileError(_nothing(reader.name, config, symbol, timeframe, list(found.wanted)))
    return Chosen(taken, [" ".join(key) for key in found.left_out])


class _Found:
    """What has been read so far."""

    def __init__(
        self,
        config: StrategyConfig,
        symbol: str | None,
        timeframe: str | None,
        most_series: int,
        most_candles: Callable[[str], int],
    ) -> None:
        self.series: dict[Key, Series] = {}
        self.left_out: dict[Key, None] = {}
        self.wanted: dict[Key, bool] = {}
        self._config = config
        self._symbol = symbol
        self._timeframe = timeframe
        self._most_series = most_series
        self._most_candles = most_candles

    @property
    def enough(self) -> bool:
        """Whether nothing that comes can be taken any more."""
        return len(self.series) >= self._most_series and all(one.more for one in self.series.values())

    def take(self, row: CandleRow) -> None:
        """One row more."""
        key = row[0], row[1]
        wanted = self.wanted.get(key)
        if wanted is None:
            wanted = self.wanted[key] = self._wants(*key)
        if not wanted:
            return
        one = self.series.get(key)
        if one is None:
            if len(self.series) >= self._most_series:
                self.left_out[key] = None
                return
            one = self.series[key] = Series(*key, most=self._most_candles(row[1]))
        if len(one.rows) >= one.most:
            one.more = True
        elif _is_next(one, row):
            one.rows.append(row)
        else:
            one.passed_over += 1

    def _wants(self, symbol: str, timeframe: str) -> bool:
        return (
            _is_symbol(symbol)
            and (self._symbol is None or symbol.replace("/", "") == self._symbol.replace("/", ""))
            and self._timeframe in {None, timeframe}
            and self._config.binds(symbol, timeframe)
        )


def _is_next(series: Series, row: CandleRow) -> bool:
    """Whether the engine would take the row."""
    try:
        problem = candle_problem(row[1], *row[2:8])
    except ValueError:  # no such timeframe
        return False
    return problem is None and (not series.rows or row[2] > series.rows[-1][2])


def _is_symbol(text: str) -> bool:
    try:
        _SYMBOL.validate_python(text, strict=True)
    except ValidationError:
        return False
    return True


def _nothing(
    name: str, config: StrategyConfig, symbol: str | None, timeframe: str | None, seen: list[tuple[str, str]]
) -> str:
    narrowed = " ".join(one for one in (symbol, timeframe) if one is not None)
    only = f", asked for {narrowed} only" if narrowed else ""
    holds = ", ".join(f"{one} {length}" for one, length in seen[:10]) or "no candles"
    return (
        f"{name}: expected candles of {', '.join(config.symbols[:10])} on {', '.join(config.timeframes)}, which "
        f"{config.id} is for{only}; the file holds {holds}{' and more' if len(seen) > 10 else ''}"  # noqa: PLR2004  # as many as a person reads
    )
