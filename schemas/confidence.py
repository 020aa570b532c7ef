"""How a signal's confidence follows from the terms that it carries: three formulas, the same everywhere.

===========  ==========================================================  =============================================
method       terms                                                       confidence
===========  ==========================================================  =============================================
``fixed``    ``value``                                                   ``value``
``weighted`` ``weight.<part>`` and ``value.<part>`` of each part         sum of weight times value / sum of weights
``scaled``   ``value``, ``threshold``, ``full``, ``least``, ``most``     ``least`` + (``most`` - ``least``) times how
                                                                         far ``value`` is from ``threshold`` (0) to
                                                                         ``full`` (1), cut to [0, 1]
===========  ==========================================================  =============================================

A part's value is in [0, 1]: 1 or 0 for a condition, a number cut to that range. What was not ready has no value among
the terms, and what is not known does not raise confidence: such a part counts 0 with its full weight, and a scaled
confidence is ``least``.
"""

from collections.abc import Callable, Mapping
from math import fsum
from typing import Final

from schemas.signal import ConfidenceMethod, Signal

WEIGHT: Final = "weight."
VALUE: Final = "value."

Terms = Mapping[str, float]


def fixed(terms: Terms) -> float:
    """The number that the rule states, in [0, 1].

    >>> fixed({"value": 0.75})
    0.75
    """
    return terms["value"]


def weighted(terms: Terms) -> float:
    """The weighted mean of the parts, in [0, 1] where every value is. The order of the terms does not matter.

    >>> weighted({"weight.trend": 3.0, "value.trend": 1.0, "weight.volume": 1.0, "value.volume": 0.0})
    0.75
    >>> weighted({"weight.trend": 3.0, "value.trend": 1.0, "weight.volume": 1.0})  # volume was not ready
    0.75
    """
    weights = {name.removeprefix(WEIGHT): weight for name, weight in terms.items() if name.startswith(WEIGHT)}
    # fsum is exact before it rounds, so that no order of the terms gives another last digit.
    return fsum(weight * terms.get(VALUE + part, 0.0) for part, weight in weights.items()) / fsum(weights.values())


def scaled(terms: Terms) -> float:
    """From ``least`` at the threshold to ``most`` at ``full``, which may lie on either side of it; in [0, 1].

    >>> scaled({"value": 25.0, "threshold": 30.0, "full": 20.0, "least": 0.5, "most": 1.0})
    0.75
    >>> scaled({"value": 10.0, "threshold": 30.0, "full": 20.0, "least": 0.5, "most": 1.0})
    1.0
    """
    least, most, threshold = terms["least"], terms["most"], terms["threshold"]
    value = terms.get("value", threshold)
    share = (value - threshold) / (terms["full"] - threshold)
    # 0.0 comes first: it also wins over the NaN of a span too long for a float.
    return min(max(0.0, least + (most - least) * min(max(0.0, share), 1.0)), 1.0)


FORMULAS: Final[Mapping[ConfidenceMethod, Callable[[Terms], float]]] = {
    "fixed": fixed,
    "weighted": weighted,
    "scaled": scaled,
}


def recompute(signal: Signal) -> float:
    """The confidence of a signal from its own terms: equal to ``signal.confidence``, to the bit.

    A signal written before there were terms has none; its rule stated the number, which stands. Raises ValueError where
    the terms are not those of the method.
    """
    terms = signal.confidence_terms
    if not terms and signal.confidence_method == "fixed":
        return signal.confidence
    try:
        return FORMULAS[signal.confidence_method](terms)
    except (KeyError, ZeroDivisionError):
        got = ", ".join(terms) or "none"
        message = f"signal {signal.id}: expected the terms of a {signal.confidence_method} confidence, got {got}"
        raise ValueError(message) from None
