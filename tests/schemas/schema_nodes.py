"""A walk through a JSON Schema."""

from collections.abc import Iterator
from typing import Any


def nodes(node: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:  # noqa: ANN401  # any JSON
    """Every schema within a schema, with its place."""
    if isinstance(node, dict):
        yield place, node
        for key, one in node.items():
            if key in {"properties", "patternProperties", "$defs"}:
                for name, child in one.items():
                    yield from nodes(child, f"{place}/{key}/{name}")
            elif key not in {"default", "examples", "const", "enum"}:
                yield from nodes(one, f"{place}/{key}")
    elif isinstance(node, list):
        for index, one in enumerate(node):
            yield from nodes(one, f"{place}/{index}")


def unexplained(schema: dict[str, Any]) -> list[str]:
    """The places of a schema that say nothing of what stands there."""
    silent = [
        f"{place}/{key}"
        for place, node in nodes(schema)
        for key, one in node.get("properties", {}).items()
        if "description" not in one and "$ref" not in one and not place.endswith(("/if", "/then"))  # explained before
    ]
    return silent + [
        key for key, one in schema.get("$defs", {}).items() if not (one.get("description") and one["title"])
    ]


def examples_and_defaults(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Each example and default with its place, and the schema that it is of, whole."""
    for place, node in nodes(schema):
        here = {**node, "$defs": schema.get("$defs", {})}
        for value in [*node.get("examples", []), *([node["default"]] if "default" in node else [])]:
            yield place, here, value
