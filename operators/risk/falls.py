"""The deepest fall within a window that slides over a series of values."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from operators.risk.refusal import fall_from


class _Span(NamedTuple):
    """Consecutive values in short: enough to join it with what comes before and after."""

    highest: float
    lowest: float
    fall: float


def _joined(before: _Span, after: _Span) -> _Span:
    across = fall_from(before.highest, after.lowest)
    return _Span(
        max(before.highest, after.highest), min(before.lowest, after.lowest), max(before.fall, after.fall, across)
    )


class Falls:
    """A queue of values that knows its deepest fall: from a value to a later one, as a fraction of the earlier.

    Two stacks make the queue: values are added to one and leave from the other, on which each value knows the span from
    itself to the end of its stack. When that is empty the first is turned over onto it. So each value is looked at
    twice in its life, however long the window is.

    Values are finite, of any unit; one of zero or less as the earlier makes an infinite fall.

    >>> falls = Falls()
    >>> for value in (100.0, 80.0, 120.0, 90.0, 110.0):
    ...     falls.add(value)
    >>> falls.deepest
    0.25
    >>> falls.drop(), falls.drop(), falls.drop()
    (100.0, 80.0, 120.0)
    >>> falls.deepest
    0.0
    """

    __slots__ = ("_added", "_leaving", "_span")

    def __init__(self, resume: Sequence[list[float]] | None = None) -> None:
        self._leaving: list[tuple[float, _Span]] = []
        self._added: list[float] = []
        self._span: _Span | None = None
        if resume is not None:
            leaving, added = resume
            self._turn(leaving)
            for value in added:
                self.add(value)

    def snapshot(self) -> list[list[float]]:
        """The values that leave first, and those behind them, each in order."""
        return [[value for value, _ in reversed(self._leaving)], self._added.copy()]

    def __len__(self) -> int:
        return len(self._leaving) + len(self._added)

    def __iter__(self) -> Iterator[float]:
        yield from (value for value, _ in reversed(self._leaving))
        yield from self._added

    def add(self, value: float) -> None:
        """A value at the end."""
        one = _Span(value, value, 0.0)
        self._span = one if self._span is None else _joined(self._span, one)
        self._added.append(value)

    def drop(self) -> float:
        """The value at the head, which leaves. IndexError where there is none."""
        if not self._leaving:
            self._turn(self._added)
            self._added, self._span = [], None
        return self._leaving.pop()[0]

    @property
    def deepest(self) -> float:
        """The deepest fall, 0 where no value is below an earlier one."""
        if not self._leaving:
            return 0.0 if self._span is None else self._span.fall
        leaving = self._leaving[-1][1]
        return leaving.fall if self._span is None else _joined(leaving, self._span).fall

    def _turn(self, values: Sequence[float]) -> None:
        behind: _Span | None = None
        for value in reversed(values):
            one = _Span(value, value, 0.0)
            behind = one if behind is None else _joined(one, behind)
            self._leaving.append((value, behind))
