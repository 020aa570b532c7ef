"""The longest that an indicator may be: what to tell someone whose indicator depends on too many bars."""

from collections.abc import Mapping

from operators.indicators.definition import IndicatorDefinition, Number, Parameter
from operators.indicators.halving import last_accepted
from operators.indicators.memory import LONGEST_MEMORY


def longest_that_works(definition: IndicatorDefinition, numbers: Mapping[str, Number]) -> tuple[str, str]:
    """The parameter to change, and how far; no parameter if a change of one is not enough.

    The longest period is tried first. Of a number that is no period the bound is told to three digits.
    """
    lengths = [one for one in definition.parameters if one.kind is int and not one.choices]
    others = [one for one in definition.parameters if one.kind is float]
    for parameter in (*sorted(lengths, key=lambda one: -numbers[one.name]), *others):
        for end in (parameter.minimum, parameter.maximum):
            if _fits(definition, numbers, parameter, end):
                bound = _bound(definition, numbers, parameter, end)
                word = "longest" if parameter.kind is int else "greatest" if end < bound else "least"
                return parameter.name, f"; the {word} {parameter.name} that works is {bound:g}"
    return "", "; more than one of them must be shorter"


def _fits(definition: IndicatorDefinition, numbers: Mapping[str, Number], parameter: Parameter, value: Number) -> bool:
    return definition.memory({**numbers, parameter.name: value}) <= LONGEST_MEMORY


def _bound(definition: IndicatorDefinition, numbers: Mapping[str, Number], parameter: Parameter, end: Number) -> Number:
    """The number nearest to the one that was asked for with which the memory is short enough."""
    bound = last_accepted(lambda value: _fits(definition, numbers, parameter, value), end, numbers[parameter.name])
    if parameter.kind is int:
        return bound
    rounded = (float(f"{bound * factor:.3g}") for factor in (1.0, 0.995, 1.005, 0.99, 1.01))
    return next((one for one in rounded if _fits(definition, numbers, parameter, one)), bound)
