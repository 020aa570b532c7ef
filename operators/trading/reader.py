"""What a desk reads of frames."""

from math import nan
from typing import Final

from operators.events import Frames
from operators.positions.bar import Bar
from operators.strategy.trading_columns import NO_COLUMNS, TradingColumns
from operators.trading.told import Readings

_NOTHING: Final = Readings()


class Reader:
    """The bars of frames, row by row, and what of their columns orders are counted in."""

    __slots__ = ("_atrs", "_frames", "_nothing", "_prices", "_slippage", "_volatility")

    def __init__(self, frames: Frames, columns: TradingColumns) -> None:
        self._frames = frames
        found = frames.columns
        self._prices = tuple([found[name] for name in ("open", "high", "low", "close", "volume")])
        self._nothing = columns[:3] == NO_COLUMNS[:3]
        self._atrs = [found[name] for name in columns.atrs]
        self._slippage = None if columns.slippage_atr is None else found[columns.slippage_atr]
        self._volatility = None if columns.volatility is None else found[columns.volatility]

    def bar(self, row: int) -> Bar:
        """The bar of a row."""
        opens, highs, lows, closes, volumes = self._prices
        at, frames = row + 1, self._frames
        return Bar(
            opens[at], highs[at], lows[at], closes[at], volumes[at], frames.open_times[row], frames.close_ms(row)
        )

    def readings(self, row: int) -> Readings:
        """What orders are counted in, as of the close of a row."""
        if self._nothing:
            return _NOTHING
        at = row + 1
        return Readings(
            tuple([one[at] for one in self._atrs]),
            nan if self._slippage is None else self._slippage[at],
            nan if self._volatility is None else self._volatility[at],
        )

    def slippage_atr(self, row: int) -> float:
        """What slippage by volatility is counted in, as of the close of a row."""
        return nan if self._slippage is None else self._slippage[row + 1]
