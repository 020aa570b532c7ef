"""How large a position may be, and how many there may be at once."""

from math import inf

from operators.risk.refusal import Refusal
from schemas.risk import RiskLimits


def largest_value(limits: RiskLimits, equity: float) -> float:
    """What a position may be worth at most, at the price at which it is entered. Sizing cuts what is more.

    Args:
        limits: ``max_position_size`` and ``max_leverage`` count.
        equity: quote currency.

    Returns:
        Quote currency; infinite without a limit, 0 without equity.

    >>> largest_value(RiskLimits(max_position_size=0.25, max_leverage=2.0), 1_000.0)
    250.0
    """
    factor = min(_or_infinite(limits.max_position_size), _or_infinite(limits.max_leverage))
    return factor * equity if equity > 0 else 0.0 if factor < inf else inf


def may_open(most: int | None, positions: int, strategy: str = "") -> Refusal | None:
    """Whether a strategy that has so many positions open, or about to be, may open another.

    ``most`` is its ``max_concurrent_positions``, None without one.

    >>> str(may_open(3, positions=3, strategy="dip"))
    'max_concurrent_positions (dip): expected at most 3 positions at once, got 4'
    >>> may_open(None, positions=3) is None
    True
    """
    if most is None or positions < most:
        return None
    return Refusal("max_concurrent_positions", most, positions + 1, about=strategy)


def _or_infinite(limit: float | None) -> float:
    return inf if limit is None else limit
