"""Whether an indicator is to blame for a difference, or the rounding of what it reads: tried on the same inputs."""

from collections.abc import Mapping, Sequence

import numpy as np

from dataflows.check.difference import ROUNDING, TOLERANCE, Difference, Scale
from dataflows.check.run import Floats
from operators.indicators.node import TIME
from operators.indicators.opening import opening_of

_RARE = 0.01
"""Of the bars compared: an indicator of few values that differs more often than that is to blame."""


def rounding_decides(
    difference: Difference, columns: Mapping[str, Floats], scale: Mapping[str, Scale], compared: int
) -> bool:
    """Whether an indicator that reads others differs only because those differ in their last digits.

    ``rising(rsi, 3)`` compares values that may be equal but for rounding, and falls one way or the other. So the
    indicator is computed anew from the same inputs, once with no more than its memory and once with all that came
    before: if that makes no difference at any of the differing bars, its memory is long enough.

    An indicator on candles of another timeframe reads what cannot be seen from here; it is excused where it has but
    few values, as one that compares has, and differs at few bars.

    Args:
        difference: at bars of the run over all candles.
        columns: of that run, ``time`` among them.
        scale: of every column.
        compared: how many bars were compared.
    """
    indicator = difference.indicator
    if indicator.timeframe is not None:
        native = indicator.native
        values = columns[difference.column]
        few = np.isin(values[np.isfinite(values)], (-1.0, 0.0, 1.0)).all()
        return native is not None and bool(native.sources) and bool(few) and difference.count <= _RARE * compared
    if not indicator.sources or not all(name in columns for name in indicator.inputs):
        return False
    return all(_is_exact(difference, bar, columns, scale) for bar in difference.bars)


def _is_exact(difference: Difference, bar: int, columns: Mapping[str, Floats], scale: Mapping[str, Scale]) -> bool:
    """Whether the value at a bar is the same with the indicator's memory and with everything before."""
    indicator = difference.indicator
    inputs = [columns[name] for name in indicator.inputs]
    first = _after_gaps(inputs, bar)
    memory = max(indicator.memory, indicator.own_lookback)
    open_and_fill = opening_of(indicator.definition, dict(indicator.parameters))
    latest = max(first, bar - memory)
    if bar - latest < indicator.own_lookback:
        return True  # ready in neither
    (_, short), (_, whole) = (
        open_and_fill(*[np.ascontiguousarray(values[start : bar + 1]) for values in inputs])
        for start in (latest, first)
    )
    for output, one, other in zip(indicator.definition.produced, short, whole, strict=True):
        own = scale[f"{indicator.key}.{output}"]
        if not abs(one[-1] - other[-1]) <= max(TOLERANCE * own.own, ROUNDING * own.read):
            return False
    return True


def _after_gaps(inputs: Sequence[Floats], bar: int) -> int:
    """The first bar from which on, up to this one, all inputs are finite."""
    missing = np.zeros(bar + 1, dtype=np.bool_)
    for values in inputs:
        missing |= ~np.isfinite(values[: bar + 1])
    gaps = np.flatnonzero(missing)
    return int(gaps[-1]) + 1 if gaps.size else 0


def with_time(columns: Mapping[str, Floats], open_times: Sequence[int]) -> dict[str, Floats]:
    """The columns, and the open times that some indicators read."""
    return {**columns, TIME: np.array(open_times, dtype=np.float64)}
