"""Whether a live result lies outside the band that a backtest's returns allow."""

from math import log, sqrt

from schemas.alert_reference import Sample

RUINED = 1e-12
"""What is left of a capital that is gone, so that it has a logarithm."""


def deviations(total_return: float, bars: int, reference: Sample) -> float | None:
    """By how many standard deviations the result after some bars is off what the reference's returns add up to.

    With the mean *m* and the variance *s²* of logarithmic returns a bar, the logarithm of equity by capital after *n*
    independent bars has the mean n*m and the standard deviation s*sqrt(n), so that

        z = (ln(1 + total_return) - n * m) / (s * sqrt(n))

    and the band of a rule's ``z`` is n*m - z*s*sqrt(n) to n*m + z*s*sqrt(n). Returns of bars that hang together (a
    strategy that stays in a position over hundreds of them) make the true band wider: take longer bars for the
    reference then. None before the first bar, and where the reference has no variance.

    >>> round(deviations(0.0, 100, Sample(mean=0.001, variance=0.0001, number=1000)), 9)  # (0 - 0.1) / (0.01 * 10)
    -1.0
    """
    if bars < 1 or reference.variance == 0:
        return None
    result = log(max(1 + total_return, RUINED))
    return (result - bars * reference.mean) / sqrt(reference.variance * bars)
