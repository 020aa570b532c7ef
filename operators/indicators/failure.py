"""An indicator that failed on one series: at which bar, why, and what cannot be computed without it.

A kernel is this project's own code or TA-Lib's, and may have a fault all the same. What it raises concerns whoever
reads that indicator on that series, and nobody else.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from operators.indicators.anchors import ANCHOR_BARS, anchor_of
from operators.indicators.node import Indicator

_LONGEST_REASON = 500
_LONGEST_KEY = 160


class Failure(NamedTuple):
    """From ``bar`` on there is no value; ``reason`` names the indicator and the error."""

    bar: int
    reason: str


class IndicatorFailed(Exception):
    """What an indicator was at earlier bars cannot be told; the text is that of a `Failure`."""


class Told(NamedTuple):
    """What an indicator was at earlier bars, NaN where that is not known.

    ``gap`` is the last of them, by its place, at which it failed; None where it did not.
    """

    values: Sequence[float]
    gap: Failure | None = None


def failure(key: str, bar: int, error: Exception) -> Failure:
    """What is to be said of an indicator that raised.

    >>> failure("rsi(close,period=14)", 7, ZeroDivisionError("float division by zero"))
    Failure(bar=7, reason='indicator rsi(close,period=14) failed: ZeroDivisionError: float division by zero')
    """
    let_go(error)
    known = isinstance(error, IndicatorFailed)
    shown = key if len(key) <= _LONGEST_KEY else f"{key[:_LONGEST_KEY]}..."
    reason = str(error) if known else f"indicator {shown} failed: {type(error).__name__}: {error}"
    return Failure(bar, reason[:_LONGEST_REASON])


def let_go(error: BaseException | None) -> None:
    """Drop the frames that an error holds: there are views of the history in them, and that cannot grow while it is."""
    while error is not None and error.__traceback__ is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


class _Gap(NamedTuple):
    """What a column was is not known up to ``failed.bar``, met as a reader came at bar ``since``."""

    failed: Failure
    since: int

    def seen_by(self, reader: Indicator) -> "_Gap":
        """The same of a reader: its last bar of which the window reaches back to it."""
        last = anchor_of(self.failed.bar + reader.memory) + ANCHOR_BARS - 1
        return _Gap(Failure(last, self.failed.reason), self.since)

    @property
    def is_over(self) -> bool:
        """Whether the newest bar that there was is known."""
        return self.failed.bar < self.since - 1


class Failures:
    """What is out of service on one series.

    Attributes:
        columns: every column without a value from some bar on, with the first failure that it suffers from: those of
            indicators that failed, those handed in that failed elsewhere, and those of all that read any of them.
    """

    def __init__(self, state: Mapping[str, Sequence[object]] | None = None) -> None:
        self.columns: Mapping[str, Failure] = {}
        self._own = {key: Failure(int(str(bar)), str(reason)) for key, (bar, reason) in (state or {}).items()}
        self._handed: dict[str, Failure] = {}
        self._gaps: dict[str, _Gap] = {}
        self._nodes: Sequence[Indicator] = ()

    def snapshot(self) -> dict[str, list[int | str]]:
        """The indicators that failed by their own doing, as primitives; all else follows."""
        return {key: list(failed) for key, failed in self._own.items()}

    def of(self, key: str) -> Failure | None:
        """The failure of an indicator's own; None where it is in service."""
        return self._own.get(key)

    def failed(self, key: str, failed: Failure) -> None:
        """An indicator of the series has failed."""
        self._own.setdefault(key, failed)
        self._spread()

    def lost(self, column: str, failed: Failure) -> None:
        """A column that is computed elsewhere has failed there."""
        self._handed.setdefault(column, failed)
        self._spread()

    def unknown(self, column: str, gap: Failure, bar: int) -> None:
        """At bar ``bar`` a column's past is not known at ``gap.bar``: who reads so far back cannot be computed."""
        self._gaps[column] = _Gap(gap, bar)
        self._spread()

    def want(self, nodes: Sequence[Indicator]) -> None:
        """What is computed from now on, sources before readers."""
        self._nodes = nodes
        keys = {node.key for node in nodes}
        self._own = {key: failed for key, failed in self._own.items() if key in keys}
        if self._own or self._handed or self._gaps:
            self._spread()

    def forgive(self, indicators: Iterable[Indicator]) -> list[Indicator]:
        """Forget what is out of service of these, so that it is tried again; gives back which that is."""
        found = [one for one in indicators if not self.columns.keys().isdisjoint(one.columns)]
        for one in found:
            self._own.pop(one.key, None)
            for column in (*one.columns, *one.inputs):
                self._handed.pop(column, None)
                self._gaps.pop(column, None)
        if found:
            self._spread()
        return found

    def _spread(self) -> None:
        """Find everything that cannot be computed."""
        found, gaps = dict(self._handed), dict(self._gaps)
        for node in self._nodes:
            causes = [self._own[node.key]] if node.key in self._own else []
            causes += [found[name] for name in node.inputs if name in found]
            for gap in [gaps[name].seen_by(node) for name in node.inputs if name in gaps]:
                if gap.is_over:
                    gaps |= dict.fromkeys(node.columns, gap)
                else:
                    causes.append(Failure(gap.since, gap.failed.reason))
            if causes:
                found |= dict.fromkeys(node.columns, min(causes, key=lambda failed: failed.bar))
        self.columns = found
