"""How many bars back an indicator remembers: the window from which its value is right to 1e-9 of full history.

An exponential mean of period p forgets by (1 - 2/(p + 1)) a bar, which is e**-2 a period: after 14 periods 7e-13 of
what was before is left. Wilder's mean forgets by (1 - 1/p) a bar, half as fast: 28 periods. A chain of such means
forgets later by what each of its stages adds. A window of finite length forgets all at once.

What is left is measured against what moved the mean then. A ratio of two means that have both died away, such as the
RSI of a price that has not moved for 28 periods, has no digits left in full history either.
"""

from collections.abc import Callable, Mapping

Parameters = Mapping[str, int | float]
Rule = Callable[[Parameters], int]

EMA_PERIODS = 14
WILDER_PERIODS = 28
ADX_PERIODS = 36
SETTLING_BARS = 32  # a short period has few bars in which to forget; cheap for all others


def finite(parameters: Parameters) -> int:
    """Bars that a window over ``period`` bars reads, and one for the bar before it."""
    return int(parameters["period"]) + 1


def exponential(parameters: Parameters) -> int:
    """One exponential mean."""
    return EMA_PERIODS * int(parameters["period"]) + SETTLING_BARS


def exponential_twice(parameters: Parameters) -> int:
    """An exponential mean of an exponential mean."""
    return (EMA_PERIODS + 3) * int(parameters["period"]) + SETTLING_BARS


def exponential_thrice(parameters: Parameters) -> int:
    """Three exponential means, one of the other."""
    return (EMA_PERIODS + 6) * int(parameters["period"]) + SETTLING_BARS


def wilder(parameters: Parameters) -> int:
    """One of Wilder's means."""
    return WILDER_PERIODS * int(parameters["period"]) + SETTLING_BARS


def wilder_twice(parameters: Parameters) -> int:
    """Wilder's mean of a ratio of Wilder's means, as in ADX."""
    return ADX_PERIODS * int(parameters["period"]) + SETTLING_BARS


def convergence(parameters: Parameters) -> int:
    """MACD: the slow mean, then the signal line's mean of the difference."""
    return EMA_PERIODS * (int(parameters["slow_period"]) + int(parameters["signal_period"])) + SETTLING_BARS


def stochastic(parameters: Parameters) -> int:
    """The range of ``fastk_period`` bars, then two simple means."""
    return int(parameters["fastk_period"]) + int(parameters["slowk_period"]) + int(parameters["slowd_period"])
