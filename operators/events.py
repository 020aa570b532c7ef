"""What travels between the steps of the graph, inside the process: plain, slotted, cheap to pass and to pickle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt

from operators.indicators.derived import DERIVED_PRICES, derive
from schemas.candle_row import CandleRow
from schemas.lifecycle import DesiredState, StrategyVersion
from schemas.record import from_milliseconds


@dataclass(frozen=True, slots=True)
class CandleBatch:
    """The closed candles of one symbol in one batch of the feed, in feed order.

    ``offsets`` and ``payloads`` go with ``rows``, one each: the place in ``topic`` and ``partition``, and the bytes as
    they came (for a dead letter).
    """

    symbol: str
    topic: str
    partition: int
    rows: Sequence[CandleRow]
    offsets: Sequence[int]
    payloads: Sequence[bytes | None]


@dataclass(frozen=True, slots=True)
class Command:
    """A desired state on its way to one symbol, with the version it names, so that any worker can act on it."""

    symbol: str
    desired: DesiredState
    version: StrategyVersion


@dataclass(slots=True)
class Frames:
    """Consecutive closed candles of one series with every indicator that any strategy asked for.

    ``open_times`` has n entries (milliseconds). Each column has n + 1: index 0 is the bar before the first, so that a
    rule can look one bar back; NaN where there is none or where an indicator is not ready. ``hl2``, ``hlc3`` and
    ``ohlc4`` may be asked for too: they are made of the prices when somebody does.
    """

    symbol: str
    timeframe: str
    open_times: list[int]
    columns: Mapping[str, list[float]]
    _lagged: dict[tuple[str, int], list[float]] = field(default_factory=dict, repr=False)
    _arrays: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict, repr=False)
    _times: dict[int, datetime] = field(default_factory=dict, repr=False)
    _derived: dict[str, list[float]] = field(default_factory=dict, repr=False)

    def operand(self, column: str, lag: int) -> list[float]:
        """The column's n values, ``lag`` (0 or 1) bars back. Cut once, then shared by every rule that reads it."""
        found = self._lagged.get((column, lag))
        if found is None:
            values = self._values(column)
            found = self._lagged[column, lag] = values[1:] if lag == 0 else values[:-1]
        return found

    def array(self, column: str, lag: int) -> npt.NDArray[np.float64]:
        """As ``operand``, as an array; a view of one that is made once."""
        whole = self._arrays.get(column)
        if whole is None:
            whole = self._arrays[column] = np.array(self._values(column), dtype=np.float64)
        return whole[1:] if lag == 0 else whole[:-1]

    def time(self, row: int) -> datetime:
        """The open time of a row's candle; made once for all who ask."""
        found = self._times.get(row)
        if found is None:
            found = self._times[row] = from_milliseconds(self.open_times[row])
        return found

    def value(self, column: str, lag: int, row: int) -> float:
        """One value of ``operand``."""
        return self._values(column)[row + 1 - lag]

    def _values(self, column: str) -> list[float]:
        """A column whole, the bar before the first at its head."""
        found = self.columns.get(column)
        if found is None and column in DERIVED_PRICES:
            found = self._derived.get(column)
            if found is None:
                prices = [self.columns[name] for name in ("open", "high", "low", "close")]
                found = self._derived[column] = derive(column, prices)
        return self.columns[column] if found is None else found

    def __getstate__(self) -> tuple[str, str, list[int], Mapping[str, list[float]]]:
        """Leave the cut operands behind: another process cuts its own."""
        return self.symbol, self.timeframe, self.open_times, self.columns

    def __setstate__(self, state: tuple[str, str, list[int], Mapping[str, list[float]]]) -> None:
        self.symbol, self.timeframe, self.open_times, self.columns = state
        self._lagged = {}
        self._arrays = {}
        self._times = {}
        self._derived = {}


@dataclass(frozen=True, slots=True)
class Transition:
    """A command that takes effect on one series at the candle that opens at ``open_time`` and closed at ``price``.

    ``warm_up`` is the number of candles for which the strategy is not evaluated yet: its indicators reach further back
    than the history that is kept for latecomers. ``unable`` says why the version cannot run on this series at all, and
    is empty if it can: no frames follow one that cannot, and an alert has gone out. ``young`` says what is computed of
    less history than a strategy that began earlier has, and when that is over.
    """

    symbol: str
    timeframe: str
    open_time: int
    price: float
    desired: DesiredState
    version: StrategyVersion
    warm_up: int = 0
    unable: str = ""
    young: str = ""
