"""The kinds of indicators as JSON Schemas of their parameters, for the schemas by which an editor checks a strategy."""

import re
from collections.abc import Iterable
from typing import Any, Final

from operators.indicators.catalog import CATALOG
from operators.indicators.checking import PRICE_NAMES
from operators.indicators.definition import PRICE_SOURCES, IndicatorDefinition, Parameter, fold

Schema = dict[str, Any]

_OTHER_CASE: Final = "[A-Z]"
"""Case does not count in names, but JSON Schema cannot say so: a name with a capital letter is let pass unread."""

_OTHER: Final = f"^[$]comment$|{_OTHER_CASE}"
_PRICE_NAME: Final[Schema] = {"anyOf": [{"enum": [*PRICE_SOURCES]}, {"type": "string", "pattern": _OTHER_CASE}]}
_PRICE: Final[Schema] = {
    "title": "Price",
    "description": "What it reads; in place of it `source`, beside the parameters, may name an indicator.",
    **_PRICE_NAME,
    "default": "close",
}


def indicator_kinds() -> dict[str, Schema]:
    """For every kind by its canonical name a schema of its ``parameters`` object.

    ``title`` and ``description`` tell what the kind is, ``aliases`` its other names. ``properties`` has the parameters
    and levels by canonical name with title, description, default, bounds, and ``unit`` where they are counted in bars;
    ``patternProperties`` the same by their other names in lower case, with ``-`` or ``_`` between words or nothing.

    >>> rsi = indicator_kinds()["rsi"]
    >>> rsi["title"], rsi["properties"]["period"]["minimum"], rsi["properties"]["period"]["unit"]
    ('Relative Strength Index', 2, 'bars')
    """
    return {name: _kind(definition) for name, definition in CATALOG.items()}


def _kind(definition: IndicatorDefinition) -> Schema:
    parameters = (*definition.parameters, *definition.thresholds)
    properties = {parameter.name: _property(parameter) for parameter in parameters}
    others = [(_other_names(parameter), _constraint(parameter)) for parameter in parameters]
    if len(definition.chosen) == 1:
        properties["price"] = _PRICE
        others.append((list(PRICE_NAMES[1:]), _PRICE_NAME))
    return {
        "title": definition.title,
        "description": definition.doc,
        "aliases": list(definition.aliases),
        "type": "object",
        "properties": properties,
        "patternProperties": {**_patterns(others), _OTHER: {}},
        "additionalProperties": False,
    }


def _property(parameter: Parameter) -> Schema:
    default = parameter.text(parameter.default) if parameter.choices else parameter.default
    return {
        "title": parameter.name.replace("_", " ").capitalize(),
        "description": parameter.doc,
        **_constraint(parameter),
        "default": default,
        **({"unit": "bars"} if parameter.in_bars else {}),
    }


def _constraint(parameter: Parameter) -> Schema:
    """What its value may be."""
    kind = "integer" if parameter.kind is int else "number"
    number = {"type": kind, "minimum": parameter.minimum, "maximum": parameter.maximum}
    if not parameter.choices:
        return number
    if parameter.written:  # the names are too many to offer; whether there is such a one is told by `validate`
        name: Schema = {"type": "string", "description": f"Expected {parameter.written}."}
        return name if parameter.only_by_name else {"anyOf": [name, number]}
    return {"anyOf": [{"enum": [*parameter.choices]}, {"type": "string", "pattern": _OTHER_CASE}, number]}


def _other_names(parameter: Parameter) -> list[str]:
    """What else a parameter is called, in lower case; a name of several words is one that can be written otherwise."""
    names = [parameter.name, *parameter.aliases, re.sub("(?<=[a-z])(period|type)", r"_\1", parameter.talib)]
    return [name for name in names if name and (fold(name) != fold(parameter.name) or "_" in name)]


def _patterns(others: Iterable[tuple[list[str], Schema]]) -> dict[str, Schema]:
    """A pattern for all the names of which the values are bound alike."""
    alike: list[tuple[dict[str, None], Schema]] = []
    for names, constraint in others:
        spelled = dict.fromkeys(name.replace("_", "[_-]?") for name in names)
        same = next((known for known, other in alike if other == constraint), None)
        if same is not None:
            same.update(spelled)
        elif spelled:
            alike.append((spelled, constraint))
    return {f"^({'|'.join(spelled)})$": constraint for spelled, constraint in alike}
