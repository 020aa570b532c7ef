"""A running total carried along a series: it forgets nothing, so it is never opened anew."""

import math
from array import array
from collections.abc import Mapping, Sequence

import numpy as np

from operators.indicators.history import History
from operators.indicators.lane import Lane
from operators.indicators.node import Indicator
from operators.indicators.totals import Total, running_total
from operators.snapshot import SnapshotRefused


class TotalLane(Lane):
    """A lane whose value at a bar is the total of all bars from the indicator's ``origin`` to it.

    What it has come to cannot be found again once bars are dropped. So it has a state of its own, which goes into the
    snapshots of its series: the sums at the newest bar, and its values at the bars that are kept. A lane that is made
    after bars from its origin on were dropped, without such a state, is never ready: a series that added up all that
    anybody may ever ask for, on every candle, would cost more than all its other indicators. Whoever wants one late
    says from which bar on.
    """

    def __init__(self, indicator: Indicator, total: Total) -> None:
        super().__init__(indicator)
        self._total = total
        self._origin = indicator.origin
        self._sums: tuple[float, ...] | None = None
        self._bar: tuple[float, ...] = ()
        self._values = array("d")
        self._lost = False

    def open(self, history: History) -> None:
        """Take the value at the newest bar of a history that was there before this lane."""
        self._lost = self._origin < history.oldest
        if history.count:
            kept = history.oldest
            rows = {name: history.window(name, kept).tolist() for name in self._inputs}
            self._append(kept, rows, history.count - kept)

    def rewind(self, history: History) -> None:
        """It is where it was: what raises in ``advance`` changes nothing."""

    def load(self, history: History, dumped: bytes) -> None:
        """Go on from what ``dump`` gave when the newest bar was what it is now.

        Raises:
            SnapshotRefused: the bytes are not those.
        """
        floats = np.frombuffer(dumped, dtype="<f8").tolist() if len(dumped) % 8 == 0 else []
        kept = history.count - history.oldest
        if len(floats) < kept:
            raise SnapshotRefused(
                f"{self.columns[0]}: expected its values at {kept} bars and its sums, found {len(dumped)} bytes; the "
                "snapshot is damaged",
            )
        self._values = array("d", floats[:kept])
        self._sums = tuple(floats[kept:]) or None
        self._bar = tuple([float(history.window(name, history.count - 1)[0]) for name in self._inputs]) if kept else ()
        self._lost = self._sums is None and self._origin < history.oldest
        self.last = (self._values[-1],) if kept else self.last

    def dump(self, history: History) -> bytes:
        """The state, as little-endian float64: the values at the bars that are kept, then the sums."""
        kept = self._values[len(self._values) - (history.count - history.oldest) :]
        return np.array([*kept, *(self._sums or ())], dtype="<f8").tobytes()

    def past(self, history: History) -> Sequence[Sequence[float]]:
        """The value at every bar that is kept."""
        if not self._values:
            self.open(history)
        return (self._values[len(self._values) - (history.count - history.oldest) :].tolist(),)

    def step(self, history: History, row: Mapping[str, float]) -> tuple[float, ...]:
        """The value at the newest bar, which is ``row`` and in ``history`` already."""
        if self._sums is None:
            self._append(history.count - 1, {name: (row[name],) for name in self._inputs}, 1)
        else:
            bar = tuple([row[name] for name in self._inputs])
            self._sums = sums = self._total.step(self._sums, self._bar, bar)
            self._bar = bar
            value = sums[0] if len(sums) == 1 else float(self._total.value(*np.array(sums)[:, np.newaxis])[0])
            self._values.append(value)
            self.last = (value,)
        self._forget(history)
        return self.last

    def advance(self, history: History, rows: Mapping[str, Sequence[float]], count: int) -> Sequence[Sequence[float]]:
        """As ``step`` for the newest ``count`` bars; where it raises, all is as it was."""
        before = len(self._values)
        try:
            self._append(history.count - count, rows, count)
        except Exception:
            del self._values[before:]
            raise
        values = self._values[-count:].tolist()
        self._forget(history)
        return (values,)

    def _append(self, first: int, rows: Mapping[str, Sequence[float]], count: int) -> None:
        """Add up bars that come next, of which the first has this number."""
        skipped = 0
        if self._sums is None:
            skipped = count if self._lost else min(count, max(0, self._origin - first))
        self._values.extend([math.nan] * skipped)
        if skipped < count:
            columns = [rows[name][skipped:] for name in self._inputs]
            if self._sums is None:
                windows = [np.array(column, dtype=np.float64) for column in columns]
                start = self._total.start(*[window[:1] for window in windows])
                sums = self._total.run(*start, *windows)
                values = self._total.value(*sums)
            else:
                windows = [np.array([last, *column]) for last, column in zip(self._bar, columns, strict=True)]
                sums = self._total.run(*[np.array([one]) for one in self._sums], *windows)
                values = self._total.value(*sums)[1:]
            self._sums = tuple([float(one[-1]) for one in sums])
            self._bar = tuple([float(window[-1]) for window in windows])
            self._values.extend(values.tolist())
        self.last = (self._values[-1],)

    def _forget(self, history: History) -> None:
        """Drop the values at bars that are not kept any more, now and then."""
        excess = len(self._values) - history.held
        if excess > history.held:
            del self._values[:excess]


def lane_of(indicator: Indicator) -> Lane:
    """What carries an indicator along a series."""
    total = running_total(indicator.kind, indicator.inputs)
    return Lane(indicator) if total is None else TotalLane(indicator, total)
