"""The JSON Schemas of parameters and the check of parameters: of one mind, for every kind and every name."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from operators.indicators.catalog import CATALOG, definition_of
from operators.indicators.definition import IndicatorDefinition, Number, Parameter
from operators.indicators.identity import IndicatorError, resolve
from operators.indicators.json_schema import indicator_kinds

KINDS = indicator_kinds()
each_kind = pytest.mark.parametrize("kind", CATALOG)


def known(definition: IndicatorDefinition) -> tuple[Parameter, ...]:
    return (*definition.parameters, *definition.thresholds)


def names_of(parameter: Parameter) -> Iterator[str]:
    """Every name of a parameter, as it is written here, in one word, with hyphens and in capitals."""
    for name in filter(None, (parameter.name, parameter.talib, *parameter.aliases)):
        yield from (name, name.replace("_", ""), name.replace("_", "-"), name.upper(), name.title())


def accepted(kind: str, parameters: Mapping[str, object]) -> bool:
    """Whether the check takes them; the schema must say the same."""
    try:
        resolve(kind, parameters, where="x", sources=["close"] * len(CATALOG[kind].chosen))
    except IndicatorError:
        return False
    return True


def valid(kind: str, parameters: Mapping[str, object]) -> bool:
    return Draft202012Validator(KINDS[kind]).is_valid(parameters)


def test_every_kind_is_there_with_its_names() -> None:
    assert set(KINDS) == set(CATALOG)
    for kind, schema in KINDS.items():
        Draft202012Validator.check_schema(schema)
        assert schema["title"]
        assert schema["description"]
        assert {definition.name for name in schema["aliases"] if (definition := definition_of(name))} <= {kind}


@each_kind
def test_defaults_are_right_by_every_name(kind: str) -> None:
    properties: Mapping[str, Any] = KINDS[kind]["properties"]
    assert set(properties) - {"price"} == {parameter.name for parameter in known(CATALOG[kind])}
    for parameter in known(CATALOG[kind]):
        told = properties[parameter.name]
        assert told["title"]
        assert told["description"]
        assert (told.get("unit") == "bars") == (parameter.kind is int and not parameter.choices)
        for name in names_of(parameter):
            assert accepted(kind, {name: told["default"]})
            assert valid(kind, {name: told["default"]}), name


@each_kind
def test_what_is_out_of_bounds_or_unknown_is_wrong(kind: str) -> None:
    for parameter in known(CATALOG[kind]):
        size = 1 + abs(parameter.minimum) + abs(parameter.maximum)  # beside 3e37 one is nothing
        beyond: list[Number | str | bool] = [parameter.minimum - size, parameter.maximum + size, "nothing"]
        beyond += [parameter.default + 0.5] if parameter.kind is int else []
        for value in beyond:
            for name in (parameter.name, *parameter.aliases):
                assert not accepted(kind, {name: value})
                loose = bool(parameter.written) and isinstance(value, str)  # only `validate` knows all time zones
                assert valid(kind, {name: value}) == loose, (name, value)
    assert not accepted(kind, {"periodd": 14})
    assert not valid(kind, {"periodd": 14})


@each_kind
def test_a_price_may_be_chosen_where_there_is_one_to_choose(kind: str) -> None:
    one_series = len(CATALOG[kind].chosen) == 1
    for name in ("price", "source", "price_source", "pricesource", "input"):
        for value in ("hl2", "HL2"):
            assert valid(kind, {name: value}) == one_series
            try:
                resolve(kind, {name: value}, where="x")
            except IndicatorError:
                assert not one_series
        assert not valid(kind, {name: "hl3"})
