"""Pivot points: levels for a session, from the high, low and close of the session before."""

import math
from itertools import pairwise

import numpy as np

from operators.indicators.kernels.composed import Carried
from operators.indicators.kernels.kernel import Floats, Numbers
from operators.indicators.kernels.session_starts import SessionStarts
from operators.indicators.kernels.zones import zone_names

Levels = tuple[float, float, float, float, float, float, float]
_UNKNOWN: Levels = (math.nan,) * 7


def classic(high: float, low: float, close: float) -> Levels:
    """The floor traders' levels: pivot, three resistances, three supports.

    >>> classic(12.0, 9.0, 9.0)
    (10.0, 11.0, 13.0, 14.0, 8.0, 7.0, 5.0)
    """
    pivot = (high + low + close) / 3
    width = high - low
    return (
        pivot,
        2 * pivot - low,
        pivot + width,
        high + 2 * (pivot - low),
        2 * pivot - high,
        pivot - width,
        low - 2 * (high - pivot),
    )


class PivotPoints:
    """The classic levels from the last session that is complete; they stand still throughout a session.

    P = (H + L + C) / 3; R1 = 2P - L; R2 = P + (H - L); R3 = H + 2(P - L); S1 = 2P - H; S2 = P - (H - L);
    S3 = L - 2(H - P).

    - Input: time (milliseconds since the epoch, UTC, of the bar's open), high, low, close.
    - Output: pivot, r1, r2, r3, s1, s2, s3 in the unit of the price.
    - Parameters: as :class:`operators.indicators.kernels.session_vwap.SessionVwap`.
    - NaN: until a whole session was seen; throughout the session after one of more than ``session_bars`` bars; and from
      bar ``session_bars`` of a session on.
    - Memory: twice ``session_bars``. Cost: 0.8 microseconds an update.
    - Source: J. L. Person, A Complete Guide to Technical Trading Tactics (2004); StockCharts ChartSchool, "Pivot
      Points" (standard), with the floor traders' third levels.
    """

    def lookback(self, parameters: Numbers) -> int:  # noqa: ARG002  # the protocol's
        """Bars before the first value: one, if sessions start with the first bar and with the second."""
        return 1

    def open_and_fill(self, *windows: Floats, **parameters: float) -> tuple[Carried, tuple[Floats, ...]]:
        """Compute over windows of time, high, low and close."""
        times, highs, lows, closes = windows
        longest = int(parameters["session_bars"])
        starts = SessionStarts(zone_names()[int(parameters["zone"])], int(parameters["start"]))
        bounds = [*np.flatnonzero(starts.fill(times)).tolist(), len(times)]
        table = np.full((len(_UNKNOWN), len(times)), math.nan)
        levels = _UNKNOWN
        session = _Session(bars=longest + 1)
        for first, end in pairwise(bounds):
            levels = session.levels(longest)
            table[:, first : min(end, first + longest)] = np.array(levels)[:, np.newaxis]
            session = _Session(bars=end - first)
            session.see(highs[first:end].max(), lows[first:end].min(), closes[end - 1])

        def update(time: float, high: float, low: float, close: float) -> tuple[float, ...]:
            nonlocal levels, session
            if starts.update(time):
                levels = session.levels(longest)
                session = _Session(bars=0)
            session.bars += 1
            session.see(high, low, close)
            return levels if session.bars <= longest else _UNKNOWN

        return Carried(update), tuple(table)


class _Session:
    """What a session has shown so far."""

    def __init__(self, bars: int) -> None:
        self.bars = bars
        self._high = -math.inf
        self._low = math.inf
        self._close = math.nan

    def see(self, high: float, low: float, close: float) -> None:
        self._high = max(self._high, float(high))
        self._low = min(self._low, float(low))
        self._close = float(close)

    def levels(self, longest: int) -> Levels:
        """What follows for the next session; unknown if this one was too long to remember its beginning."""
        return classic(self._high, self._low, self._close) if self.bars <= longest else _UNKNOWN


PIVOT_POINTS = PivotPoints()
