"""Where two runs over the same candles give an indicator other values, and which indicator is to blame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dataflows.check.run import Floats
from operators.indicators.identity import Indicator

TOLERANCE = 2e-9
"""Of a value's scale. Each run may be 1e-9 off full history, so two of them may be twice that apart."""


ROUNDING = 1e-11
"""Of the scale of what is read: what double precision may lose in a difference, or a deviation, of large prices."""


_BARS_NAMED = 32


@dataclass(frozen=True)
class Scale:
    """What a column's differences are measured by.

    Attributes:
        own: the greatest magnitude of its own values.
        read: the greatest magnitude of what it reads. The rounding of a difference of prices is that of the prices:
            between the two, a difference is told but not held against the indicator.
    """

    own: float
    read: float


@dataclass(frozen=True)
class Difference:
    """The first bar at which a column differs, both values there, and at how many bars it does (``bars``: the first).

    ``size`` is the greatest difference over the column's scale, infinite where a value is there in one run alone.
    """

    indicator: Indicator
    column: str
    index: int
    expected: float
    found: float
    bars: tuple[int, ...]
    count: int
    size: float

    def later(self, bars: int) -> "Difference":
        """The same, with bars numbered from so many bars before."""
        return replace(self, index=self.index + bars, bars=tuple(bar + bars for bar in self.bars))


def scales(indicators: Sequence[Indicator], columns: Mapping[str, Floats]) -> dict[str, Scale]:
    """The scale of every column of these indicators."""
    magnitude = {name: _magnitude(values) for name, values in columns.items()}
    prices = magnitude.get("high", 0.0)
    found = {}
    for indicator in indicators:
        read = max((magnitude.get(name, prices) for name in indicator.inputs if name != "time"), default=0.0)
        for column in indicator.columns:
            own = magnitude.get(column, 0.0)
            found[column] = Scale(own, max(own, read))
    return found


def differences(
    indicators: Sequence[Indicator],
    expected: Mapping[str, Floats],
    found: Mapping[str, Floats],
    scale: Mapping[str, Scale],
    *,
    tolerance: float,
) -> list[Difference]:
    """Columns that differ by more than ``tolerance`` of their own scale, one for each indicator.

    ``expected`` and ``found`` hold the same bars. Not a number equals not a number.
    """
    told = []
    for indicator in indicators:
        worst: Difference | None = None
        for column in indicator.columns:
            if column not in expected or column not in found:
                continue
            one = _difference(indicator, column, expected[column], found[column], scale[column].own * tolerance)
            if one is not None and (worst is None or one.index < worst.index):
                worst = one
        if worst is not None:
            told.append(worst)
    return told


def roots(told: Sequence[Difference]) -> list[Difference]:
    """Those that follow from no other: an indicator that reads one which differs is not to blame."""
    differing = {one.indicator.key for one in told}
    return [one for one in told if not any(source.key in differing for source in sources_of(one.indicator))]


def sources_of(indicator: Indicator) -> list[Indicator]:
    """Every indicator that it reads, and that those read."""
    found: dict[str, Indicator] = {}
    waiting = list(indicator.sources)
    while waiting:
        one = waiting.pop()
        if one.key not in found:
            found[one.key] = one
            waiting.extend(one.sources)
    return list(found.values())


def _difference(
    indicator: Indicator, column: str, expected: Floats, found: Floats, allowed: float
) -> Difference | None:
    lacking = np.isnan(expected) != np.isnan(found)
    with np.errstate(invalid="ignore"):  # infinite in both runs: they are equal
        apart = np.abs(expected - found)
        differs = np.flatnonzero(lacking | (apart > allowed))
    if not differs.size:
        return None
    first = int(differs[0])
    size = np.inf if lacking.any() else float(np.nanmax(apart))
    return Difference(
        indicator,
        column,
        first,
        float(expected[first]),
        float(found[first]),
        tuple(differs[:_BARS_NAMED].tolist()),
        int(differs.size),
        float(size),
    )


def _magnitude(values: Floats) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size else 0.0
