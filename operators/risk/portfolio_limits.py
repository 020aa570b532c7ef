"""The limits on what all positions of a portfolio come to."""

from collections.abc import Iterator
from typing import NamedTuple

from operators.risk.exposure import Exposures
from operators.risk.refusal import Refusal, fraction_of
from schemas.portfolio import PortfolioLimits


class Amount(NamedTuple):
    """One amount that is limited: quote currency, 0 or more, and how much of equity it may be."""

    limit: str
    about: str
    allowed: float
    value: float


def amounts(limits: PortfolioLimits, exposures: Exposures, symbols: list[str]) -> Iterator[Amount]:
    """What is limited, from the widest to the narrowest; of symbols and groups what concerns these symbols."""
    if limits.max_gross_exposure is not None:
        yield Amount("max_gross_exposure", "", limits.max_gross_exposure, exposures.gross)
    if limits.max_net_exposure is not None:
        yield Amount("max_net_exposure", "", limits.max_net_exposure, abs(exposures.net))
    if limits.max_heat is not None:
        yield Amount("max_heat", "", limits.max_heat, exposures.at_risk)
    if limits.max_group_exposure:
        concerned = {name for symbol in symbols for name in exposures.groups_of(symbol)}
        for name in sorted(concerned & limits.max_group_exposure.keys()):
            yield Amount("max_group_exposure", name, limits.max_group_exposure[name], exposures.of_group(name))
    if limits.max_symbol_exposure is not None:
        for symbol in symbols:
            yield Amount("max_symbol_exposure", symbol, limits.max_symbol_exposure, exposures.of_symbol(symbol))


def exceeded(amount: Amount, equity: float) -> Refusal | None:
    """Whether an amount is more than it may be of this equity (quote currency); exactly as much is not.

    >>> exceeded(Amount("max_heat", "", 0.25, 250.0), equity=1_000.0) is None
    True
    >>> str(exceeded(Amount("max_heat", "", 0.25, 260.0), equity=1_000.0))
    'max_heat: expected at most 0.25 of equity at risk to stops, got 0.26'
    """
    limit, about, allowed, value = amount
    if value <= 0 or value <= allowed * equity:
        return None
    return Refusal(limit, allowed, fraction_of(value, equity), about=about)
