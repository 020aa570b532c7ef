"""The last candles of one series, column by column, in bounded memory."""

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from operators.indicators.derived import derive

BASE_COLUMNS = ("open", "high", "low", "close", "volume")
TIME = "time"
"""The column of open times, in milliseconds of the epoch (UTC); NaN where the series was told none."""

_KEPT = (*BASE_COLUMNS, TIME)
_BAR_BYTES = 8 * len(_KEPT)

Row = tuple[float, float, float, float, float]
"""Open, high, low, close (quote currency) and volume (base asset) of a closed candle."""


class History:
    """Bars numbered from the series' first, of which the last ``limit`` are kept.

    ``oldest`` says which are kept, and depends only on the bars and on the limits they were held under: not on how
    bars came in batches. The arrays behind may hold up to ``slack`` bars more, so that they are seldom moved.

    Beside the candles it keeps derived prices, and columns that were computed of the candles and that other
    computations read. Neither is in a dump: they can be computed again.

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
        self._base = tuple(array("d") for _ in _KEPT)
        self._derived: dict[str, array[float]] = {}
        self._recorded: dict[str, array[float]] = {}

    @property
    def oldest(self) -> int:
        """Index of the first bar that is kept."""
        return max(self._floor, self.count - self.limit)

    @property
    def held(self) -> int:
        """How many bars the arrays hold at this moment: less than ``limit + slack`` between calls."""
        return len(self._base[0])

    @property
    def newest_time(self) -> float:
        """Open time of the last bar, NaN before the first."""
        times = self._base[-1]
        return times[-1] if times else math.nan

    def retain(self, limit: int, derived: Iterable[str], recorded: Iterable[str] = ()) -> None:
        """Keep ``limit`` bars from now on, these derived prices, and of the recorded columns no others than these."""
        self._floor = self.oldest
        self.limit = limit
        self._trim()
        self._derived = {
            name: self._derived[name] if name in self._derived else array("d", derive(name, self._base))
            for name in sorted(set(derived))
        }
        self._recorded = {name: self._recorded[name] for name in recorded if name in self._recorded}

    def push(self, row: Row, open_time: float) -> dict[str, float]:
        """Add one bar; gives it back by column, derived prices among them."""
        opens, highs, lows, closes, volumes, times = self._base
        open_, high, low, close, volume = row
        opens.append(open_)
        highs.append(high)
        lows.append(low)
        closes.append(close)
        volumes.append(volume)
        time = float(open_time)  # as the column gives it back: a reader that is shown an integer could give one
        times.append(time)
        named = {"open": open_, "high": high, "low": low, "close": close, "volume": volume, "time": time}
        for name, column in self._derived.items():
            named[name] = value = derive(name, ((open_,), (high,), (low,), (close,)))[0]
            column.append(value)
        self.newest = row
        self.count += 1
        if len(opens) >= self.limit + self._slack:
            self._trim()
        return named

    def extend(self, columns: "Sequence[array[float]]") -> dict[str, Sequence[float]]:
        """Add one or more bars, as six columns, the open times last; gives them back by name, derived prices too."""
        named: dict[str, Sequence[float]] = dict(zip(_KEPT, columns, strict=True))
        for array_, column in zip(self._base, columns, strict=True):
            array_.extend(column)
        for name, array_ in self._derived.items():
            named[name] = derived = derive(name, columns)
            array_.extend(derived)
        opens, highs, lows, closes, volumes, _ = columns
        self.newest = (opens[-1], highs[-1], lows[-1], closes[-1], volumes[-1])
        self.count += len(opens)
        if len(self._base[0]) >= self.limit + self._slack:
            self._trim()
        return named

    def records(self, name: str) -> bool:
        """Whether a computed column is kept."""
        return name in self._recorded

    def record(self, name: str, values: Iterable[float]) -> None:
        """Keep a computed column from now on: its value at every bar that is held, NaN where it is not known."""
        self._trim()
        self._recorded[name] = array("d", values)

    def write(self, name: str, values: Iterable[float]) -> None:
        """The values of a column that is recorded at the bars added last; each bar wants them once."""
        self._recorded[name].extend(values)

    def bar(self, ago: int) -> Row | None:
        """The bar that came ``ago`` bars ago, 1 for the newest; None if it is not kept."""
        if not 1 <= ago <= self.count - self.oldest:
            return None
        opens, highs, lows, closes, volumes, _ = self._base
        return (opens[-ago], highs[-ago], lows[-ago], closes[-ago], volumes[-ago])

    def ago(self, open_time: int) -> int | None:
        """How many bars ago the candle came that opened then, 1 for the newest; None if it is not kept."""
        times = self._base[-1]
        ago = len(times) - bisect_left(times, open_time)
        return ago if 1 <= ago <= self.count - self.oldest and times[-ago] == open_time else None

    def forget(self, names: Iterable[str]) -> None:
        """Do not keep these computed columns any more."""
        for name in names:
            self._recorded.pop(name, None)

    def as_of(self, count: int) -> "History":
        """The same history after so many bars, for those who only read; let go of it before more bars are added."""
        return _Earlier(self, count)

    def window(self, name: str, start: int, stop: int | None = None) -> npt.NDArray[np.float64]:
        """A column from bar ``start`` to before bar ``stop`` (without one to the newest), as a view.

        Let go of it before more bars are added.
        """
        column = self._recorded.get(name)
        if column is None:
            column = self._derived[name] if name in self._derived else self._base[_KEPT.index(name)]
        return np.frombuffer(column)[start - self.count : None if stop is None else stop - self.count or None]

    def dump(self) -> bytes:
        """The kept bars, column after column, as little-endian float64."""
        self._trim()
        return b"".join([np.frombuffer(column).astype("<f8").tobytes() for column in self._base if column])

    def load(self, count: int, dumped: bytes) -> None:
        """Take what ``dump`` gave after ``count`` bars.

        Raises:
            ValueError: the bytes are not six columns of at most ``count`` float64.
        """
        bars, rest = divmod(len(dumped), _BAR_BYTES)
        if rest or bars > count or (count and not bars):
            raise ValueError(
                f"candle history: expected {_BAR_BYTES} bytes for each of 1 to {count} bars, "
                f"found {len(dumped)} bytes; the snapshot is damaged",
            )
        table = np.frombuffer(dumped, dtype="<f8").astype(np.float64).reshape(len(_KEPT), bars)
        self._base = tuple(array("d", values.tobytes()) for values in table)
        self._floor = count - bars
        self.limit = max(self.limit, bars)
        self.count = count
        if bars:
            opens, highs, lows, closes, volumes, _ = self._base
            self.newest = (opens[-1], highs[-1], lows[-1], closes[-1], volumes[-1])

    def _trim(self) -> None:
        excess = self.held - (self.count - self.oldest)
        for column in (*self._base, *self._derived.values(), *self._recorded.values()):
            del column[:excess]


class _Earlier(History):
    """A history as it was some bars ago."""

    def __init__(self, whole: History, count: int) -> None:
        super().__init__(whole.limit, 0)
        self._whole = whole
        self._floor = whole._floor  # noqa: SLF001  # the same history
        self.count = count

    @property
    def held(self) -> int:
        return self._whole.held - (self._whole.count - self.count)

    def window(self, name: str, start: int, stop: int | None = None) -> npt.NDArray[np.float64]:
        return self._whole.window(name, start, self.count if stop is None else stop)
