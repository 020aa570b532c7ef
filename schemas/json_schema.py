"""The strategy file as JSON Schema 2020-12, for editors: seven schemas made from the models, each whole in itself.

They describe the normal form and every shorter way to write it that ``schemas.strategy_file`` accepts; older spellings
are marked ``deprecated``. An editor that is given one completes keys, shows what they mean, and marks what is wrong.
What only the whole strategy can tell (names that clash, unknown models) is left to ``candelabra strategy validate``.
"""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from schemas.json_schema_kinds import Kinds, offer_kinds
from schemas.json_schema_shapes import accept_shapes
from schemas.known_keys import COMMENT
from schemas.strategy import StrategyConfig
from schemas.strategy_examples import EXAMPLES

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
SECTIONS: Final[Mapping[str, str]] = {
    "strategy": "StrategyConfig",
    "meta": "MetaConfig",
    "indicator": "IndicatorConfig",
    "model": "models",
    "postprocessing": "postprocessing",
    "signal": "SignalConfig",
    "risk": "RiskConfig",
}
"""Each schema's name, and the model (or the list of the strategy) whose items it describes."""

_NOTE: Final = {"description": "A note to readers; the engine drops it."}


def json_schemas(kinds: Kinds | None = None) -> dict[str, Schema]:
    """The seven schemas by name: ``strategy`` for a whole file, the others for what stands in its sections.

    ``kinds`` has a JSON Schema for the ``parameters`` object of each kind of indicator, by the kind's name in lower
    case; its ``title`` and ``description`` explain the kind, ``aliases`` are its other names. An editor then offers the
    kinds and checks the parameters of each. Without it any kind and any parameters pass.

    >>> sorted(json_schemas())
    ['indicator', 'meta', 'model', 'postprocessing', 'risk', 'signal', 'strategy']
    """
    definitions = _definitions()
    accept_shapes(definitions)
    if kinds:
        offer_kinds(definitions, kinds)
    for definition in definitions.values():
        _finish(definition)
    lists = definitions["StrategyConfig"]["properties"]
    found: dict[str, Schema] = {}
    for name, source in SECTIONS.items():
        root = definitions[source] if source in definitions else _items(source, lists[source])
        reached = _reached(root, definitions)
        found[name] = {
            "$schema": DIALECT,
            "$id": f"urn:candelabra:schema:{name}",
            **root,
            "examples": deepcopy(EXAMPLES[name]),
            **({"$defs": {one: definitions[one] for one in sorted(reached)}} if reached else {}),
        }
    return found


def _definitions() -> dict[str, Schema]:
    whole = StrategyConfig.model_json_schema()
    definitions: dict[str, Schema] = whole.pop("$defs")
    return {**definitions, "StrategyConfig": whole}


def _items(section: str, listed: Schema) -> Schema:
    """The schema of one item of a list whose items may be of several kinds."""
    title = {"models": "Model", "postprocessing": "Postprocessing"}[section]
    return {"title": title, "description": listed["description"], **listed["items"]}


def _finish(node: Any) -> None:  # noqa: ANN401  # any JSON
    """Allow comments in every object and only known names in maps; drop what is no JSON Schema; unwrap texts."""
    if isinstance(node, list):
        for one in node:
            _finish(one)
        return
    if not isinstance(node, dict):
        return
    node.pop("discriminator", None)
    if "patternProperties" in node:
        node.setdefault("additionalProperties", False)
    patterns = node.get("patternProperties", {})
    if node.get("type") == "object" and "additionalProperties" in node and not any(map(_matches_comment, patterns)):
        node.setdefault("properties", {}).setdefault(COMMENT, _NOTE)
    if isinstance(node.get("description"), str):
        node["description"] = re.sub(r"(?<!\n)\n(?!\n)", " ", node["description"]).replace("``", "`")
    for key, one in node.items():
        if key not in {"default", "examples", "const", "enum"}:
            for child in one.values() if key in {"properties", "patternProperties"} else (one,):
                _finish(child)


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
