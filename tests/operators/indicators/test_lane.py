"""One indicator carried along a series: what a lane sees to whatever its kernel does."""

import math
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pytest

from operators.indicators.definition import IndicatorDefinition
from operators.indicators.kernels.kernel import Handle
from operators.indicators.node import Indicator, node
from operators.indicators.series import IndicatorSeries
from tests.operators.indicators.talib_cases import rows_of

Floats = npt.NDArray[np.float64]
BARS = 300


class Doubled:
    """A handle that forgets nothing, and a kernel that gives values before its lookback is over."""

    def __init__(self, bars: int) -> None:
        self._bars = bars

    def update(self, *values: float) -> float:
        return 2.0 * values[0]

    def lookback(self, _parameters: Mapping[str, float]) -> int:
        return self._bars

    def open_and_fill(self, *windows: Floats, **_parameters: float) -> tuple[Handle, tuple[Floats, ...]]:
        return self, (2.0 * windows[0],)


def careless(bars: int) -> Indicator:
    definition = IndicatorDefinition(
        name="doubled",
        title="Doubled",
        parameters=(),
        inputs=("close",),
        outputs=("doubled",),
        memory=lambda _parameters: bars,
        kernel=Doubled(bars),
    )
    return node(definition, ("close",), {}, where="doubled", fixed=1)


@pytest.mark.parametrize("bars", [0, 1, 5, 130])
@pytest.mark.parametrize("size", [1, 3, 200, BARS])
def test_a_kernel_that_is_ready_too_soon_is_not_believed(
    bars: int, size: int, walk: Callable[[float, int], Floats]
) -> None:
    candles = walk(300.0, BARS)
    indicator = careless(bars)
    series = IndicatorSeries(1)
    series.want([indicator])
    rows = rows_of(candles)
    found: list[float] = []
    for first in range(0, BARS, size):
        found += series.extend(rows[first : first + size])[indicator.columns[0]][1:]
    assert all(map(math.isnan, found[:bars]))
    assert found[bars:] == (2.0 * candles[3][bars:]).tolist()


class Touchy:
    """A kernel that refuses one value as TA-Lib does, whether it is shown alone or among others."""

    def lookback(self, _parameters: Mapping[str, float]) -> int:
        return 0

    def open_and_fill(self, *windows: Floats, **_parameters: float) -> tuple["Touchy", tuple[Floats, ...]]:
        (window,) = windows
        if (window == REFUSED).any():
            raise Exception(REFUSAL)  # noqa: TRY002  # as TA-Lib does
        return self, (window.copy(),)

    def update(self, *values: float) -> float:
        if values[0] == REFUSED:
            raise Exception(REFUSAL)  # noqa: TRY002  # as TA-Lib does
        return values[0]


REFUSED = 13.0
REFUSAL = "TA_TOUCHY function failed with error code 2: Bad Parameter (TA_BAD_PARAM)"


@pytest.mark.parametrize("size", [1, 7, 200])
def test_a_bar_that_talib_refuses_is_not_ready_and_the_rest_goes_on(size: int) -> None:
    definition = IndicatorDefinition(
        name="touchy",
        title="Touchy",
        parameters=(),
        inputs=("close",),
        outputs=("touchy",),
        memory=lambda _: 0,
        kernel=Touchy(),
    )
    indicator = node(definition, ("close",), {}, where="touchy")
    series = IndicatorSeries(64)
    series.want([indicator])
    closes = [float(bar % 50) for bar in range(200)]
    rows = [(close, close + 1, close, close, 1.0) for close in closes]
    values: list[float] = []
    for start in range(0, len(rows), size):
        values += series.extend(rows[start : start + size])[indicator.columns[0]][1:]
    assert [math.isnan(value) for value in values] == [close == REFUSED for close in closes]
