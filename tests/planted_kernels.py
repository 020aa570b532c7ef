"""Indicators with a fault each, planted in the catalog for a test: strategies ask for them by name like for any other.

Each reads a price and the time and gives the price back, until its time comes. Its memory is `MEMORY` bars, so a window
that begins later than that is sound again.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from operators.indicators import catalog
from operators.indicators.definition import IndicatorDefinition
from operators.indicators.kernels.kernel import Handle
from operators.indicators.totals import TOTALS, Total
from operators.strategy import declared, names

Floats = npt.NDArray[np.float64]
Does = Callable[[float, float], object]
"""What a kernel gives for a price and a time (milliseconds)."""

MEMORY = 20
DEAR = 1_000.0
"""A price that only one symbol has."""


class Fault(ArithmeticError):
    """What planted kernels raise, unless their fault is another."""


@dataclass(frozen=True)
class Planted:
    """A kernel that gives what ``does`` says, bar by bar; ``short`` leaves out the last value of an array at times."""

    does: Does
    short: Callable[[float], bool] = lambda _time: False
    bars_before: int = 0

    def lookback(self, _parameters: object) -> int:
        return self.bars_before

    def open_and_fill(self, *windows: Floats, **_parameters: float) -> tuple[Handle, tuple[Floats, ...]]:
        prices, times = (window.tolist() for window in windows)
        values = np.array([self.does(price, time) for price, time in zip(prices, times, strict=True)])
        return self, (values[:-1] if any(map(self.short, times)) else values,)

    def update(self, *values: float) -> float:
        price, time = values
        return () if self.short(time) else self.does(price, time)  # type: ignore[return-value]  # that is the fault


def definition(name: str, kernel: Planted, memory: int = MEMORY) -> IndicatorDefinition:
    return IndicatorDefinition(
        name=name,
        title=name,
        parameters=(),
        inputs=("time",),
        sources=("close",),
        outputs=("value",),
        memory=lambda _parameters: memory,
        kernel=kernel,
    )


def raising(error: Exception) -> object:
    raise error


def at(instant: int, then: Does) -> Does:
    """The price at every bar but the one that opens at ``instant``."""
    return lambda price, time: then(price, time) if time == instant else price


def since(instant: int, then: Does) -> Does:
    """The price at every bar that opens before ``instant``."""
    return lambda price, time: then(price, time) if time >= instant else price


def faults(instant: int) -> dict[str, Planted]:
    """Kernels by the name of their fault, which comes with the bar that opens at ``instant``."""

    def opens() -> Does:
        return lambda price, _time: price

    class NeverOpens(Planted):
        def open_and_fill(self, *windows: Floats, **_parameters: float) -> tuple[Handle, tuple[Floats, ...]]:
            raise Fault(f"cannot be opened over {len(windows)} inputs")

    return {
        "raises_once": Planted(at(instant, lambda _price, _time: raising(Fault("once")))),
        "raises_for_good": Planted(since(instant, lambda _price, _time: raising(KeyError("gone")))),
        "never_opens": NeverOpens(opens()),
        "fears_the_dear": Planted(lambda price, _time: raising(Fault("too dear")) if price > DEAR else price),
        "runs_out_of_memory": Planted(since(instant, lambda _price, _time: raising(MemoryError("no more")))),
        "recurses": Planted(since(instant, lambda _price, _time: raising(RecursionError("too deep")))),
        "gives_none": Planted(since(instant, lambda _price, _time: None)),
        "gives_text": Planted(since(instant, lambda _price, _time: "a lot")),
        "gives_too_few": Planted(opens(), short=lambda time: time >= instant),
        "divides_by_zero": Planted(since(instant, lambda price, _time: price / 0)),
        "gives_infinity": Planted(since(instant, lambda _price, _time: math.inf)),
        "gives_minus_infinity_once": Planted(at(instant, lambda _price, _time: -math.inf)),
        "gives_the_absurd": Planted(since(instant, lambda _price, _time: 1e305)),
        "gives_nan": Planted(since(instant, lambda _price, _time: math.nan)),
        "is_sound": Planted(opens()),
    }


def plant(monkeypatch: pytest.MonkeyPatch, kernels: dict[str, Planted]) -> None:
    """Have the catalog know these for as long as the test lasts, whatever was planted by these names before."""
    declared._resolved.cache_clear()  # noqa: SLF001  # it remembers what a name meant
    names._self_explaining.cache_clear()  # noqa: SLF001  # as above
    for name, kernel in kernels.items():
        monkeypatch.setitem(catalog._BY_ANY_NAME, name.replace("_", ""), definition(name, kernel))  # noqa: SLF001  # no one adds kinds


def plant_total(monkeypatch: pytest.MonkeyPatch, kind: str, volume: float) -> None:
    """Have a running total fail at a candle of this volume."""
    sound = TOTALS[kind]

    def run(*arrays: Floats) -> tuple[Floats, ...]:
        if (arrays[-1] == volume).any():
            raise Fault(f"volume {volume}")
        return sound.run(*arrays)

    def step(sums: tuple[float, ...], before: tuple[float, ...], bar: tuple[float, ...]) -> tuple[float, ...]:
        if bar[-1] == volume:
            raise Fault(f"volume {volume}")
        return sound.step(sums, before, bar)

    monkeypatch.setitem(TOTALS, kind, Total(sound.start, run, step, sound.value))
