"""A strategy file as people write it: JSON text in any accepted shape, normalised to one ``StrategyConfig``.

The shapes are the normal form itself and the three in which strategies were first written down:

- flat: ``indicators`` is an object by name, ``rules`` an object with ``entry`` and ``exit`` (one rule or a list);
- listed: ``indicators`` is a list, ``signals`` a list of rules with ``conditions`` and ``logic``;
- advanced: ``meta``, ``models``, ``postprocessing``, and ``signals`` with ``expression`` and ``confidence_weight``.

They may be mixed. So is the normal form of release 0.1 (``name``, ``rules`` with ``condition``), which brokers hold.
"""

import json
from collections.abc import Mapping

from pydantic import ValidationError

from schemas.known_keys import known_keys
from schemas.problems import Problem, StrategyFileError
from schemas.strategy import StrategyConfig
from schemas.strategy_draft import Draft
from schemas.strategy_shapes import put_sections
from schemas.strategy_text import read_document, usable_numbers
from schemas.validation_problems import tell


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
    if not isinstance(document, Mapping):
        raise StrategyFileError(origin, [Problem("", f"expected a JSON object, got {type(document).__name__}")])
    draft = Draft()
    unusable: list[Problem] = []
    usable = {str(key): usable_numbers(value, unusable, str(key)) for key, value in document.items()}
    for problem in unusable:
        draft.refuse(problem.where, problem.message)
    put_sections(usable, draft)
    draft.document = known_keys(draft.document, StrategyConfig, draft)
    config = None
    try:
        config = StrategyConfig.model_validate_json(json.dumps(draft.document))
    except ValidationError as error:
        tell(error, draft)
    if config is None or draft.problems:
        raise StrategyFileError(origin, draft.problems)
    return config
