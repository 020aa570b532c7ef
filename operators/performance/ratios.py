"""Figures of a year and the ratios of them, each in the two ways that the field has.

*Arithmetic*: the mean return of a bar times the bars of a year, as in empyrical-reloaded. *Geometric*: returns
compounded, as in backtesting.py. Each takes what a strategy's bars amount to, so none has a loop.

Returns, variance and downside are those of bars (fractions), ``growth`` is the last equity over the first, above zero,
``year`` is the number of bars in one. What has no value is None: too few bars, a deviation of zero, a number too large
for a float (a few good minutes, taken for a year).
"""

import math
from typing import Final

YEAR_MS: Final = 31_557_600_000
"""365.25 days: a year of the calendar."""

_DAILY: Final = 366
"""Up to so many bars a year the geometric figures are worked out in backtesting.py's own order of operations, whose
rounding is 1e-13 then: so its published figures come out to the last digit. Its figures are of days, and in its order
minutes would lose all but six digits."""

_FAR_APART: Final = 0.01
"""Two numbers that differ by this share of them lose two digits to their difference."""

_ROUNDING: Final = 1e-12
"""A deviation smaller than this share of the mean is what rounding leaves of none."""


def annual_return(growth: float, returns: int, year: float) -> float | None:
    """Growth, compounded to a year of bars: ``growth ** (year / returns) - 1``.

    Source: empyrical-reloaded ``annual_return``; backtesting.py ``Return (Ann.)``.

    >>> annual_return(1.5, returns=126, year=504)
    4.0625
    """
    if returns == 0:
        return None
    try:
        if year <= _DAILY:
            return math.pow(_geometric_mean(growth, returns), year) - 1.0
        return math.pow(growth, year / returns) - 1.0
    except OverflowError:
        return None


def cagr(growth: float, elapsed_ms: int) -> float | None:
    """Growth, compounded to a year of the calendar, whatever bars there were: ``growth ** (365.25 d / elapsed) - 1``.

    Source: backtesting.py ``CAGR``.

    >>> cagr(1.5, elapsed_ms=YEAR_MS // 2)
    1.25
    """
    if elapsed_ms == 0:
        return None
    try:
        return math.pow(growth, 1.0 / (elapsed_ms / YEAR_MS)) - 1.0
    except OverflowError:
        return None


def volatility_arithmetic(variance: float | None, year: float) -> float | None:
    """The deviation of a bar times the root of the bars of a year: ``sqrt(variance * year)``.

    Source: empyrical-reloaded ``annual_volatility``.

    >>> volatility_arithmetic(0.0001, year=100)
    0.1
    """
    return None if variance is None else finite(math.sqrt(variance) * math.sqrt(year))


def volatility_geometric(variance: float | None, growth: float, returns: int, year: float) -> float | None:
    """The deviation of a year's compounded return: ``sqrt((variance + g ** 2) ** year - g ** (2 * year))``.

    g is the geometric mean of a bar's return, plus one: ``growth ** (1 / returns)``. Where the difference would be of
    two numbers near each other, quiet bars or short ones, it is worked out without one.

    Source: backtesting.py ``Volatility (Ann.)``.

    >>> volatility_geometric(0.25, growth=1.0, returns=9, year=1)
    0.5
    """
    if variance is None:
        return None
    mean = _geometric_mean(growth, returns)
    try:
        apart = math.expm1(year * math.log1p(variance / mean**2))
        if year <= _DAILY and apart > _FAR_APART:
            return math.sqrt(math.pow(variance + mean**2, year) - math.pow(mean, 2.0 * year))
        return finite(math.pow(mean, year) * math.sqrt(apart))
    except OverflowError:
        return None


def sharpe_arithmetic(mean: float | None, variance: float | None, year: float) -> float | None:
    """The mean of a bar over its deviation, times the root of the bars of a year. The risk-free rate is zero.

    Source: W. F. Sharpe, The Sharpe Ratio (1994); empyrical-reloaded ``sharpe_ratio``.

    >>> sharpe_arithmetic(0.01, 0.0004, year=100)
    5.0
    """
    if mean is None or variance is None:
        return None
    deviation = math.sqrt(variance)
    return None if deviation <= _ROUNDING * abs(mean) else finite(mean / deviation * math.sqrt(year))


def sharpe_geometric(annual: float | None, volatility: float | None) -> float | None:
    """The annual return over the geometric volatility. The risk-free rate is zero.

    Source: backtesting.py ``Sharpe Ratio``.

    >>> sharpe_geometric(0.25, 0.5)
    0.5
    """
    if annual is None or volatility is None:
        return None
    return None if volatility <= _ROUNDING * abs(annual) else finite(annual / volatility)


def sortino_arithmetic(mean: float | None, downside: float | None, year: float) -> float | None:
    """The mean of a bar over its downside deviation, times the root of the bars of a year. None where no bar lost.

    Source: F. Sortino, L. Price, Performance Measurement in a Downside Risk Framework (1994), target zero;
    empyrical-reloaded ``sortino_ratio``.

    >>> sortino_arithmetic(0.01, 0.02, year=100)
    5.0
    """
    return None if mean is None or not downside else finite(mean / downside * math.sqrt(year))


def sortino_geometric(annual: float | None, downside: float | None, year: float) -> float | None:
    """The annual return over the downside deviation of a year. None where no bar lost.

    Source: backtesting.py ``Sortino Ratio``.

    >>> sortino_geometric(0.5, 0.02, year=100)
    2.5
    """
    return None if annual is None or not downside else finite(annual / (downside * math.sqrt(year)))


def calmar(annual: float | None, max_drawdown: float) -> float | None:
    """The annual return (compounded) over the deepest drawdown. None where there was none.

    Source: T. W. Young, Calmar Ratio (1991), over the whole run; empyrical-reloaded and backtesting.py have the same.

    >>> calmar(0.25, 0.5)
    0.5
    """
    return None if annual is None or max_drawdown == 0.0 else finite(annual / max_drawdown)


def finite(value: float) -> float | None:
    """The value, or None where it is too large for a float.

    >>> finite(1e308), finite(1e308 * 10)
    (1e+308, None)
    """
    return value if math.isfinite(value) else None


def _geometric_mean(growth: float, returns: int) -> float:
    """Of the returns of bars, plus one."""
    return math.exp(math.log(growth) / returns)
