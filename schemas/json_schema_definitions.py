"""What pydantic says of the models, made whole: a schema with all that it refers to, for an editor to load."""

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, Final

from schemas.known_keys import COMMENT

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_NOTE: Final = {"description": "A note to readers; the engine drops it."}


def whole_schema(name: str, root: Schema, definitions: Mapping[str, Schema], examples: Sequence[object]) -> Schema:
    """A finished schema under its own name, with the definitions that it needs and with examples."""
    reached = _reached(root, definitions)
    return {
        "$schema": DIALECT,
        "$id": f"urn:candelabra:schema:{name}",
        **root,
        "examples": deepcopy(list(examples)),
        **({"$defs": {one: definitions[one] for one in sorted(reached)}} if reached else {}),
    }


def finish(node: Any) -> None:  # noqa: ANN401  # any JSON
    """Allow comments in every object and only known names in maps; drop what is no JSON Schema; unwrap texts."""
    if isinstance(node, list):
        for one in node:
            finish(one)
        return
    if not isinstance(node, dict):
        return
    node.pop("discriminator", None)
    _bound_keys(node)
    if isinstance(node.get("description"), str):
        node["description"] = re.sub(r"(?<!\n)\n(?!\n)", " ", node["description"]).replace("``", "`")
    for key, one in node.items():
        if key not in {"default", "examples", "const", "enum"}:
            for child in one.values() if key in {"properties", "patternProperties"} else (one,):
                finish(child)


def _bound_keys(node: Schema) -> None:
    """Only known keys in a map, and a comment in every object."""
    if "enum" in node.get("propertyNames", {}):
        names, one = node.pop("propertyNames")["enum"], node.pop("additionalProperties")
        node |= {"properties": {name: deepcopy(one) for name in names}, "additionalProperties": False}
        node.pop("maxProperties", None)  # as many as there are names, and a comment
    if "patternProperties" in node:
        node.setdefault("additionalProperties", False)
    patterns = node.get("patternProperties", {})
    if node.get("type") == "object" and "additionalProperties" in node and not any(map(_matches_comment, patterns)):
        node.setdefault("properties", {}).setdefault(COMMENT, _NOTE)


def _matches_comment(pattern: str) -> bool:
    return re.search(pattern, COMMENT) is not None


def _reached(root: Schema, definitions: Mapping[str, Schema]) -> set[str]:
    """The names of the definitions that a schema needs."""
    reached: set[str] = set()
    waiting = list(_references(root))
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += _references(definitions[name])
    return reached


def _references(node: Any) -> Iterator[str]:  # noqa: ANN401  # any JSON
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield reference.removeprefix("#/$defs/")
        for one in node.values():
            yield from _references(one)
    elif isinstance(node, list):
        for one in node:
            yield from _references(one)
