"""The kinds of indicators in the JSON Schemas: their names are offered, and the parameters of each are checked."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

Schema = dict[str, Any]
Kinds = Mapping[str, Mapping[str, Any]]

BY_KIND: Final = "ParametersByKind"
_ABOUT: Final = ("title", "description", "aliases")
_PARTS: Final = ("properties", "patternProperties")
_SHORT: Final = 60  # characters; a reference takes about two thirds of it


def offer_kinds(definitions: dict[str, Schema], kinds: Kinds) -> None:
    """Name the kinds of indicators, and check the parameters of those whose names are known.

    Args:
        definitions: the models' by name.
        kinds: for each kind, by its name in lower case, the schema of its ``parameters`` object. ``title`` and
            ``description`` explain the kind; ``aliases`` are its other names. Kinds of which the rest is the same share
            one schema, and so do parameters.
    """
    for name in ("IndicatorConfig", "IndicatorByName"):
        indicator = definitions[name]
        free = indicator["properties"]["type"]
        about = {key: free.pop(key) for key in ("description", "examples", "title") if key in free}
        indicator["properties"]["type"] = {**about, "anyOf": [{"$ref": "#/$defs/Kind"}, free]}
        indicator["allOf"] = [{"$ref": f"#/$defs/{BY_KIND}"}]
    definitions["Kind"] = {
        "title": "Kind of indicator",
        "description": "The kinds by their names in lower case; other names and any other case are accepted too.",
        "oneOf": [{"const": kind, "description": _told(schema)} for kind, schema in sorted(kinds.items())],
    }
    alike: dict[str, list[str]] = {}
    for kind, schema in sorted(kinds.items()):
        alike.setdefault(_text({key: one for key, one in schema.items() if key not in _ABOUT}), []).append(kind)
    sets = [json.loads(text) for text in alike]
    definitions |= _share(sets)
    definitions[BY_KIND] = {
        "title": "Parameters by kind",
        "description": "What the kind of an indicator says of its parameters.",
        "allOf": [
            {
                "if": {"properties": {"type": {"enum": _names(same, kinds)}}, "required": ["type"]},
                "then": {"properties": {"parameters": one}},
            }
            for one, same in zip(sets, alike.values(), strict=True)
        ],
    }


def _share(sets: list[Schema]) -> dict[str, Schema]:
    """Puts a reference where several sets say the same of a parameter; what it refers to, by name."""
    places = [(one[part], key) for one in sets for part in _PARTS if part in one for key in one[part]]
    counted = Counter(_text(part[key]) for part, key in places)
    names: dict[str, str] = {}
    for part, key in places:
        text = _text(part[key])
        if counted[text] > 1 and len(text) > _SHORT:
            names.setdefault(text, f"Parameter_{re.sub(r'[^a-z0-9_]', '', key)}.{len(names) + 1}")
            part[key] = {"$ref": f"#/$defs/{names[text]}"}
    return {
        name: {"title": "Parameter", "description": "A parameter.", **json.loads(text)} for text, name in names.items()
    }


def _text(schema: object) -> str:
    return json.dumps(schema)


def _told(schema: Mapping[str, Any]) -> str:
    """What a kind is, in a line."""
    return str(schema.get("title") or schema.get("description", ""))


def _names(alike: list[str], kinds: Kinds) -> list[str]:
    """Every name of these kinds, in lower case; and the canonical one in upper case too."""
    found = dict.fromkeys(
        name for kind in alike for name in (kind, kind.upper(), *map(str.lower, kinds[kind].get("aliases", ())))
    )
    return list(found)
