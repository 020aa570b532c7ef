"""What a desk reads of frames."""

from math import nan
from typing import Final

from operators.events import Frames
from operators.positions.bar import Bar
from operators.strategy.trading_columns import TradingColumns
from operators.trading.told import Readings

_NOTHING: Final = Readings()


class Reader:
    """The bars of frames, row by row, and what of their columns orders are counted in."""

    __slots__ = ("_columns", "_names", "close_ms", "closes", "frames", "highs", "lows")

    def __init__(self, frames: Frames, columns: TradingColumns) -> None:
        self.frames = frames
        self.close_ms = frames.close_ms
        """When the bar of a row closed, in milliseconds."""
        found = self._columns = frames.columns
        self.highs, self.lows, self.closes = found["high"], found["low"], found["close"]
        """Of all rows, behind that of the bar before the first."""
        self._names = columns

    def bar(self, row: int) -> Bar:
        """The bar of a row."""
        columns, frames, at = self._columns, self.frames, row + 1
        return Bar(
            columns["open"][at],
            columns["high"][at],
            columns["low"][at],
            columns["close"][at],
            columns["volume"][at],
            frames.open_times[row],
            frames.close_ms(row),
        )

    def readings(self, row: int) -> Readings:
        """What orders are counted in, as of the close of a row."""
        if self._names.are_none:
            return _NOTHING
        names, columns, at = self._names, self._columns, row + 1
        return Readings(
            tuple([columns[one][at] for one in names.atrs]),
            nan if names.slippage_atr is None else columns[names.slippage_atr][at],
            nan if names.volatility is None else columns[names.volatility][at],
        )

    def slippage_atr(self, row: int) -> float:
        """What slippage by volatility is counted in, as of the close of a row."""
        name = self._names.slippage_atr
        return nan if name is None else self._columns[name][row + 1]
