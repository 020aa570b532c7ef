"""Equity from close to close, bounded and compact: there may be thousands of curves in a process."""

from array import array
from typing import NamedTuple

from schemas.metrics import EquityPoint
from schemas.record import to_milliseconds


class Curve(NamedTuple):
    """Columns of a curve, oldest first: milliseconds since the epoch, quote currency, fractions of the peak."""

    times_ms: list[int]
    equity: list[float]
    drawdown: list[float]


class EquityCurve:
    """At most ``capacity`` newest points of one account; a little fewer right after the oldest were let go.

    Points come in order of time; one that is older than the newest, read again after an outage, changes nothing, and
    one of the same time takes its place.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._times = array("q")
        self._equity = array("d")
        self._drawdown = array("d")

    @property
    def columns(self) -> Curve:
        """A copy."""
        return Curve(self._times.tolist(), self._equity.tolist(), self._drawdown.tolist())

    def put(self, point: EquityPoint) -> bool:
        """Add a point; False where it changes nothing."""
        time_ms = to_milliseconds(point.close_time)
        if self._times and time_ms <= self._times[-1]:
            if time_ms < self._times[-1] or (point.equity, point.drawdown) == (self._equity[-1], self._drawdown[-1]):
                return False
            self._equity[-1], self._drawdown[-1] = point.equity, point.drawdown
            return True
        self._times.append(time_ms)
        self._equity.append(point.equity)
        self._drawdown.append(point.drawdown)
        if len(self._times) > self._capacity:
            # A tenth at once: to let one go moves all the others.
            for column in (self._times, self._equity, self._drawdown):
                del column[: max(self._capacity // 10, 1)]
        return True
