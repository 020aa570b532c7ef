"""The kinds of indicators in the JSON Schemas: their names are offered, and the parameters of each are checked."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

Schema = dict[str, Any]
Kinds = Mapping[str, Mapping[str, Any]]

BY_KIND: Final = "ParametersByKind"
_PARTS: Final = {"properties", "patternProperties"}
_SHORT: Final = 80  # characters; a reference takes about half of it
_ABOUT: Final = ("title", "description", "aliases")


def offer_kinds(definitions: dict[str, Schema], kinds: Kinds) -> None:
    """Name the kinds of indicators, and check the parameters of those whose names are known.

    Args:
        definitions: the models' by name.
        kinds: for each kind, by its name in lower case, the schema of its ``parameters`` object. ``title`` and
            ``description`` explain the kind; ``aliases`` are its other names. Kinds whose schemas are otherwise the
            same share one definition.
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
    definitions[BY_KIND] = {
        "title": "Parameters by kind",
        "description": "What the kind of an indicator says of its parameters.",
        "allOf": [
            {
                "if": {"properties": {"type": {"enum": _names(alike, kinds)}}, "required": ["type"]},
                "then": {"properties": {"parameters": {"$ref": f"#/$defs/{name}"}}},
            }
            for name, alike in _shared(definitions, kinds).items()
        ],
    }


def _shared(definitions: dict[str, Schema], kinds: Kinds) -> dict[str, list[str]]:
    """Adds a definition for each set of parameters, and for what several of them say alike; which kinds take it."""
    alike: dict[str, list[str]] = {}
    for kind, schema in sorted(kinds.items()):
        alike.setdefault(_text({key: one for key, one in schema.items() if key not in _ABOUT}), []).append(kind)
    sets = {f"ParametersOf_{same[0]}": (json.loads(text), same) for text, same in alike.items()}
    common = _common([schema for schema, _ in sets.values()])
    definitions |= {name: json.loads(text) for text, name in common.items()}
    for name, (schema, same) in sets.items():
        for part in _PARTS & schema.keys():
            schema[part] = {
                key: {"$ref": f"#/$defs/{common[_text(one)]}"} if _text(one) in common else one
                for key, one in schema[part].items()
            }
        more = f" and {len(same) - 1} more" if len(same) > 1 else ""
        about = {"title": f"Parameters of {same[0]}{more}", "description": "What is left out takes its default."}
        definitions[name] = {**about, **schema}
    return {name: same for name, (_, same) in sets.items()}


def _common(sets: list[Schema]) -> dict[str, str]:
    """The parameters that several sets have, as texts, each with a name of its own: ``Parameter_price``."""
    seen: dict[str, list[str]] = {}
    for schema in sets:
        for part in _PARTS & schema.keys():
            for key, one in schema[part].items():
                seen.setdefault(_text(one), []).append(key)
    found: dict[str, str] = {}
    for text, keys in sorted(seen.items()):
        if len(keys) > 1 and len(text) > _SHORT:
            stem = f"Parameter_{re.sub(r'[^a-z0-9_]', '', min(keys))}"
            same = sum(name.partition(".")[0] == stem for name in found.values())
            found[text] = f"{stem}.{same + 1}" if same else stem
    return found


def _text(schema: object) -> str:
    return json.dumps(schema)


def _told(schema: Mapping[str, Any]) -> str:
    """What a kind is, in a line."""
    title, description = (str(schema.get(key, "")) for key in ("title", "description"))
    return title or description


def _names(alike: list[str], kinds: Kinds) -> list[str]:
    """Every name of these kinds, in lower case; and the canonical one in upper case too."""
    found = dict.fromkeys(
        name for kind in alike for name in (kind, kind.upper(), *map(str.lower, kinds[kind].get("aliases", ())))
    )
    return list(found)
