"""Kernels made of TA-Lib's own incremental functions: each part is to the bit what its batch function gives."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import talib.stream

from operators.indicators.kernels.kernel import Floats


class Part(NamedTuple):
    """One of TA-Lib's functions, opened over a window: what goes on from its end, and its values so far."""

    update: Callable[..., float]
    values: Floats


def part(function: str, *windows: Floats, **parameters: float) -> Part:
    """Open one of TA-Lib's functions of one output, by TA-Lib's own names.

    >>> import numpy as np
    >>> update, values = part("SMA", np.array([1.0, 2.0, 3.0]), timeperiod=2)
    >>> values.tolist()[1:], update(5.0)
    ([1.5, 2.5], 4.0)
    """
    handle, values = getattr(talib.stream, function).open_and_fill(*windows, **parameters)
    return Part(handle.update, values)


class Carried:
    """A handle whose ``update`` is a function that holds its own state."""

    def __init__(self, update: Callable[..., float | tuple[float, ...]]) -> None:
        self.update = update


def ready_from(lookback: int, *columns: Floats) -> tuple[Floats, ...]:
    """The columns with NaN before ``lookback``, so that all outputs of an indicator begin together."""
    for column in columns:
        column[:lookback] = np.nan
    return columns
