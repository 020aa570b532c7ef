"""A portfolio file as people write it: one JSON object, every mistake told at once with its place."""

import json
from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError

from schemas.document_kind import of_another_kind
from schemas.json_value import kind_in_json
from schemas.known_keys import known_keys
from schemas.portfolio import PortfolioConfig
from schemas.problems import PortfolioFileError, Problem
from schemas.strategy_draft import Draft
from schemas.strategy_text import read_document, usable_numbers
from schemas.validation_problems import tell

MAX_PORTFOLIO_BYTES: Final = 1_048_576


def load_portfolio(content: bytes, *, origin: str) -> PortfolioConfig:
    """The portfolio in a file's bytes; PortfolioFileError lists everything that is wrong with it.

    >>> load_portfolio(b'{"id": "main", "limits": {"maxHeat": 0.06}}', origin="main.json").limits.max_heat
    0.06
    """
    document = read_document(content, origin=origin, most_bytes=MAX_PORTFOLIO_BYTES, error_type=PortfolioFileError)
    return parse_portfolio(document, origin=origin)


def parse_portfolio(document: object, *, origin: str) -> PortfolioConfig:
    """The portfolio in a decoded JSON document of bounded depth."""
    if not isinstance(document, Mapping):
        refused = PortfolioFileError(origin, [Problem("", f"expected a JSON object, got {kind_in_json(document)}")])
        raise of_another_kind(document, "portfolio", refused)
    draft = Draft()
    unusable: list[Problem] = []
    usable = {
        str(key): usable_numbers(value, unusable, str(key)) for key, value in document.items() if key != "$schema"
    }
    for problem in unusable:
        draft.refuse(problem.where, problem.message)
    draft.document = known_keys(usable, PortfolioConfig, draft)
    config = None
    try:
        config = PortfolioConfig.model_validate_json(json.dumps(draft.document))
    except ValidationError as error:
        tell(error, draft)
    if config is None or draft.problems:
        raise of_another_kind(document, "portfolio", PortfolioFileError(origin, draft.problems))
    return config
