"""Lag, change, rising, falling and bars since: by their definitions, and the same value by value as all at once."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.indicators.identity import IndicatorError, resolve
from operators.indicators.kernels.bars_since import BARS_SINCE
from operators.indicators.kernels.change import ABSOLUTE, CHANGE, LOG, PERCENT
from operators.indicators.kernels.kernel import Kernel
from operators.indicators.kernels.lag import LAG
from operators.indicators.kernels.runs import FALLING, RISING

Past = Sequence[float]
Defined = Callable[[Past], float]
"""The value at the last of some bars, NaN where there are too few."""


def back(past: Past, bars: int, value: Callable[[float, float], float]) -> float:
    return value(past[-1], past[-1 - bars]) if len(past) > bars else math.nan


def run(past: Past, period: int, further: Callable[[float, float], bool]) -> float:
    if len(past) <= period:
        return math.nan
    recent = past[-period - 1 :]
    return float(all(further(now, before) for before, now in pairwise(recent)))


def since(past: Past, limit: int) -> float:
    ages = [age for age, value in enumerate(reversed(past)) if value != 0]
    return float(ages[0]) if ages and ages[0] <= limit else math.nan


def percent(now: float, before: float) -> float:
    return 100.0 * ((now - before) / before) if before else math.nan


def log(now: float, before: float) -> float:
    return math.log(now / before) if now > 0 and before > 0 else math.nan


CASES: Sequence[tuple[Kernel, dict[str, int], Defined]] = (
    (LAG, {"bars": 1}, lambda past: back(past, 1, lambda _, before: before)),
    (LAG, {"bars": 4}, lambda past: back(past, 4, lambda _, before: before)),
    (CHANGE, {"bars": 2, "method": ABSOLUTE}, lambda past: back(past, 2, lambda now, before: now - before)),
    (CHANGE, {"bars": 1, "method": PERCENT}, lambda past: back(past, 1, percent)),
    (CHANGE, {"bars": 3, "method": LOG}, lambda past: back(past, 3, log)),
    (RISING, {"period": 1}, lambda past: run(past, 1, lambda now, before: now > before)),
    (RISING, {"period": 3}, lambda past: run(past, 3, lambda now, before: now > before)),
    (FALLING, {"period": 2}, lambda past: run(past, 2, lambda now, before: now < before)),
    (BARS_SINCE, {"limit": 1}, lambda past: since(past, 1)),
    (BARS_SINCE, {"limit": 3}, lambda past: since(past, 3)),
)


@pytest.mark.parametrize(("kernel", "parameters", "defined"), CASES)
@given(
    series=st.lists(st.sampled_from([0.0, 0.0, 1.0, 2.0, 0.1, -3.0]), min_size=6, max_size=30), stop=st.integers(5, 30)
)
def test_filled_and_updated_it_is_what_it_is_defined_to_be(
    kernel: Kernel, parameters: dict[str, int], defined: Defined, series: list[float], stop: int
) -> None:
    stop = min(stop, len(series))
    handle, (filled,) = kernel.open_and_fill(np.array(series[:stop]), **parameters)
    updated = [handle.update(value) for value in series[stop:]]
    expected = [defined(series[: bar + 1]) for bar in range(len(series))]
    assert [*map(repr, [*filled.tolist(), *updated])] == [*map(repr, expected)]


def test_a_change_is_told_in_one_of_three_ways() -> None:
    keys = [
        resolve("change", {"bars": 3, "method": method}, where="c").key for method in ("absolute", "percent", "log")
    ]
    assert len(set(keys)) == 3
    assert resolve("change", {"period": 3}, where="c").key == keys[0]
    with pytest.raises(IndicatorError, match=r"^c\.method: expected one of absolute, percent, log"):
        resolve("change", {"method": "ratio"}, where="c")


@pytest.mark.parametrize("kind", ["lag", "change", "bars_since"])
def test_no_bars_back_is_refused(kind: str) -> None:
    with pytest.raises(IndicatorError, match=r"bars: expected an integer from 1 to "):
        resolve(kind, {"bars": 0}, where="x")
