"""What computes an indicator that TA-Lib lacks: over a window at once, then value by value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = Mapping[str, int | float]


class Handle(Protocol):
    """A computation that goes on from where a window ended, as one of ``talib.stream``'s handles does."""

    def update(self, *values: float) -> float | tuple[float, ...]:
        """Take the next value of every input; the value of the output, a tuple if there are several."""
        ...


class Kernel(Protocol):
    """A computation, by the canonical names of its definition's parameters."""

    def lookback(self, parameters: Numbers) -> int:
        """Bars before the first value, counted from the first bar of the inputs."""
        ...

    def open_and_fill(self, *windows: Floats, **parameters: float) -> tuple[Handle, tuple[Floats, ...]]:
        """Compute over a window.

        Args:
            windows: the inputs in the definition's order, arrays of the same length, longer than ``lookback``.
            parameters: the definition's, each by its canonical name.

        Returns:
            What goes on from the window's end, and an array for every output in the order of the definition's
            ``produced``, as long as the window and NaN before ``lookback``.
        """
        ...


class Stepper(Handle, Protocol):
    """A class that computes value by value; it is made with the definition's parameters by their canonical names.

    ``update`` gives NaN until it has taken more than ``lookback`` values.
    """

    @staticmethod
    def lookback(parameters: Numbers) -> int:
        """Bars before the first value."""
        ...


@dataclass(frozen=True)
class Stepwise:
    """A kernel made of a :class:`Stepper`: a window is filled by a loop, so that the two ways cannot differ."""

    stepper: Callable[..., Stepper]
    bars_before: Callable[[Numbers], int]

    def lookback(self, parameters: Numbers) -> int:
        """Bars before the first value."""
        return self.bars_before(parameters)

    def open_and_fill(self, *windows: Floats, **parameters: float) -> tuple[Handle, tuple[Floats, ...]]:
        """Compute over a window, one bar after the other."""
        handle = self.stepper(**parameters)
        values = list(map(handle.update, *[window.tolist() for window in windows]))
        table = np.array(values, dtype=np.float64).reshape(len(values), -1)
        return handle, tuple(np.ascontiguousarray(column) for column in table.T)
