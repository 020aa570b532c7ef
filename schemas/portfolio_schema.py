"""The portfolio file as JSON Schema 2020-12, for editors.

What only the whole of it can tell (a group that is limited and not there, a rank without a strategy) is left to
``candelabra portfolio validate``.
"""

from typing import Final

from schemas.json_schema_definitions import Schema, finish, whole_schema
from schemas.portfolio import PortfolioConfig
from schemas.portfolio_examples import EXAMPLES

PORTFOLIO_SCHEMA: Final = "portfolio"
"""The schema's name."""


def portfolio_schema() -> Schema:
    """The schema of a whole file.

    >>> portfolio_schema()["title"]
    'Portfolio file'
    """
    whole = PortfolioConfig.model_json_schema()
    definitions: dict[str, Schema] = whole.pop("$defs")
    whole["properties"]["$schema"] = {
        "type": "string",
        "description": "Where this schema is, for the editor; the engine drops it.",
    }
    for definition in (whole, *definitions.values()):
        finish(definition)
    return whole_schema(PORTFOLIO_SCHEMA, {**whole, "title": "Portfolio file"}, definitions, EXAMPLES)
