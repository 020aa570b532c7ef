"""The JSON Schema of a file of alert rules: current, explained throughout, and of one mind with the loader."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas.alert_rule_examples import EXAMPLES
from schemas.alert_rule_schema import alert_rules_schema
from schemas.json_schema_text import schema_text
from tests.schemas.schema_nodes import examples_and_defaults, nodes, unexplained

FILE = Path(__file__).parents[2] / "schemas" / "json" / "alert_rules.schema.json"
SCHEMA = alert_rules_schema()
EDITOR = Draft202012Validator(SCHEMA)


def test_file_is_what_the_models_say() -> None:
    assert FILE.read_text(encoding="utf-8") == schema_text(SCHEMA), (
        f"the models have changed: candelabra alerts schema > schemas/json/{FILE.name}"
    )


def test_it_is_a_schema_and_whole_in_itself() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    references = {node["$ref"] for _, node in nodes(SCHEMA) if "$ref" in node}
    assert references == {f"#/$defs/{one}" for one in SCHEMA["$defs"]}


def test_everything_is_explained() -> None:
    assert unexplained(SCHEMA) == []


def test_every_example_and_every_default_is_right() -> None:
    found = list(examples_and_defaults(SCHEMA))
    for place, schema, value in found:
        assert [error.message for error in Draft202012Validator(schema).iter_errors(value)] == [], f"{place}: {value}"
    assert len(found) > len(EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_file_or_its_list_of_rules_is_right(example: dict[str, Any]) -> None:
    for document in (example, example["rules"]):
        assert [error.message for error in EDITOR.iter_errors(document)] == []


@pytest.mark.parametrize(
    "rule",
    [
        {"id": "deep", "type": "metric", "figure": "performance.drawdwn", "above": 0.1},
        {"id": "deep", "type": "metric", "figure": "performance.drawdown", "above": 0.1, "for": "an hour"},
        {"id": "deep", "type": "metric", "figure": "performance.drawdown", "abve": 0.1},
        {"type": "stale_feed"},
    ],
)
def test_an_editor_sees_a_mistake(rule: dict[str, Any]) -> None:
    assert not EDITOR.is_valid({"rules": [rule]})
