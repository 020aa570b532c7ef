"""Whole multiples of a step: prices of a tick, quantities of a lot."""

from decimal import Decimal
from math import ceil, floor
from typing import Final, NamedTuple

_NOISE: Final = 1e-12
"""So far from a multiple, as a share of the number of steps, is the noise of a few floating-point operations on it."""


class Step(NamedTuple):
    """``numerator / denominator``, exactly the decimal number that somebody wrote: 0.1 is 1 / 10."""

    numerator: int
    denominator: int


def step_of(size: float) -> Step:
    """The step of a tick or lot size.

    >>> step_of(0.1), step_of(0.0025), step_of(5.0)
    (Step(numerator=1, denominator=10), Step(numerator=1, denominator=400), Step(numerator=5, denominator=1))
    """
    return Step(*Decimal(repr(size)).as_integer_ratio())


def rounded_down(value: float, step: Step | None) -> float:
    """The greatest multiple of ``step`` that is not above ``value``, a finite number; without a step ``value`` itself.

    The result is the float that the decimal number is read as. A value that is a multiple but for the noise of its
    computation is that multiple: 0.1 + 0.2 is three lots of 0.1, not two.

    >>> rounded_down(100.19, step_of(0.1)), rounded_down(0.1 + 0.7, step_of(0.1)), rounded_down(7.0, step_of(5.0))
    (100.1, 0.8, 5.0)
    """
    if step is None:
        return value
    steps = value * step.denominator / step.numerator
    nearest = round(steps)
    whole = nearest if abs(steps - nearest) <= _NOISE * abs(steps) else floor(steps)
    return whole * step.numerator / step.denominator


def rounded_up(value: float, step: Step | None) -> float:
    """The least multiple of ``step`` that is not below ``value``; else as ``rounded_down``.

    >>> rounded_up(100.11, step_of(0.1)), rounded_up(0.1 + 0.2, step_of(0.1)), rounded_up(100.11, None)
    (100.2, 0.3, 100.11)
    """
    if step is None:
        return value
    steps = value * step.denominator / step.numerator
    nearest = round(steps)
    whole = nearest if abs(steps - nearest) <= _NOISE * abs(steps) else ceil(steps)
    return whole * step.numerator / step.denominator
