"""What the picture of a position shows: generated minutes, traded by the engine under a trailing stop."""

from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from dataflows.replay import replay
from operators.positions.bar import Bar
from operators.positions.guard import Guard, advanced, guarded
from operators.positions.plan import plan_of
from schemas.candle_row import CandleRow
from schemas.metrics import EquityPoint
from schemas.position import PositionChange
from schemas.record import to_milliseconds
from schemas.risk import RiskConfig
from schemas.signal import Signal
from schemas.strategy_file import load_strategy
from ui.pictures.story import MINUTE_MS, Generated, walk

BEFORE: Final = 7
"""Bars that are shown before the one that decides."""
AFTER: Final = 5
"""Bars that are shown after the one of the exit."""

_SEED: Final = 315  # one whose price rises far and comes back, and jumps between the signal and the entry
_BARS: Final = 240
_GAP: Final = 0.0006
_STRATEGY: Final = b"""{
    "id": "trail",
    "timeframes": ["1m"],
    "signals": [{ "id": "up", "type": "entry", "expression": "crossover(close, sma_20)" }],
    "execution": { "fees": 0.0002 },
    "risk": { "trailing_stop": 0.006 }
}"""


@dataclass(frozen=True)
class Story:
    """One trade, from before its signal to after its exit.

    Attributes:
        bars: those that are shown, in order.
        signal: that of the entry.
        opened: what came of it at the next open.
        closed: by the trailing stop.
        stops: where the stop stood within each bar over which the position was held, quote currency per unit.
        points: equity at the close of each of these bars.
    """

    bars: list[Bar]
    signal: Signal
    opened: PositionChange
    closed: PositionChange
    stops: list[float]
    points: list[EquityPoint]


def story() -> Story:
    """Generate and replay: the same each time."""
    return told(_SEED)


def told(seed: int) -> Story:
    """The first trade of these minutes."""
    rows = walk(seed, _BARS, _GAP)
    strategy = load_strategy(_STRATEGY, origin="trail.json")
    topics = replay(Generated(rows), [strategy]).topics()
    changes = [one for one in topics["positions"] if isinstance(one, PositionChange)]
    opened, closed = changes[:2]
    signal = next(one for one in topics["signals"] if isinstance(one, Signal) and one.id == opened.signal)
    bars = [bar_of(row) for row in rows]
    first, last = (
        next(at for at, bar in enumerate(bars) if bar.close_time == to_milliseconds(one.close_time))
        for one in (opened, closed)
    )
    held = bars[first : last + 1]
    points = [one for one in topics["equity"] if isinstance(one, EquityPoint)][: len(held)]
    stops = [guard.stop for guard in _guards(strategy.risk or RiskConfig(), opened, held)]
    return Story(bars[first - 1 - BEFORE : last + 1 + AFTER], signal, opened, closed, stops, points)


def bar_of(row: CandleRow) -> Bar:
    """A candle as the desk sees it."""
    _, _, open_ms, opened, high, low, close, volume, _ = row
    return Bar(opened, high, low, close, volume, open_ms, open_ms + MINUTE_MS)


def _guards(risk: RiskConfig, opened: PositionChange, held: list[Bar]) -> list[Guard]:
    """What protects the position within each bar: what a bar reaches moves the stop for the next one."""
    plan, entry = plan_of(risk), opened.fills[0].price
    return list(
        accumulate(
            held[:-1],
            lambda guard, bar: advanced(plan, guard, bar),
            initial=guarded(plan, long=True, entry=entry, even=entry),
        )
    )
