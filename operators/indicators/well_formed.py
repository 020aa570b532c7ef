"""What a kernel gives, looked at before it is believed: a float for every output, at every bar."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Filled = tuple[npt.NDArray[np.float64], ...]

_FLOAT = np.dtype(np.float64)


@dataclass(frozen=True)
class _Handle:
    update: Callable[..., Any]


def well_formed(open_and_fill: Callable[..., tuple[Any, Any]], outputs: Sequence[str]) -> Callable[..., Any]:
    """The same opening, that raises TypeError where it gives anything but a float for each of ``outputs`` and bar.

    TA-Lib's own handles need no such look. A kernel that gave too few values would shift a column by a bar; one that
    kept or wrote into the window that it is shown would stop, or change, the history that all others read.
    """
    names = ", ".join(outputs)
    count = len(outputs)

    def checked_update(update: Callable[..., Any]) -> Callable[..., Any]:
        def one(*values: float) -> float:
            value = update(*values)
            if not isinstance(value, float):
                raise TypeError(f"expected a float for {names}, got {value!r:.60}")
            return value

        def several(*values: float) -> tuple[float, ...]:
            found = update(*values)
            if not isinstance(found, tuple) or len(found) != count or not all(isinstance(it, float) for it in found):
                raise TypeError(f"expected a tuple of floats for {names}, got {found!r:.60}")
            return found

        return one if count == 1 else several

    def opened(*windows: npt.NDArray[np.float64]) -> tuple[_Handle, Filled]:
        handle, filled = open_and_fill(*[window.copy() for window in windows])
        bars = len(windows[0])
        if len(filled) != count:
            raise TypeError(f"expected arrays for {names}, got {len(filled)} of them")
        for name, output in zip(outputs, filled, strict=True):
            if not isinstance(output, np.ndarray) or output.dtype != _FLOAT or output.shape != (bars,):
                raise TypeError(f"expected {bars} floats for {name}, got {_shown(output)}")
        return _Handle(checked_update(handle.update)), tuple(filled)

    return opened


def _shown(output: object) -> str:
    if isinstance(output, np.ndarray):
        return f"an array of shape {output.shape} and type {output.dtype}"
    return f"{output!r:.60}"
