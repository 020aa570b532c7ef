"""How many bars back an indicator remembers: the window from which its value is right to 1e-9 of full history.

TA-Lib's lookback is what a window of finite length needs, and all that it needs. What recurses never forgets wholly:
beyond the lookback it needs the bars in which what was before has faded to ``REMAINS``. An exponential mean of period p
forgets by (1 - 2/(p + 1)) a bar, which is at least e**-2 a period; Wilder's mean by (1 - 1/p) a bar, half as fast. Of a
chain of n such means of one period, one of the other, there is left after t periods what an Erlang distribution of n
stages has beyond t. Means of several periods in a chain forget in the sum of what each takes.

What is left is measured against what moved the mean then. A ratio of two means that have both died away, such as the
RSI of a price that has not moved for thirty periods, has no digits left in full history either.
"""

import math
from collections.abc import Callable, Mapping
from functools import cache

Parameters = Mapping[str, int | float]
Rule = Callable[[Parameters], int]

LONGEST_MEMORY = 200_000
"""Bars that an indicator may remember: what a series keeps in memory and writes into every snapshot grows with it."""

FOREVER = 10**9
"""Bars; the memory of what forgets too slowly to be said, or not at all."""

REMAINS = 1e-13  # a difference of means, such as MACD, is a thousandth of a price and less
SETTLING_BARS = 32  # a short period has few bars in which to forget; cheap for all others

EXPONENTIAL_RATE = 2.0  # a period
WILDER_RATE = 1.0

HALVING_BARS = 64
"""Heikin-Ashi's open is halfway between the open and the close before: after 53 halvings no bit is left."""

KAMA_BARS = 6_144
"""Kaufman's mean never moves by less than (2/31)**2 of the distance a bar: e**-25 is left, whatever its period is."""

HILBERT_BARS = 512
"""The dominant cycle is smoothed by 1/3 and by 1/5 a bar, and what is smoothed is scaled by the cycle before: 400 bars
bring two starts together to the last digit but a few; more bars bring them no nearer."""


def forgets_nothing_before(_parameters: Parameters) -> int:
    """No bar beyond the lookback: a window of finite length, or a total, which is carried from its first bar on."""
    return 0


def exponential(bars: float, stages: int = 1) -> int:
    """A chain of exponential means of one period.

    >>> exponential(100)
    1532
    """
    return math.ceil(_periods(EXPONENTIAL_RATE, stages) * bars) + SETTLING_BARS


def wilder(bars: float, stages: int = 1) -> int:
    """A chain of Wilder's means of one period.

    >>> wilder(100)
    3032
    """
    return math.ceil(_periods(WILDER_RATE, stages) * bars) + SETTLING_BARS


@cache
def _periods(rate: float, stages: int) -> int:
    """Periods after which ``REMAINS`` is left of what was before."""
    periods = 1
    while _left(rate * periods, stages) > REMAINS:
        periods += 1
    return periods


def _left(time: float, stages: int) -> float:
    """The tail of an Erlang distribution of rate 1."""
    return math.exp(-time) * math.fsum(time**stage / math.factorial(stage) for stage in range(stages))
