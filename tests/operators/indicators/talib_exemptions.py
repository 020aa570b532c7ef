"""Where re-anchored values are further than 1e-9 from TA-Lib's over all bars, by how much, and why.

What is measured is the difference over the greater of the value and the output's usual size (the median of its absolute
values). The tolerances are what was measured on the suite's candles and on 12,000 bars of six symbols, rounded up. None
of it is forgotten too late: a longer memory leaves it as it is. TA-Lib's running sums carry the rounding of all bars
before, which a window that begins later does not, and some formulas magnify it.
"""

from collections.abc import Mapping
from typing import NamedTuple

from operators.indicators.identity import Indicator
from operators.indicators.talib_memory import MA_TYPES

TOLERANCE = 1e-9


class Exemption(NamedTuple):
    """``tolerance`` holds at all but ``share`` of the bars."""

    tolerance: float
    share: float
    reason: str


_LINE = "sums of products with prices are subtracted of which the first nine digits are the same"
_CYCLE = "the phase is the arc tangent of two sums that are both near zero where prices stand still"
_TRIANGLE = "the difference of two triangular means, each of which carries the rounding of all bars before"

EXEMPTIONS: Mapping[str, Exemption] = {
    "linearreg_slope": Exemption(3e-9, 0.0, _LINE),
    "linearreg_angle": Exemption(6e-9, 0.0, _LINE),
    "fosc": Exemption(2e-9, 0.0, f"{_LINE}, and of what is left the price's change is a small part"),
    "beta": Exemption(7e-9, 0.0, "the variance of returns as a difference of sums, near zero where prices stand still"),
    "mfi": Exemption(3e-9, 0.0, "flows are added and taken away again: what is left of a great one drowns small ones"),
    "coppock": Exemption(1e-7, 0.0, "as mfi, of changes of volume, of which one may be a million times another"),
    "ht_dcphase": Exemption(1e-8, 0.003, _CYCLE),
    "ht_sine": Exemption(1e-8, 0.006, _CYCLE),
    "ht_trendmode": Exemption(0.0, 0.001, f"{_CYCLE}; a threshold on it is passed one bar sooner or later"),
    "mama": Exemption(TOLERANCE, 0.11, f"{_CYCLE}, and decides how fast the mean follows for some hundred bars"),
    "stochrsi": Exemption(TOLERANCE, 0.0005, "where RSI stands still its range is rounding, and so is a place in it"),
    "cmf": Exemption(TOLERANCE, 0.0015, "where nothing was traded it is one rounding divided by another"),
    "cdldoji": Exemption(0.0, 0.0001, "a body of just a tenth of the mean range is or is not a doji by rounding"),
}

_OF_MAMA = Exemption(TOLERANCE, 0.11, f"takes MAMA: {EXEMPTIONS['mama'].reason}")
_OF_TRIANGLES = Exemption(2e-9, 0.0, _TRIANGLE)


def exemption_of(indicator: Indicator) -> Exemption:
    """What is asked of an indicator: 1e-9 at every bar, if nothing else."""
    types = {parameter.name for parameter in indicator.definition.parameters if parameter.choices}
    means = {value for name, value in indicator.parameters if name in types}
    if MA_TYPES["mama"] in means:
        return _OF_MAMA
    if MA_TYPES["trima"] in means and indicator.kind in {"apo", "ppo", "pvo", "macdext"}:
        return _OF_TRIANGLES
    return EXEMPTIONS.get(indicator.kind, Exemption(TOLERANCE, 0.0, ""))
