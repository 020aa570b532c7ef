"""TA-Lib's functions in the form of a kernel: float values, NaN where there is none yet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import talib.stream
from talib import abstract

from operators.indicators.definition import IndicatorDefinition
from operators.indicators.kernels.kernel import Floats, Handle, Kernel, Numbers


class WholeNumbersHandle:
    """A handle of which some outputs are integers, as floats."""

    def __init__(self, update: Callable[..., Any]) -> None:
        self._update = update

    def update(self, *values: float) -> float | tuple[float, ...]:
        """The next value of every output."""
        value = self._update(*values)
        return tuple(map(float, value)) if isinstance(value, tuple) else float(value)


@dataclass(frozen=True)
class TalibKernel:
    """One of TA-Lib's functions.

    Attributes:
        function: its name there.
        names: TA-Lib's name for each parameter, by the canonical one.
    """

    function: str
    names: Mapping[str, str]

    def lookback(self, parameters: Numbers) -> int:
        """Bars before the first value, as TA-Lib counts them; -1 if it refuses the parameters.

        >>> TalibKernel("SMA", {"period": "timeperiod"}).lookback({"period": 10})
        9
        """
        function = abstract.Function(self.function)  # type: ignore[attr-defined]  # left out of TA-Lib's stub
        function.parameters = {name: parameters[canonical] for canonical, name in self.names.items()}
        return int(function.lookback)

    def open_and_fill(self, *windows: Floats, **parameters: float) -> tuple[Handle, tuple[Floats, ...]]:
        """Compute over a window; the handle is TA-Lib's own, unless an output is an integer."""
        arguments = {self.names[name]: value for name, value in parameters.items()}
        handle, filled = getattr(talib.stream, self.function).open_and_fill(*windows, **arguments)
        outputs: tuple[Floats, ...] = filled if isinstance(filled, tuple) else (filled,)
        if all(output.dtype == np.float64 for output in outputs):
            return handle, outputs
        floats = tuple(output.astype(np.float64) for output in outputs)
        before = self.lookback(parameters)
        for output in floats:
            output[:before] = np.nan  # TA-Lib has 0 there, which for a candle pattern would mean that there is none
        return WholeNumbersHandle(handle.update), floats


def kernel_of(definition: IndicatorDefinition) -> Kernel:
    """What computes an indicator: its own kernel, or TA-Lib."""
    if definition.kernel is not None:
        return definition.kernel
    return TalibKernel(definition.talib, {parameter.name: parameter.talib for parameter in definition.parameters})
