"""Every timeframe of one symbol: the candles of the feed, and the bars that the engine's own code makes of them."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from operators.indicators.history import Row
from operators.market import bars as market
from operators.market.folds import Folds, FoldsState
from operators.market.grid import Grid, UtcGrid, grid_of
from schemas.candle_row import CandleRow
from schemas.timeframe import timeframe_ms
from schemas.watchlist import AssetConfig
from ui.dashboard.bars import BarSeries

_MOST_TIMEFRAMES = 64


class SymbolBars:
    """A base of at most ``candles`` candles, and of each longer timeframe at most ``derived`` bars.

    The base is the timeframe that the watchlist declares, else the finest that comes: while there is at most one candle
    of it, a finer one takes over. Closed candles of the base are folded as the engine folds them; the bar of each
    timeframe that is not over is there as a forming one. What else the feed brings of this symbol is not shown.

    Args:
        ladder: timeframes that are always made, where they can be made of the base.
        asset: what the watchlist says of the symbol, if anything: sessions, methods, its own timeframes.
        began: the sequence number before the first that ``put`` will be given.
    """

    def __init__(
        self, *, candles: int, derived: int, ladder: Sequence[str], asset: AssetConfig | None = None, began: int = 0
    ) -> None:
        self.asset = asset
        self.base: str | None = None
        self._room = candles
        self._derived_room = derived
        self._ladder = ladder
        self._wanted: dict[str, None] = dict.fromkeys(asset.enabled_timeframes) if asset is not None else {}
        self._grid: Grid = grid_of(asset.session if asset is not None else None)
        self._began = began
        self._series: dict[str, BarSeries] = {}
        self._folds: Folds | None = None
        self._newest: dict[str, int] = {}
        self._stale = False
        if asset is not None and asset.base_timeframe is not None:
            self._begin(asset.base_timeframe, began)

    @property
    def timeframes(self) -> list[str]:
        """Those that have a bar, shortest first."""
        return sorted((name for name, series in self._series.items() if len(series)), key=timeframe_ms)

    def series(self, timeframe: str) -> BarSeries | None:
        """The bars of a timeframe, if there are any."""
        return self._series.get(timeframe)

    def opens(self, timeframe: str, instant: int) -> int | None:
        """When the bar opens that is the last to close at or before an instant (milliseconds); None if none does."""
        grid = UtcGrid() if timeframe == self.base else self._grid
        bucket = grid.bucket(instant - 1, timeframe)
        return None if bucket is None else bucket[0]

    def put(self, row: CandleRow, sequence: int) -> bool:
        """Take a candle, whatever its timeframe; False where it was there before."""
        timeframe, open_time, closed = row[1], row[2], row[8]
        known = self._newest.get(timeframe)
        self._newest[timeframe] = open_time if known is None else max(known, open_time)
        if timeframe != self.base and not self._takes_over(timeframe, sequence):
            return known is None or open_time > known
        if not self._series[timeframe].put(row, sequence):
            return False
        if closed and self._folds is not None and open_time >= (self._folds.watermark or open_time):
            self._derive(self._folds.extend([row[3:8]], [open_time]), sequence)
            self._stale = True
        return True

    def want(self, timeframe: str, sequence: int) -> None:
        """Make one timeframe more, of the candles that are kept; nothing where that cannot be."""
        if timeframe in self._wanted or len(self._wanted) >= _MOST_TIMEFRAMES:
            return
        self._wanted[timeframe] = None
        if self._folds is not None:
            self._add(self._folds, timeframe, sequence)

    def form(self, sequence: int) -> None:
        """Bring the forming bars up to date; once after a batch is enough."""
        if self._folds is None or not self._stale:
            return
        self._stale = False
        state = self._folds.snapshot()
        for timeframe in self._folds.timeframes:
            bar = self._forming(self._folds, state, timeframe)
            if bar is not None:
                self._put(timeframe, bar, sequence, closed=False)

    def rebuilt(self, asset: AssetConfig | None, sequence: int) -> "SymbolBars":
        """The same candles as another entry of the watchlist has them made into bars."""
        anew = SymbolBars(
            candles=self._room, derived=self._derived_room, ladder=self._ladder, asset=asset, began=sequence
        )
        if self.base is not None and anew.base in {None, self.base}:
            for bar in self._series[self.base].bars:
                anew.put(("", self.base, *bar), sequence)
        for timeframe in self._wanted:
            anew.want(timeframe, sequence)
        anew.form(sequence)
        return anew

    def _takes_over(self, timeframe: str, sequence: int) -> bool:
        """Whether a candle of this timeframe is the first of the base."""
        declared = self.asset is not None and self.asset.base_timeframe is not None
        if self.base is not None and (declared or not self._is_finer(timeframe, self.base)):
            return False
        self._begin(timeframe, sequence)
        return True

    def _is_finer(self, timeframe: str, base: str) -> bool:
        return timeframe_ms(timeframe) < timeframe_ms(base) and len(self._series[base]) <= 1

    def _begin(self, base: str, sequence: int) -> None:
        self.base, asset = base, self.asset
        quiet = asset is not None and asset.quiet_market
        self._series = {base: BarSeries(self._room, forgotten=self._began)}
        self._folds = Folds(base, self._grid, self._ladder, quiet_market=quiet)
        for timeframe in self._wanted:
            self._add(self._folds, timeframe, sequence)

    def _add(self, folds: Folds, timeframe: str, sequence: int) -> None:
        if timeframe == folds.base or folds.grid.misfit(timeframe, folds.base):
            return
        rows, times = self._unbroken(folds)
        self._derive({timeframe: folds.add(timeframe, rows, times)}, sequence)
        self._stale = True

    def _unbroken(self, folds: Folds) -> tuple[list[Row], list[int]]:
        """The last closed candles of the base without a break between them."""
        bars = [bar for bar in self._series[folds.base].bars if bar.closed]
        step = timeframe_ms(folds.base)
        breaks = [place for place, (one, other) in enumerate(pairwise(bars), 1) if one[0] + step != other[0]]
        kept = bars[breaks[-1] if breaks else 0 :]
        return [bar[1:6] for bar in kept], [bar.open_time_ms for bar in kept]

    def _derive(self, closed: dict[str, list[market.Bar]], sequence: int) -> None:
        for timeframe, bars in closed.items():
            for bar in bars:
                self._put(timeframe, bar, sequence, closed=True)

    def _put(self, timeframe: str, bar: market.Bar, sequence: int, *, closed: bool) -> None:
        own = self.asset.timeframe(timeframe) if self.asset is not None else None
        row = market.row_of(bar, "ohlc" if own is None else own.aggregation_method)
        series = self._series.get(timeframe)
        if series is None:
            series = self._series[timeframe] = BarSeries(self._derived_room, forgotten=self._began)
        series.put(("", timeframe, bar.open_time, *row, closed), sequence)

    def _forming(self, folds: Folds, state: FoldsState, timeframe: str) -> market.Bar | None:
        """The bar so far: what was folded into it, and what is still forming in the timeframes it is folded of."""
        parts: list[Sequence[float]] = []
        name = timeframe
        while name != folds.base:
            if state["folds"][name]["forming"]:
                parts.append(state["folds"][name]["forming"])
            name = folds.source(name)
        if not parts:
            return None
        bucket = self._grid.bucket(int(parts[0][0]), timeframe)
        return None if bucket is None else _joined(bucket, parts)


def _joined(bucket: tuple[int, int], parts: Iterable[Sequence[float]]) -> market.Bar:
    """One bar of consecutive parts, each as ``Fold.forming`` gives it."""
    _starts, _ends, opens, highs, lows, closes, volumes, weighted, typical, candles = zip(*parts, strict=True)
    return market.Bar(
        *bucket,
        opens[0],
        max(highs),
        min(lows),
        closes[-1],
        sum(volumes),
        sum(weighted),
        sum(typical),
        int(sum(candles)),
        0,
        complete=False,
    )
