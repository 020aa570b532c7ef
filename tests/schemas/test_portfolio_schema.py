"""The JSON Schema of a portfolio file: current, explained throughout, and of one mind with the loader."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from schemas.json_schema_text import schema_text
from schemas.portfolio import PortfolioConfig
from schemas.portfolio_examples import EXAMPLES
from schemas.portfolio_file import parse_portfolio
from schemas.portfolio_schema import portfolio_schema
from schemas.problems import PortfolioFileError
from tests.schemas.portfolio_configs import portfolios
from tests.schemas.schema_nodes import examples_and_defaults, nodes, unexplained

FILE = Path(__file__).parents[2] / "schemas" / "json" / "portfolio.schema.json"
SCHEMA = portfolio_schema()
EDITOR = Draft202012Validator(SCHEMA)


def told(document: object) -> list[str]:
    return [error.message for error in EDITOR.iter_errors(document)]


def test_file_is_what_the_models_say() -> None:
    assert FILE.read_text(encoding="utf-8") == schema_text(SCHEMA), (
        f"the models have changed: candelabra portfolio schema > schemas/json/{FILE.name}"
    )


def test_it_is_a_schema_and_whole_in_itself() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    references = {node["$ref"] for _, node in nodes(SCHEMA) if "$ref" in node}
    assert references == {f"#/$defs/{one}" for one in SCHEMA["$defs"]}


def test_everything_is_explained() -> None:
    assert SCHEMA["description"]
    assert unexplained(SCHEMA) == []


def test_every_example_and_every_default_is_right() -> None:
    found = list(examples_and_defaults(SCHEMA))
    for place, schema, value in found:
        assert [error.message for error in Draft202012Validator(schema).iter_errors(value)] == [], f"{place}: {value}"
    assert len(found) > len(EXAMPLES)


@given(portfolios())
@settings(max_examples=40, deadline=None)
def test_any_normal_form_is_right(config: PortfolioConfig) -> None:
    assert told(config.model_dump(mode="json")) == []


@pytest.mark.parametrize("example", EXAMPLES, ids=["whole", "short"])
def test_an_example_loads_and_may_say_where_the_schema_is(example: dict[str, object]) -> None:
    document = {"$schema": "portfolio.schema.json", "$comment": "ours", **example}
    assert told(document) == []
    assert parse_portfolio(document, origin="example") == parse_portfolio(example, origin="example")


BROKEN: dict[str, object] = {
    "a list": [],
    "no id": {"symbols": ["B"]},
    "unknown key": {"id": "main", "symbol": ["B"]},
    "symbol with a blank": {"id": "main", "symbols": ["a b"]},
    "unknown conflict": {"id": "main", "conflict": "nett"},
    "unknown limit": {"id": "main", "limits": {"max_gros_exposure": 1}},
    "exposure of nothing": {"id": "main", "limits": {"max_gross_exposure": 0}},
    "heat in percent": {"id": "main", "limits": {"max_heat": 6}},
    "unknown action": {"id": "main", "kill_switch": {"action": "stop", "max_drawdown": 0.2}},
    "name of a group with a blank": {"id": "main", "groups": {"a b": ["B"]}},
}


@pytest.mark.parametrize("document", BROKEN.values(), ids=BROKEN)
def test_what_the_schema_refuses_the_loader_refuses_too(document: object) -> None:
    assert told(document)
    with pytest.raises(PortfolioFileError):
        parse_portfolio(document, origin="broken")
