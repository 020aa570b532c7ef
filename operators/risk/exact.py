"""Floats as whole numbers, whose sums have no rounding: from them what was added can be taken away again."""

from typing import Final

_STEPS: Final = 2.0**128


def exact(amount: float) -> int:
    """A finite float in steps of 2 to the power of -128.

    Every float above 1e-22 is a whole number of them; of smaller ones what is less than a step is left out. A sum of
    them is the same in whatever order they come, and 0 when all have left.

    >>> nearest(exact(0.1) + exact(1e200) + exact(0.2) - exact(1e200) - exact(0.1))
    0.2
    """
    return int(amount * _STEPS)


def nearest(steps: int) -> float:
    """The float nearest to so many steps."""
    return float(steps) / _STEPS
