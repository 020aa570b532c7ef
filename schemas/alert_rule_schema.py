"""A file of alert rules as JSON Schema 2020-12, for editors.

What only the whole of a rule can tell (two thresholds, a reference that says two things) is left to
``candelabra alerts validate``.
"""

from typing import Final

from schemas.alert_rule import AlertRules
from schemas.alert_rule_examples import EXAMPLES
from schemas.alert_rule_file import WRITTEN_AS
from schemas.json_schema_definitions import Schema, finish, whole_schema

ALERT_RULES_SCHEMA: Final = "alert_rules"
"""The schema's name."""


def alert_rules_schema() -> Schema:
    """The schema of a whole file: an object with rules, or a list of them.

    >>> alert_rules_schema()["title"]
    'Alert rules file'
    """
    whole = AlertRules.model_json_schema()
    definitions: dict[str, Schema] = whole.pop("$defs")
    definitions["AlertRules"] = whole
    for definition in definitions.values():
        definition["properties"] = {
            WRITTEN_AS.get(name, name): one for name, one in definition.get("properties", {}).items()
        }
    whole["properties"]["$schema"] = {
        "type": "string",
        "description": "Where this schema is, for the editor; it is dropped.",
    }
    for definition in definitions.values():
        finish(definition)
    root = {
        "title": "Alert rules file",
        "description": "Alert rules and what is sent out, or the rules alone.",
        "type": ["object", "array"],
        "if": {"type": "array"},
        "then": dict(whole["properties"]["rules"]),
        "else": {"$ref": "#/$defs/AlertRules"},
    }
    return whole_schema(ALERT_RULES_SCHEMA, root, definitions, EXAMPLES)
