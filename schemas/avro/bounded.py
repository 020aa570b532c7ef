"""Which foreign schemas are safe to read foreign bytes by."""

from typing import Any

PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})


def check_bounded(node: Any, namespace: str = "", inside: frozenset[str] = frozenset()) -> None:  # noqa: ANN401  # any JSON
    """Refuse, by ValueError, a schema by which few bytes could cost much time, memory or stack.

    Every type has to take at least one byte (an array of a trillion nulls is eight bytes long), and none may contain
    itself. ``namespace`` and ``inside``, the full names of the enclosing records, are for the recursion. What is no
    schema at all raises KeyError, TypeError or AttributeError, or passes.
    """
    if isinstance(node, list):  # a union: its index is the byte, so null is welcome here
        for branch in node:
            if branch != "null":
                check_bounded(branch, namespace, inside)
    elif isinstance(node, dict):
        _check_complex(node, namespace, inside)
    elif node == "null":
        raise ValueError("expected types of at least one byte, got null outside a union")
    elif node not in PRIMITIVES and not inside.isdisjoint({str(node), _full_name(str(node), namespace)}):
        raise ValueError(f"expected types that do not contain themselves, got {str(node)[:80]!r} inside itself")


def _check_complex(node: dict[str, Any], namespace: str, inside: frozenset[str]) -> None:
    kind = node["type"]
    if isinstance(kind, dict | list) or kind in PRIMITIVES:
        check_bounded(kind, namespace, inside)
    elif kind == "record":
        if not node["fields"]:
            raise ValueError(f"expected types of at least one byte, got {str(node['name'])[:80]!r} without fields")
        name = _full_name(str(node["name"]), str(node.get("namespace", namespace)))
        for field in node["fields"]:
            check_bounded(field["type"], name.rpartition(".")[0], inside | {name})
    elif kind in {"array", "map"}:
        check_bounded(node["items" if kind == "array" else "values"], namespace, inside)
    elif kind == "fixed":
        if int(node["size"]) < 1:
            raise ValueError(f"expected types of at least one byte, got a fixed of {int(node['size'])}")
    elif kind != "enum":
        raise ValueError(f"expected a type of the Avro specification, got {str(kind)[:80]!r}")


def _full_name(name: str, namespace: str) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"
