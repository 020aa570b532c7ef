"""What travels between the steps of the graph, inside the process: plain, slotted, cheap to pass and to pickle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from operators.finer import Finer
from operators.indicators.derived import DERIVED_PRICES, derive
from operators.positions.bar import Bar
from operators.risk.report import Report
from schemas.candle_row import CandleRow
from schemas.correlation import CorrelationConfig
from schemas.lifecycle import DesiredState, StrategyVersion
from schemas.portfolio import PortfolioEntry, PortfolioReset
from schemas.record import from_milliseconds
from schemas.signal import Signal
from schemas.timeframe import timeframe_ms
from schemas.trading_style import TradingStyle
from schemas.watchlist import ConsensusConfig, WatchlistEntry

_NO_ROWS: frozenset[int] = frozenset()

LARGEST: Final = 1e300
"""A number beyond it, on either side of zero, is absurd: no price and no indicator of prices comes near it."""

_FEW_ROWS: Final = 16
"""Up to so many values are looked at one by one: numpy's fixed cost is about that of as many."""


class Lost(NamedTuple):
    """From ``row`` on a column has no value, because an indicator failed; ``reason`` says which, and of what."""

    row: int
    reason: str


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


@dataclass(frozen=True, slots=True)
class Listing:
    """What the watchlist says of one symbol, on its way to it.

    ``entry`` is None where the symbol is not on it; ``exists`` says whether anything is, for then wildcards mean what
    is on the watchlist, and else the whole feed.
    """

    symbol: str
    entry: WatchlistEntry | None
    exists: bool


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What is wanted of a portfolio, on its way to one of the symbols that it concerns.

    ``concerned`` are all of these: of the configuration that it brings, and of the one before in the log. ``after`` is
    the command of that one, None for the first.
    """

    symbol: str
    record: PortfolioEntry | PortfolioReset
    concerned: tuple[str, ...]
    after: str | None = None


@dataclass(slots=True)
class Frames:
    """Consecutive closed candles of one series with every indicator that any strategy asked for.

    ``open_times`` has n entries (milliseconds). Each column has n + 1: index 0 is the bar before the first, so that a
    rule can look one bar back; NaN where there is none or where an indicator is not ready. ``hl2``, ``hlc3`` and
    ``ohlc4`` may be asked for too: they are made of the prices when somebody does. ``close_times`` are given where they
    do not follow from the timeframe (sessions). ``partial`` has the rows of bars that lack candles. ``failed`` has the
    columns that are out of service, None where all are in service. ``finer`` has the bars inside of these, where a
    strategy on the series needs them; see ``finer_bars``.
    """

    symbol: str
    timeframe: str
    open_times: list[int]
    columns: Mapping[str, list[float]]
    close_times: list[int] | None = None
    partial: frozenset[int] = _NO_ROWS
    failed: Mapping[str, Lost] | None = None
    finer: Finer | None = None
    _lagged: dict[tuple[str, int], list[float]] = field(default_factory=dict, repr=False)
    _arrays: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict, repr=False)
    _times: dict[int, datetime] = field(default_factory=dict, repr=False)
    _ends: dict[int, datetime] = field(default_factory=dict, repr=False)
    _derived: dict[str, list[float]] = field(default_factory=dict, repr=False)
    _absurd: dict[str, list[int]] = field(default_factory=dict, repr=False)

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

    def absurd(self, column: str, lag: int) -> list[int]:
        """The rows that read an infinite or absurd number in a column, ``lag`` bars back. Looked for once a column."""
        found = self._absurd.get(column)
        if found is None:
            found = self._absurd[column] = self._absurd_in(column)
        return [row for place in found if 0 <= (row := place - 1 + lag) < len(self.open_times)] if found else found

    def _absurd_in(self, column: str) -> list[int]:
        """The places of a column, counted from the bar before the first, at which the number is absurd."""
        values = self._values(column)
        if len(values) <= _FEW_ROWS:
            return [place for place, value in enumerate(values) if not -LARGEST <= value <= LARGEST and value == value]  # noqa: PLR0124  # NaN alone is not itself
        self.array(column, 0)
        whole = self._arrays[column]
        with np.errstate(all="ignore"):
            if float(np.dot(whole, whole)) <= LARGEST:  # a sum of squares: not so either where any of them is NaN
                return []
            places: list[int] = np.flatnonzero(np.abs(whole) > LARGEST).tolist()
        return places

    def time(self, row: int) -> datetime:
        """The open time of a row's candle; made once for all who ask."""
        found = self._times.get(row)
        if found is None:
            found = self._times[row] = from_milliseconds(self.open_times[row])
        return found

    def close_time(self, row: int) -> datetime:
        """When a row's candle closed; made once for all who ask."""
        found = self._ends.get(row)
        if found is None:
            found = self._ends[row] = from_milliseconds(self.close_ms(row))
        return found

    def close_ms(self, row: int) -> int:
        """When a row's candle closed, in milliseconds: the event time of what it causes."""
        if self.close_times is not None:
            return self.close_times[row]
        return self.open_times[row] + timeframe_ms(self.timeframe)

    def finer_bars(self, row: int) -> Sequence[Bar]:
        """The candles of the base timeframe inside a row's bar, in order; of a longer one where those are too many.

        None of them on the base timeframe, where nobody who is shown the series needs them, and in a bar that had begun
        before somebody did. Nothing is made before somebody looks at them, and then once for all who do.
        """
        return () if self.finer is None else self.finer.inside(self.open_times[row], self.close_ms(row))

    def value(self, column: str, lag: int, row: int) -> float:
        """One value of ``operand``."""
        return self._values(column)[row + 1 - lag]

    def before(self, row: int) -> "Frames":
        """The rows before this one, of which there is at least one, as frames of their own."""
        columns = {name: values[: row + 1] for name, values in self.columns.items()}
        close_times = None if self.close_times is None else self.close_times[:row]
        partial = frozenset([one for one in self.partial if one < row])
        opened = self.open_times[:row]
        return Frames(self.symbol, self.timeframe, opened, columns, close_times, partial, finer=self.finer)

    def _values(self, column: str) -> list[float]:
        """A column whole, the bar before the first at its head."""
        found = self.columns.get(column)
        if found is None and column in DERIVED_PRICES:
            found = self._derived.get(column)
            if found is None:
                prices = [self.columns[name] for name in ("open", "high", "low", "close")]
                found = self._derived[column] = derive(column, prices)
        return self.columns[column] if found is None else found

    def __getstate__(self) -> "_FramesState":
        """Leave the cut operands behind: another process cuts its own."""
        series = self.symbol, self.timeframe, self.open_times, self.columns, self.close_times
        finer = self.finer
        if finer is not None:
            finer = finer.within(self.open_times[0], self.close_ms(-1))
        return *series, self.partial, self.failed, finer

    def __setstate__(self, state: "_FramesState") -> None:
        self.symbol, self.timeframe, self.open_times, self.columns, self.close_times = state[:5]
        self.partial, self.failed, self.finer = state[5:]
        self._lagged = {}
        self._arrays = {}
        self._times = {}
        self._ends = {}
        self._derived = {}
        self._absurd = {}


_FramesState: TypeAlias = tuple[
    str,
    str,
    list[int],
    Mapping[str, list[float]],
    list[int] | None,
    frozenset[int],
    Mapping[str, Lost] | None,
    Finer | None,
]


@dataclass(frozen=True, slots=True)
class Transition:
    """A command that takes effect on one series.

    It holds from the bar of the series that opens at ``open_time``, which is closing or still forming. ``close_time``
    (milliseconds) is when it takes effect: the close of the base candle that made it due, whose close is ``price``.

    ``warm_up`` is the number of candles for which the strategy is not evaluated yet: its indicators reach further back
    than the history that is kept for latecomers. ``unable`` says why the version cannot run on this series at all, and
    is empty if it can: no frames follow one that cannot. ``young`` says what is computed of less history than a
    strategy that began earlier has, and when that is over. ``bars_a_year`` is how many bars the series has in a year of
    its market, 0 where nobody has said: of one that never closes, then.
    """

    symbol: str
    timeframe: str
    open_time: int
    close_time: int
    price: float
    desired: DesiredState
    version: StrategyVersion
    warm_up: int = 0
    unable: str = ""
    young: str = ""
    bars_a_year: float = 0.0


@dataclass(frozen=True, slots=True)
class Roll:
    """What the market sent in one go to the series of one strategy on one symbol, or of all strategies on it.

    Rolls are a chain: each begins where the one before ended. Whoever has seen ``items`` items of a roll, and all rolls
    before it, has seen everything that closed up to ``until``, in whatever order it came. Where nothing is weighed any
    more a roll without timeframes ends the chain; if it is ever taken up again, then from there, however much later.

    Attributes:
        since: ``until`` of the roll before, in milliseconds of event time; None for the very first.
        until: event time up to which everything is in this roll or in an earlier one; later than ``since``.
        items: how many items (frames and transitions) carry this roll.
        timeframes: those that the strategy runs on after it, shortest first, with their styles; empty where the chain
            ends. For a roll of all strategies, those that any of them runs on.
        strategies: how many strategies run on the symbol after it; 0 at the end of a chain of all strategies.
        consensus: how the strategies of the symbol are weighed against each other, for a roll of all strategies.
    """

    since: int | None
    until: int
    items: int
    timeframes: tuple[tuple[str, TradingStyle], ...]
    strategies: int = 1
    consensus: ConsensusConfig | None = None


class Heard(NamedTuple):
    """A symbol has heard of what is wanted of a portfolio: with everything that closes there after ``from_ms``.

    ``from_ms`` is event time in milliseconds, None before the symbol's first candle; the rest is ``Enrolment``'s.
    """

    record: PortfolioEntry | PortfolioReset
    from_ms: int | None
    concerned: tuple[str, ...]
    after: str | None = None


@dataclass(frozen=True, slots=True)
class PortfolioRoll:
    """What the market sent in one go to all strategies on a symbol that a portfolio looks at.

    Rolls are a chain by ``number``. Whoever has seen ``items`` items of one, and all before it, has seen everything
    that closed up to ``until`` (event time, milliseconds). ``heard`` is what the symbol has heard of since the one
    before.
    """

    number: int
    until: int
    items: int
    heard: tuple[Heard, ...] = ()


@dataclass(frozen=True, slots=True)
class Beat:
    """A portfolio roll without items: nothing was sent to any strategy."""

    symbol: str
    portfolio_roll: PortfolioRoll


@dataclass(frozen=True, slots=True)
class Rolled:
    """An item for the strategy step whose signals are weighed with those of other series, or followed by portfolios.

    ``roll`` is that of its strategy, ``symbol_roll`` that of all strategies on its symbol; ``portfolio_roll`` that of
    portfolios. None where nobody asks. Portfolios want to know how the series stands at its first close after each of
    ``stands_after`` (event time, milliseconds; None for its first close at all), even where nothing happens at it.
    """

    event: Frames | Transition
    roll: Roll | None
    symbol_roll: Roll | None
    portfolio_roll: PortfolioRoll | None = None
    stands_after: tuple[int | None, ...] = ()


Item: TypeAlias = Frames | Transition | Rolled
"""What the market has for one series of a strategy."""


@dataclass(frozen=True, slots=True)
class Shared:
    """An item for one series (``key``) of a strategy whose positions are counted together, on its way to them all."""

    strategy: str
    key: str
    event: Item


@dataclass(frozen=True, slots=True)
class Reached:
    """A symbol has sent a strategy whose positions are counted together all that closes up to ``until`` there.

    Event time, milliseconds. ``among`` are the symbols that the strategy names, in order and without slashes.
    """

    strategy: str
    symbol: str
    until: int
    among: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Worked:
    """What came of a ``Rolled`` item: its signals, in the order of event time, perhaps none.

    ``correlation`` is how the version that gave them weighs its timeframes: with every item that has signals, for who
    weighs them may be another worker, which has never seen that version. None without signals, and where it does not.
    ``reports`` are for the portfolios, in the order of event time, where the item has a ``portfolio_roll``.
    """

    strategy: str
    version: int
    symbol: str
    timeframe: str
    roll: Roll | None
    symbol_roll: Roll | None
    signals: tuple[Signal, ...]
    correlation: CorrelationConfig | None = None
    portfolio_roll: PortfolioRoll | None = None
    reports: tuple[Report, ...] = ()
