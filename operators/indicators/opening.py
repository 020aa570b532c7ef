"""How a computation is opened over a window: a kernel's way, or TA-Lib's own with nothing between."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import talib.stream

from operators.indicators.definition import IndicatorDefinition, Number
from operators.indicators.kernels.talib_kernel import TalibKernel, kernel_of
from operators.indicators.pointwise import Pointwise
from operators.indicators.well_formed import well_formed

Opening = Callable[..., tuple[Any, tuple[npt.NDArray[np.float64], ...]]]
"""Takes a window of every input; gives a handle that goes on from its end, and the values of every output in it."""

_FLOAT = np.dtype(np.float64)


def opening_of(definition: IndicatorDefinition, parameters: Mapping[str, Number]) -> Opening:
    """What opens a computation with these parameters.

    TA-Lib's functions are opened at every anchor of every series. Those that give floats, which most do, are called as
    they are: that saves more than half of what opening a short mean costs.
    """
    kernel = kernel_of(definition)
    if not isinstance(kernel, TalibKernel):
        own = partial(kernel.open_and_fill, **parameters)
        return own if isinstance(kernel, Pointwise) else well_formed(own, definition.produced)
    open_and_fill = getattr(talib.stream, kernel.function).open_and_fill
    arguments = {kernel.names[name]: value for name, value in parameters.items()}

    def opened(*windows: npt.NDArray[np.float64]) -> tuple[Any, tuple[npt.NDArray[np.float64], ...]]:
        handle, filled = open_and_fill(*windows, **arguments)
        outputs = filled if isinstance(filled, tuple) else (filled,)
        for output in outputs:
            if output.dtype is not _FLOAT and output.dtype != _FLOAT:
                return kernel.open_and_fill(*windows, **parameters)
        return handle, outputs

    return opened
