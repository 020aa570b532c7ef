"""Every indicator there is: all of TA-Lib's functions, and what TA-Lib lacks."""

from collections.abc import Mapping
from types import MappingProxyType

from operators.indicators.averages import AVERAGES
from operators.indicators.clock import CLOCK_KINDS
from operators.indicators.cumulative import CUMULATIVE
from operators.indicators.definition import PRICE_SOURCES, IndicatorDefinition, Parameter, fold
from operators.indicators.extras import EXTRAS
from operators.indicators.modifiers import MODIFIERS
from operators.indicators.oscillators import OSCILLATORS
from operators.indicators.talib_functions import talib_indicator
from operators.indicators.talib_metadata import FUNCTIONS
from operators.indicators.trend import TREND
from operators.indicators.volatility import VOLATILITY

__all__ = ["CATALOG", "PRICE_SOURCES", "IndicatorDefinition", "Parameter", "definition_of", "kind_names"]

_DESCRIBED = (*AVERAGES, *TREND, *OSCILLATORS, *VOLATILITY, *CUMULATIVE, *EXTRAS, *MODIFIERS, *CLOCK_KINDS)
_NAMED = {definition.name for definition in _DESCRIBED}
_OTHERS = tuple(talib_indicator(name.casefold()) for name in FUNCTIONS if name.casefold() not in _NAMED)
_DEFINITIONS = (*_DESCRIBED, *_OTHERS)

CATALOG: Mapping[str, IndicatorDefinition] = MappingProxyType(
    {definition.name: definition for definition in _DEFINITIONS}
)
"""Every definition by its canonical name."""

_BY_ANY_NAME = {
    fold(name): definition for definition in _DEFINITIONS for name in (definition.name, *definition.aliases)
}


def definition_of(kind: str) -> IndicatorDefinition | None:
    """The definition that a kind or one of its aliases names, whatever its case; None if there is none.

    >>> definition_of("Bollinger").name, definition_of("morning_star").name
    ('bbands', 'cdlmorningstar')
    """
    return _BY_ANY_NAME.get(fold(kind))


def kind_names() -> tuple[str, ...]:
    """Every name under which a kind is known, canonical names first."""
    return (*CATALOG, *(alias for definition in _DEFINITIONS for alias in definition.aliases))
