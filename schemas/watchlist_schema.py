"""The watchlist file as JSON Schema 2020-12, for editors: every shape that ``schemas.watchlist_file`` accepts.

What only the whole of it can tell (a symbol twice, timeframes that the base does not divide, time zones that do not
exist) is left to ``candelabra watchlist validate``.
"""

from copy import deepcopy
from typing import Final

from schemas.json_schema_definitions import Schema, finish, whole_schema
from schemas.watchlist_document import WatchlistDocument
from schemas.watchlist_examples import EXAMPLES

WATCHLIST_SCHEMA: Final = "watchlist"
"""The schema's name."""


def watchlist_schema() -> Schema:
    """The schema of a whole file.

    >>> watchlist_schema()["title"]
    'Watchlist file'
    """
    whole = WatchlistDocument.model_json_schema()
    definitions: dict[str, Schema] = whole.pop("$defs")
    definitions["WatchlistDocument"] = whole
    _accept_shapes(definitions)
    for definition in definitions.values():
        finish(definition)
    listed = definitions["WatchlistDocument"]["properties"]["assets"]["anyOf"][0]
    root = {
        "title": "Watchlist file",
        "description": "A watchlist, its assets alone, or one asset.",
        "type": ["object", "array"],
        "if": {"type": "array"},
        "then": deepcopy(listed),
        "else": {
            "if": {"required": ["symbol"], "not": {"required": ["assets"]}},
            "then": {"$ref": "#/$defs/AssetConfig"},
            "else": {"$ref": "#/$defs/WatchlistDocument"},
        },
    }
    return whole_schema(WATCHLIST_SCHEMA, root, definitions, EXAMPLES)


def _accept_shapes(definitions: dict[str, Schema]) -> None:
    asset, document = definitions["AssetConfig"], definitions["WatchlistDocument"]
    definitions["TimeframeByName"] = _by_key(definitions["TimeframeConfig"], "name", "Timeframe by name")
    for owner in (asset, document):
        properties = owner["properties"]
        _listed_or_by_key(properties["timeframes"], definitions, "TimeframeConfig", "name", "TimeframeByName")
        properties["consensus"]["anyOf"].insert(0, {"type": "boolean", "description": "Every default of it, or none."})
    definitions["AssetBySymbol"] = _by_key(asset, "symbol", "Asset by symbol")
    _listed_or_by_key(document["properties"]["assets"], definitions, "AssetConfig", "symbol", "AssetBySymbol")
    document["properties"]["$schema"] = {
        "type": "string",
        "description": "Where this schema is, for the editor; the engine drops it.",
    }


def _by_key(kind: Schema, key: str, title: str) -> Schema:
    """The schema of what stands under its own name, which it then need not repeat."""
    body = {**deepcopy(kind), "title": title}
    body["required"] = [name for name in body.get("required", ()) if name != key]
    return {name: one for name, one in body.items() if name != "required" or one}


def _listed_or_by_key(field: Schema, definitions: dict[str, Schema], kind: str, key: str, by_key: str) -> None:
    """A list of them, or of their names alone; or an object of them."""
    name = {**deepcopy(definitions[kind]["properties"][key])}
    bounds = {one: field.pop(one) for one in ("type", "minItems", "maxItems", "items") if one in field}
    field["anyOf"] = [
        {**bounds, "items": {"anyOf": [{"$ref": f"#/$defs/{kind}"}, name]}},
        {"type": "object", "additionalProperties": {"$ref": f"#/$defs/{by_key}"}},
    ]
