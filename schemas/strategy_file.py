"""A strategy file as people write it: JSON text in any accepted shape, normalised to one ``StrategyConfig``.

The shapes are the normal form itself and the three in which strategies were first written down:

- flat: ``indicators`` is an object by name, ``rules`` an object with ``entry`` and ``exit`` (one rule or a list);
- listed: ``indicators`` is a list, ``signals`` a list of rules with ``conditions`` and ``logic``;
- advanced: ``meta``, ``models``, ``postprocessing``, and ``signals`` with ``expression`` and ``confidence_weight``.

They may be mixed. So is the normal form of release 0.1 (``name``, ``rules`` with ``condition``), which brokers hold.
"""

import json
from collections.abc import Mapping
from typing import NamedTuple

from pydantic import ValidationError

from schemas.document_kind import of_another_kind
from schemas.json_value import kind_in_json
from schemas.known_keys import known_keys
from schemas.problems import Problem, StrategyFileError
from schemas.strategy import StrategyConfig
from schemas.strategy_draft import Draft
from schemas.strategy_rest import rest_of
from schemas.strategy_shapes import put_sections
from schemas.strategy_text import read_document, usable_numbers
from schemas.validation_problems import tell


class Attempt(NamedTuple):
    """What could be made of a document.

    Attributes:
        config: the strategy. Where there are problems, a stand-in for it with the same expressions, by which these can
            be checked, too; None where their names may be among what was refused.
        problems: what is wrong with it; empty where it is right.
    """

    config: StrategyConfig | None
    problems: tuple[Problem, ...]


def load_strategy(content: bytes, *, origin: str) -> StrategyConfig:
    """The strategy in a file's bytes; StrategyFileError lists everything that is wrong with it.

    >>> load_strategy(b'{"id": "dip", "rules": {"entry": {"condition": "rsi_14 < 30"}}}', origin="dip.json").symbols
    ('*',)
    """
    return parse_strategy(read_document(content, origin=origin), origin=origin)


def parse_strategy(document: object, *, origin: str) -> StrategyConfig:
    """The strategy in a decoded JSON document of bounded depth, whatever shape it has.

    A normal form gives itself: ``parse_strategy(config.model_dump(mode="json"), origin=...) == config``.
    """
    config, problems = attempt_strategy(document, origin=origin)
    if config is None or problems:
        raise StrategyFileError(origin, problems)
    return config


def attempt_strategy(document: object, *, origin: str) -> Attempt:
    """What can be made of a decoded JSON document; StrategyFileError where it is none of a strategy at all."""
    if not isinstance(document, Mapping):
        refused = StrategyFileError(origin, [Problem("", f"expected a JSON object, got {kind_in_json(document)}")])
        raise of_another_kind(document, "strategy", refused)
    draft = Draft()
    unusable: list[Problem] = []
    usable = {str(key): usable_numbers(value, unusable, str(key)) for key, value in document.items()}
    for problem in unusable:
        draft.refuse(problem.where, problem.message)
    put_sections(usable, draft)
    draft.document = known_keys(draft.document, StrategyConfig, draft)
    config, refusal = None, None
    try:
        config = StrategyConfig.model_validate_json(json.dumps(draft.document))
    except ValidationError as error:
        refusal = error
        tell(error, draft)
    if not draft.problems:
        return Attempt(config, ())
    refused = StrategyFileError(origin, draft.problems)
    meant = of_another_kind(document, "strategy", refused)
    if meant is not refused:
        raise meant
    return Attempt(rest_of(draft, usable, refusal), refused.problems)
