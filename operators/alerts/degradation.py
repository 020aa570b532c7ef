"""Whether a strategy has become worse: Welch's t-test of its last trades against a reference, one-sided.

With mean *m*, sample variance *s²* (divided by n - 1) and number *n* of the returns of trades, live and of the
reference, the statistic is

    t = (m_live - m_reference) / sqrt(s²_live / n_live + s²_reference / n_reference)

and, with *v* = s²/n of either, the Welch-Satterthwaite degrees of freedom are

    (v_live + v_reference)² / (v_live² / (n_live - 1) + v_reference² / (n_reference - 1))

The p-value is the chance of a *t* as small as this if live trades earn what the reference's do. Variances may differ,
and no form of the returns is assumed beyond what the central limit theorem needs. That takes many trades where returns
are skewed to the right (many small losses, few large wins): then small means are more frequent than Student has it, and
one look gives several times as many false alarms as *alpha* says.

It is looked at after every trade, over a window that moves by one. Looks are no independent tests, and the chance of a
false alarm in any of many is well above *alpha*: which is why *alpha* is 0.001 and not 0.05.
``ui/guide/degradation.md`` has the rates and the power, as simulated.

Source: B. L. Welch, "The generalization of 'Student's' problem when several different population variances are
involved", Biometrika 34 (1947), 28-35; F. E. Satterthwaite, Biometrics Bulletin 2 (1946), 110-114. The same as
``scipy.stats.ttest_ind(live, reference, equal_var=False, alternative="less")``.
"""

from collections.abc import Sequence
from math import copysign, fsum, inf, sqrt
from typing import NamedTuple

from operators.alerts.student import student_cdf
from schemas.alert_reference import Sample

LEAST = 2
"""Returns without which there is no variance."""


class Verdict(NamedTuple):
    """What the test says. ``degrees`` of freedom; ``p_value`` from 0 to 1, small where live is worse."""

    statistic: float
    degrees: float
    p_value: float
    live: Sample
    reference: Sample


def sample_of(returns: Sequence[float]) -> Sample:
    """Mean, variance and number of some returns, in two passes, so that no digits cancel.

    >>> sample_of([0.25, 0.75])
    Sample(mean=0.5, variance=0.125, number=2)

    Raises:
        ValueError: fewer than two.
    """
    number = len(returns)
    if number < LEAST:
        raise ValueError(f"expected at least {LEAST} returns, got {number}")
    mean = fsum(returns) / number
    variance = fsum((one - mean) ** 2 for one in returns) / (number - 1)
    return Sample(mean=mean, variance=variance, number=number)


def degraded(live: Sample, reference: Sample) -> Verdict:
    """Welch's one-sided test that live trades earn less than the reference's.

    Where neither has any variance the means alone decide: the p-value is 0, 1, or one half where they are equal.

    >>> same = Sample(mean=0.01, variance=0.0004, number=50)
    >>> degraded(same, same).p_value
    0.5
    """
    live_part, reference_part = live.variance / live.number, reference.variance / reference.number
    spread, difference = live_part + reference_part, live.mean - reference.mean
    if spread == 0:
        degrees = float(live.number + reference.number - 2)
        if difference == 0:
            return Verdict(0.0, degrees, 0.5, live, reference)
        return Verdict(copysign(inf, difference), degrees, float(difference > 0), live, reference)
    # Shares of the spread: the squares of tiny variances would underflow.
    live_share, reference_share = live_part / spread, reference_part / spread
    degrees = 1 / (live_share**2 / (live.number - 1) + reference_share**2 / (reference.number - 1))
    statistic = difference / sqrt(spread)
    return Verdict(statistic, degrees, student_cdf(statistic, degrees), live, reference)
