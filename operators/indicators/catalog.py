"""Every indicator there is. TA-Lib computes them all, and its formulas are the source.

Running totals such as OBV are left out: their values depend on where the history began.
"""

from collections.abc import Mapping
from types import MappingProxyType

from operators.indicators.averages import AVERAGES
from operators.indicators.definition import PRICE_SOURCES, IndicatorDefinition, Parameter, fold
from operators.indicators.oscillators import OSCILLATORS
from operators.indicators.trend import TREND
from operators.indicators.volatility import VOLATILITY

__all__ = ["CATALOG", "PRICE_SOURCES", "IndicatorDefinition", "Parameter", "definition_of", "kind_names"]

_DEFINITIONS = (*AVERAGES, *TREND, *OSCILLATORS, *VOLATILITY)

CATALOG: Mapping[str, IndicatorDefinition] = MappingProxyType(
    {definition.name: definition for definition in _DEFINITIONS}
)
"""Every definition by its canonical name."""

_BY_ANY_NAME = {
    fold(name): definition for definition in _DEFINITIONS for name in (definition.name, *definition.aliases)
}


def definition_of(kind: str) -> IndicatorDefinition | None:
    """The definition that a kind or one of its aliases names, whatever its case; None if there is none.

    >>> definition_of("Bollinger").name
    'bbands'
    """
    return _BY_ANY_NAME.get(fold(kind))


def kind_names() -> tuple[str, ...]:
    """Every name under which a kind is known, canonical names first."""
    return (*CATALOG, *(alias for definition in _DEFINITIONS for alias in definition.aliases))
