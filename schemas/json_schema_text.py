"""A JSON Schema as the text of a file that people read and editors load: short, and of short lines."""

import json
from collections.abc import Mapping
from textwrap import wrap
from typing import Any, Final

_WIDTH: Final = 120


def schema_text(schema: Mapping[str, Any]) -> str:
    """A schema as the text of a file. What fits on a line stands on one, and names in lists fill theirs.

    >>> print(schema_text({"type": "object", "required": ["id"]}), end="")
    {"type": "object", "required": ["id"]}
    """
    return _written(schema, indent=0, used=0) + "\n"


def _written(node: object, *, indent: int, used: int) -> str:
    """Any JSON, in lines that begin at an indent; of the first one some characters are used already."""
    text = json.dumps(node, ensure_ascii=False)
    if indent + used + len(text) < _WIDTH:  # less: a comma may follow
        return text
    match node:
        case Mapping():
            keys = [f"{json.dumps(key, ensure_ascii=False)}: " for key in node]
            pairs = zip(keys, node.values(), strict=True)
            return _block(
                "{}", [f"{key}{_written(one, indent=indent + 1, used=len(key))}" for key, one in pairs], indent
            )
        case list() if all(isinstance(one, str) and " " not in one for one in node):
            width = _WIDTH - indent - 1
            return _block("[]", wrap(text[1:-1], width, break_long_words=False, break_on_hyphens=False), indent, "")
        case list():
            return _block("[]", [_written(one, indent=indent + 1, used=0) for one in node], indent)
        case _:
            return text


def _block(brackets: str, lines: list[str], indent: int, comma: str = ",") -> str:
    inner = "\n" + " " * (indent + 1)
    return f"{brackets[0]}{inner}{f'{comma}{inner}'.join(lines)}\n{' ' * indent}{brackets[1]}"
