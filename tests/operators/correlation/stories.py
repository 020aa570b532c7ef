"""Made-up histories of signals, cut into rolls at random, and what a reader makes of them who sees all of it at once.

Times are counted in half minutes. A history is one chain of rolls after another, each taken up where the one before
ended; a chain has stretches in which timeframes, styles and settings stay as they are, and ends with a stretch that has
none. Nothing else ties one chain to the next: its items may be of other series, and come before theirs.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hypothesis import strategies as st

from operators.events import Roll, Worked
from schemas.correlation import CorrelationConfig
from schemas.ids import record_id
from schemas.record import from_milliseconds
from schemas.signal import Position, Signal
from schemas.timeframe import timeframe_ms
from schemas.trading_style import TRADING_STYLES, TradingStyle
from schemas.watchlist import ConsensusConfig

START = 1_746_057_600_000  # 2025-05-01T00:00:00Z
UNIT = 30_000
SYMBOL = "BTCUSDT"
TIMEFRAMES = ("1m", "5m", "1h", "60m", "1d")
POSITIONS: tuple[Position, ...] = ("flat", "long", "short")

Series = tuple[str, str]
"""Strategy and timeframe."""


def at(units: int) -> int:
    """Milliseconds of a time in half minutes."""
    return START + units * UNIT


class Stretch(NamedTuple):
    """What holds in (start, end]; without timeframes, the end of a chain."""

    start: int
    end: int
    version: int
    timeframes: tuple[tuple[str, TradingStyle], ...]
    strategies: tuple[str, ...]
    consensus: ConsensusConfig | None

    @property
    def series(self) -> list[Series]:
        return [(strategy, timeframe) for strategy in self.strategies for timeframe, _ in self.timeframes]


class Chain(NamedTuple):
    stretches: list[Stretch]
    signals: dict[Series, list[tuple[int, Signal]]]
    """In the order in which each series gave them, with their times."""


Item = tuple[Roll, Series, tuple[Signal, ...]]


class Cut(NamedTuple):
    """A history in rolls: the items of each series in order, and what came too late, with the watermark by then."""

    items: dict[Series, list[Item]]
    late: list[tuple[int, Signal]]


def signal(  # noqa: PLR0913  # what a signal says
    number: int,
    series: Series,
    close: int,
    position: Position,
    *,
    confidence: float = 1.0,
    version: int = 1,
) -> Signal:
    strategy, timeframe = series
    return Signal(
        id=record_id("test", str(number)),
        strategy=strategy,
        version=version,
        symbol=SYMBOL,
        timeframe=timeframe,
        open_time=from_milliseconds(at(close) - timeframe_ms(timeframe)),
        close_time=from_milliseconds(at(close)),
        rule=f"rule_{number}",
        type="exit" if position == "flat" else "entry",
        side="long" if position == "flat" else position,
        confidence=confidence,
        price=100.0 + number,
        position_before="flat",
        position_after=position,
        condition="true",
        values={},
    )


def worked(item: Item, settings: Mapping[int, CorrelationConfig]) -> Worked:
    """An item for a strategy's own roll, of versions that weigh their timeframes like this."""
    roll, (strategy, timeframe), signals = item
    version = max((one.version for one in signals if one.position_after != "flat"), default=1)
    weighing = settings[version] if signals else None
    return Worked(strategy, version, SYMBOL, timeframe, roll, None, signals, weighing)


def worked_by_all(item: Item) -> Worked:
    """An item for a roll of all strategies."""
    roll, (strategy, timeframe), signals = item
    return Worked(strategy, 1, SYMBOL, timeframe, None, roll, signals)


@st.composite
def histories(
    draw: st.DrawFn,
    strategies: tuple[str, ...] = ("s",),
    settings: Sequence[ConsensusConfig | None] = (None,),
    versions: int = 4,
) -> list[Chain]:
    """One to three chains."""
    numbers = itertools.count()
    time = draw(st.integers(0, 5))
    chains = []
    for _ in range(draw(st.integers(1, 3))):
        stretches: list[Stretch] = []
        signals: dict[Series, list[tuple[int, Signal]]] = {
            (strategy, timeframe): [] for strategy in strategies for timeframe in TIMEFRAMES
        }
        for _ in range(draw(st.integers(1, 3))):
            some = draw(st.lists(st.sampled_from(TIMEFRAMES), min_size=2, max_size=5, unique=True))
            names = sorted(some, key=timeframe_ms)
            stretch = Stretch(
                time,
                time + draw(st.integers(1, 25)),
                draw(st.integers(1, versions)),
                tuple((name, draw(st.sampled_from(TRADING_STYLES))) for name in names),
                strategies,
                draw(st.sampled_from(settings)),
            )
            time = stretch.end
            stretches.append(stretch)
            for series, said in signals.items():
                unbound = series[1] not in names
                if unbound and draw(st.booleans()):
                    continue
                for close in sorted(draw(st.lists(st.integers(stretch.start + 1, stretch.end), max_size=5))):
                    position = draw(st.sampled_from(POSITIONS))
                    confidence = draw(st.sampled_from([1.0, 0.9, 0.5, 0.3, 0.0]))
                    version = stretch.version
                    if position == "flat":
                        version = draw(st.integers(1, version))
                    one = signal(next(numbers), series, close, position, confidence=confidence, version=version)
                    said.append((close, one))
        last = stretches[-1]
        stretches.append(last._replace(start=time, end=time + draw(st.integers(1, 3)), timeframes=()))
        time = stretches[-1].end + draw(st.integers(0, 3))
        for series in last.series:
            if draw(st.booleans()):
                signals[series].append((last.end + 1, signal(next(numbers), series, last.end + 1, "flat")))
        chains.append(Chain(stretches, signals))
    return chains


@st.composite
def cuts(draw: st.DrawFn, history: list[Chain], *, late: bool = False) -> Cut:
    """The rolls of a history: a stretch in one or in many, each series in one item or in several."""
    cut = Cut({}, [])
    numbers = itertools.count(1_000_000)

    def too_late(chain: Chain, series: Series, since: int) -> Signal:
        close = draw(st.integers(min(chain.stretches[0].start, since), since))
        one = signal(next(numbers), series, close, draw(st.sampled_from(POSITIONS)))
        cut.late.append((since, one))
        return one

    since: int | None = None
    for chain in history:
        ran: list[Series] = []
        for stretch in chain.stretches:
            inner = range(stretch.start + 1, stretch.end)
            points = sorted(draw(st.sets(st.sampled_from(inner)))) if inner and stretch.timeframes else []
            for start, until in itertools.pairwise([stretch.start, *points, stretch.end]):
                ran = stretch.series or ran
                parts: list[tuple[Series, tuple[Signal, ...]]] = []
                for series, said in chain.signals.items():
                    here = [one for close, one in said if start < close <= until]
                    if late and since is not None and draw(st.integers(0, 9)) == 0:
                        here.insert(draw(st.integers(0, len(here))), too_late(chain, series, since))
                    if here or draw(st.integers(0, 3)) == 0:
                        middle = draw(st.integers(0, len(here)))
                        halves = [tuple(half) for half in (here[:middle], here[middle:]) if half]
                        parts += [(series, half) for half in halves or [()]]
                parts = parts or [(draw(st.sampled_from(ran)), ())]
                since = _add(cut, stretch, since, until, parts)
    return cut


def _add(
    cut: Cut, stretch: Stretch, since: int | None, until: int, parts: list[tuple[Series, tuple[Signal, ...]]]
) -> int:
    """One roll; the time up to which it reaches."""
    count = len(stretch.strategies) if stretch.timeframes else 0
    began = None if since is None else at(since)
    roll = Roll(began, at(until), len(parts), stretch.timeframes, count, stretch.consensus)
    for series, signals in parts:
        cut.items.setdefault(series, []).append((roll, series, signals))
    return until


def whole_rolls(history: list[Chain]) -> Cut:
    """Each stretch of a history in one roll, each series of it in one item."""
    cut = Cut({}, [])
    since: int | None = None
    for chain in history:
        for stretch in chain.stretches:
            parts = [
                (series, tuple(one for close, one in said if stretch.start < close <= stretch.end))
                for series, said in chain.signals.items()
            ]
            since = _add(cut, stretch, since, stretch.end, parts)
    return cut
