"""Welch's test against scipy, and what it does over many strategies: false alarms and power."""

import random
from collections.abc import Callable
from math import inf
from statistics import mean, variance

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st

from operators.alerts.degradation import degraded, sample_of
from operators.alerts.student import incomplete_beta, student_cdf
from schemas.alert_reference import Sample

returns = st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=60)


@given(st.floats(-60, 60), st.floats(1, 1e6))
def test_the_distribution_is_scipys(t: float, degrees: float) -> None:
    assert student_cdf(t, degrees) == pytest.approx(scipy.stats.t.cdf(t, degrees), abs=1e-9, rel=1e-7)


@given(st.floats(0, 1), st.floats(0.5, 500), st.floats(0.5, 500))
def test_the_incomplete_beta_function_is_scipys(x: float, a: float, b: float) -> None:
    assert incomplete_beta(x, 1 - x, a, b) == pytest.approx(scipy.stats.beta.cdf(x, a, b), abs=1e-10)


def test_no_degrees_of_freedom_are_refused() -> None:
    with pytest.raises(ValueError, match="expected degrees of freedom above 0, got 0"):
        student_cdf(1.0, 0)


@given(returns, returns)
def test_the_test_is_scipys(live: list[float], reference: list[float]) -> None:
    assume(np.std(live) > 1e-6 and np.std(reference) > 1e-6)
    verdict = degraded(sample_of(live), sample_of(reference))
    expected = scipy.stats.ttest_ind(live, reference, equal_var=False, alternative="less")
    assert verdict.statistic == pytest.approx(expected.statistic, rel=1e-8, abs=1e-9)
    assert verdict.degrees == pytest.approx(expected.df, rel=1e-8)
    assert verdict.p_value == pytest.approx(expected.pvalue, rel=1e-6, abs=1e-9)


@given(returns)
def test_a_sample_is_that_of_the_standard_library(some: list[float]) -> None:
    sample = sample_of(some)
    assert sample.mean == pytest.approx(mean(some), rel=1e-12, abs=1e-15)
    assert sample.variance == pytest.approx(variance(some), rel=1e-9, abs=1e-18)


def test_one_return_has_no_variance() -> None:
    with pytest.raises(ValueError, match="expected at least 2 returns, got 1"):
        sample_of([0.1])


@pytest.mark.parametrize(("live", "p_value"), [(0.01, 1.0), (0.0, 0.5), (-0.01, 0.0)])
def test_without_any_variance_the_means_decide(live: float, p_value: float) -> None:
    reference = Sample(mean=0.0, variance=0.0, number=30)
    verdict = degraded(Sample(mean=live, variance=0.0, number=30), reference)
    assert verdict.p_value == p_value
    assert abs(verdict.statistic) in {0.0, inf}


Draw = Callable[[random.Random, float], float]
MEAN, DEVIATION = 0.002, 0.02


def _normal(chance: random.Random, mean_: float) -> float:
    return chance.gauss(mean_, DEVIATION)


def _skewed(chance: random.Random, mean_: float) -> float:
    """Many small losses and some large wins, as a trend follower has them."""
    return mean_ - DEVIATION + chance.expovariate(1 / DEVIATION)


TRADES = 50
FEW, MANY = 400, 4_000


def rate(draw: Draw, shift: float, alpha: float, chance: random.Random, runs: int) -> float:
    """How often one look at fifty trades finds a strategy worse whose mean moved by so many deviations."""
    found = 0
    for _ in range(runs):
        reference = sample_of([draw(chance, MEAN) for _ in range(250)])
        live = sample_of([draw(chance, MEAN - shift * DEVIATION) for _ in range(TRADES)])
        found += degraded(live, reference).p_value < alpha
    return found / runs


@pytest.mark.parametrize("draw", [_normal, _skewed], ids=["normal", "skewed"])
def test_one_look_gives_about_as_many_false_alarms_as_alpha_says(draw: Draw) -> None:
    # Of 4,000 looks at 5 % chance alone moves the rate by 0.0034 a deviation; skew moves it by more.
    assert rate(draw, 0.0, 0.05, random.Random(11), MANY) == pytest.approx(0.05, abs=0.03)
    assert rate(draw, 0.0, 0.001, random.Random(12), MANY) < 0.01


def test_power_grows_with_the_loss() -> None:
    found = [rate(_normal, shift, 0.001, random.Random(13), FEW) for shift in (0.25, 0.5, 1.0)]
    assert found == sorted(found)
    assert found[2] > 0.99
    # By the normal approximation: 1 - Phi(3.09 - 0.5 * sqrt(250 * 50 / 300)) = 0.55.
    assert 0.35 < found[1] < 0.7


def alarms(shift: float, chance: random.Random, runs: int) -> float:
    """The share of strategies of which any look of the first 250 trades, by a rule's defaults, is an alarm."""
    found = 0
    for _ in range(runs):
        reference = sample_of([_normal(chance, MEAN) for _ in range(250)])
        live = [_normal(chance, MEAN - shift * DEVIATION) for _ in range(250)]
        windows = (live[max(0, end - 100) : end] for end in range(50, 251))
        found += any(degraded(sample_of(window), reference).p_value < 0.001 for window in windows)
    return found / runs


def test_many_looks_give_more_false_alarms_than_one_and_still_few() -> None:
    assert 0 < alarms(0.0, random.Random(14), 150) < 0.05  # simulated: 0.012
    assert alarms(0.5, random.Random(15), 30) > 0.9  # simulated: 0.99
