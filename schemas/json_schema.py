"""The strategy file as JSON Schema 2020-12, for editors: eight schemas made from the models, each whole in itself.

They describe the normal form and every shorter way to write it that ``schemas.strategy_file`` accepts; older spellings
are marked ``deprecated``. An editor that is given one completes keys, shows what they mean, and marks what is wrong.
What only the whole strategy can tell (names that clash, unknown models) is left to ``candelabra strategy validate``.
"""

from collections.abc import Mapping
from typing import Final

from schemas.json_schema_definitions import Schema, finish, whole_schema
from schemas.json_schema_kinds import Kinds, offer_kinds
from schemas.json_schema_shapes import accept_shapes
from schemas.strategy import StrategyConfig
from schemas.strategy_examples import EXAMPLES

SECTIONS: Final[Mapping[str, str]] = {
    "strategy": "StrategyConfig",
    "meta": "MetaConfig",
    "indicator": "IndicatorConfig",
    "model": "models",
    "postprocessing": "postprocessing",
    "signal": "SignalConfig",
    "risk": "RiskConfig",
    "execution": "ExecutionConfig",
}
"""Each schema's name, and the model (or the list of the strategy) whose items it describes."""


def json_schemas(kinds: Kinds | None = None) -> dict[str, Schema]:
    """The eight schemas by name: ``strategy`` for a whole file, the others for what stands in its sections.

    ``kinds`` has a JSON Schema for the ``parameters`` object of each kind of indicator, by the kind's name in lower
    case; its ``title`` and ``description`` explain the kind, ``aliases`` are its other names. An editor then offers the
    kinds and checks the parameters of each. Without it any kind and any parameters pass.

    >>> sorted(json_schemas())
    ['execution', 'indicator', 'meta', 'model', 'postprocessing', 'risk', 'signal', 'strategy']
    """
    definitions = _definitions()
    accept_shapes(definitions)
    if kinds:
        offer_kinds(definitions, kinds)
    for definition in definitions.values():
        finish(definition)
    lists = definitions["StrategyConfig"]["properties"]
    found: dict[str, Schema] = {}
    for name, source in SECTIONS.items():
        root = definitions[source] if source in definitions else _items(source, lists[source])
        found[name] = whole_schema(name, root, definitions, EXAMPLES[name])
    return found


def _definitions() -> dict[str, Schema]:
    whole = StrategyConfig.model_json_schema()
    definitions: dict[str, Schema] = whole.pop("$defs")
    return {**definitions, "StrategyConfig": whole}


def _items(section: str, listed: Schema) -> Schema:
    """The schema of one item of a list whose items may be of several kinds."""
    title = {"models": "Model", "postprocessing": "Postprocessing"}[section]
    return {"title": title, "description": listed["description"], **listed["items"]}
