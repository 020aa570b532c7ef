"""The last candles of one series, column by column, in bounded memory."""

import math
from array import array
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

BASE_COLUMNS = ("open", "high", "low", "close", "volume")
_BAR_BYTES = 8 * len(BASE_COLUMNS)

Row = tuple[float, float, float, float, float]
"""Open, high, low, close (quote currency) and volume (base asset) of a closed candle."""


class History:
    """Bars numbered from the series' first, of which the last ``limit`` are kept.

    ``oldest`` says which are kept, and depends only on the bars and on the limits they were held under: not on how
    bars came in batches. The arrays behind may hold up to ``slack`` bars more, so that they are seldom moved.

    Attributes:
        count: how many bars there were in all.
        limit: how many bars are kept at most.
        newest: the last bar, NaN before the first.
    """

    def __init__(self, limit: int, slack: int) -> None:
        self.count = 0
        self.newest: Row = (math.nan, math.nan, math.nan, math.nan, math.nan)
        self.limit = limit
        self._slack = slack
        self._floor = 0
        self._base = tuple(array("d") for _ in BASE_COLUMNS)
        self._derived: dict[str, array[float]] = {}

    @property
    def oldest(self) -> int:
        """Index of the first bar that is kept."""
        return max(self._floor, self.count - self.limit)

    @property
    def held(self) -> int:
        """How many bars the arrays hold at this moment: less than ``limit + slack`` between calls."""
        return len(self._base[0])

    def retain(self, limit: int, derived: Iterable[str]) -> None:
        """Keep ``limit`` bars from now on, and these derived prices beside the candle's own."""
        self._floor = self.oldest
        self.limit = limit
        self._trim()
        self._derived = {name: array("d", derive(name, self._base)) for name in sorted(set(derived))}

    def push(self, row: Row) -> dict[str, float]:
        """Add one bar; gives it back by column, derived prices among them."""
        opens, highs, lows, closes, volumes = self._base
        open_, high, low, close, volume = row
        opens.append(open_)
        highs.append(high)
        lows.append(low)
        closes.append(close)
        volumes.append(volume)
        named = {"open": open_, "high": high, "low": low, "close": close, "volume": volume}
        for name, column in self._derived.items():
            named[name] = value = derive(name, ((open_,), (high,), (low,), (close,)))[0]
            column.append(value)
        self._added(1, row)
        return named

    def extend(self, columns: Sequence[Sequence[float]]) -> dict[str, Sequence[float]]:
        """Add one or more bars, as five columns; gives them back by name, derived prices among them."""
        named: dict[str, Sequence[float]] = dict(zip(BASE_COLUMNS, columns, strict=True))
        for array_, column in zip(self._base, columns, strict=True):
            array_.extend(column)
        for name, array_ in self._derived.items():
            named[name] = column = derive(name, columns)
            array_.extend(column)
        opens, highs, lows, closes, volumes = columns
        self._added(len(opens), (opens[-1], highs[-1], lows[-1], closes[-1], volumes[-1]))
        return named

    def bar(self, ago: int) -> Row | None:
        """The bar that came ``ago`` bars ago, 1 for the newest; None if it is not kept."""
        if not 1 <= ago <= self.count - self.oldest:
            return None
        opens, highs, lows, closes, volumes = self._base
        return (opens[-ago], highs[-ago], lows[-ago], closes[-ago], volumes[-ago])

    def window(self, name: str, start: int) -> npt.NDArray[np.float64]:
        """A column from bar ``start`` to the newest, as a view: let go of it before more bars are added."""
        column = self._derived[name] if name in self._derived else self._base[BASE_COLUMNS.index(name)]
        return np.frombuffer(column)[start - self.count :]

    def dump(self) -> bytes:
        """The kept bars, column after column, as little-endian float64."""
        kept = self.count - self.oldest
        return b"".join([np.frombuffer(column)[-kept:].astype("<f8").tobytes() for column in self._base if kept])

    def load(self, count: int, dumped: bytes) -> None:
        """Take what ``dump`` gave after ``count`` bars.

        Raises:
            ValueError: the bytes are not five columns of at most ``count`` float64.
        """
        bars, rest = divmod(len(dumped), _BAR_BYTES)
        if rest or bars > count or (count and not bars):
            raise ValueError(
                f"candle history: expected {_BAR_BYTES} bytes for each of 1 to {count} bars, "
                f"found {len(dumped)} bytes; the snapshot is damaged",
            )
        table = np.frombuffer(dumped, dtype="<f8").astype(np.float64).reshape(len(BASE_COLUMNS), bars)
        self._base = tuple(array("d", values.tobytes()) for values in table)
        self._floor = count - bars
        self.limit = max(self.limit, bars)
        self.count = count
        if bars:
            opens, highs, lows, closes, volumes = self._base
            self.newest = (opens[-1], highs[-1], lows[-1], closes[-1], volumes[-1])

    def _added(self, bars: int, newest: Row) -> None:
        self.newest = newest
        self.count += bars
        if len(self._base[0]) >= self.limit + self._slack:
            self._trim()

    def _trim(self) -> None:
        excess = self.held - (self.count - self.oldest)
        for column in (*self._base, *self._derived.values()):
            del column[:excess]


def derive(name: str, columns: Sequence[Sequence[float]]) -> list[float]:
    """``hl2``, ``hlc3`` or ``ohlc4``, bar by bar, from columns that begin with open, high, low and close.

    To the bit they are TA-Lib's MEDPRICE, TYPPRICE and AVGPRICE, whose order of addition they keep. Scaling by powers
    of two before the addition rounds nothing, and keeps the mean of the greatest prices finite: TA-Lib refuses an
    infinity.

    >>> derive("hl2", [[1.0], [4.0], [2.0], [3.0]])
    [3.0]
    """
    opens, highs, lows, closes = columns[:4]
    match name:
        case "hl2":
            return [high / 2 + low / 2 for high, low in zip(highs, lows, strict=True)]
        case "hlc3":
            bars = zip(highs, lows, closes, strict=True)
            return [(high / 4 + low / 4 + close / 4) / 3 * 4 for high, low, close in bars]
        case "ohlc4":
            prices = zip(opens, highs, lows, closes, strict=True)
            return [high / 4 + low / 4 + close / 4 + open_ / 4 for open_, high, low, close in prices]
    raise ValueError(f'derived price: expected hl2, hlc3 or ohlc4, found "{name}"')
