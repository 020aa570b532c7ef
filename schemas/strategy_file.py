"""A strategy file as people write it: JSON text in any accepted shape, normalised to one ``StrategyConfig``.

Two shapes are accepted, and the normal form itself:

- flat: ``indicators`` is an object by name, ``rules`` an object with ``entry`` and ``exit`` (one rule or a list);
- list: ``indicators`` is a list, ``signals`` a list of rules with ``conditions`` and ``logic``.
"""

import json
from collections.abc import Mapping

from pydantic import ValidationError

from schemas.names import did_you_mean
from schemas.problems import Problem, StrategyFileError
from schemas.strategy import ANY, StrategyConfig, slug
from schemas.strategy_shapes import flat_rules, indicator_list, indicator_map, risk_limits, signal_rules

MAX_FILE_BYTES = 262_144
_KEYS = (
    "id",
    "name",
    "description",
    "symbol",
    "symbols",
    "timeframe",
    "timeframes",
    "indicators",
    "rules",
    "signals",
    "risk",
)


def load_strategy(content: bytes, *, origin: str) -> StrategyConfig:
    """The strategy in a file's bytes; StrategyFileError lists everything that is wrong with it.

    >>> load_strategy(b'{"id": "dip", "rules": {"entry": {"condition": "rsi_14 < 30"}}}', origin="dip.json").symbols
    ('*',)
    """
    if len(content) > MAX_FILE_BYTES:
        raise StrategyFileError(
            origin, [Problem("", f"expected at most {MAX_FILE_BYTES:,} bytes, got {len(content):,}")]
        )
    try:
        document = json.loads(content.decode("utf-8"), object_pairs_hook=_no_repeats, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise StrategyFileError(
            origin, [Problem("", f"expected UTF-8 text, got byte {content[error.start]:#04x} at {error.start}")]
        ) from None
    except (ValueError, RecursionError) as error:
        raise StrategyFileError(origin, [Problem("", f"expected JSON, got an error: {error}")]) from None
    return parse_strategy(document, origin=origin)


def parse_strategy(document: object, *, origin: str) -> StrategyConfig:
    """The strategy in a decoded JSON document, whatever shape it has."""
    if not isinstance(document, Mapping):
        raise StrategyFileError(origin, [Problem("", f"expected a JSON object, got {type(document).__name__}")])
    problems = [
        Problem(str(key), f"unknown key {str(key)!r}{did_you_mean(str(key), _KEYS)}")
        for key in document
        if key not in _KEYS
    ]
    normal = _normalised(document, problems)
    if problems:
        raise StrategyFileError(origin, problems)
    try:
        return StrategyConfig.model_validate_json(json.dumps(normal))
    except ValidationError as error:
        raise StrategyFileError(origin, _problems_of(error)) from None


def _normalised(document: Mapping[str, object], problems: list[Problem]) -> dict[str, object]:
    identity = document.get("id", slug(str(document.get("name", ""))))
    normal: dict[str, object] = {"id": identity, "name": document.get("name", identity)}
    if "description" in document:
        normal["description"] = document["description"]
    normal["symbols"] = _one_or_many(document, "symbol", "symbols", problems)
    normal["timeframes"] = _one_or_many(document, "timeframe", "timeframes", problems)
    normal["indicators"] = _indicators(document.get("indicators", {}), problems)
    if "rules" in document and "signals" in document:
        problems.append(Problem("signals", "expected either rules or signals, got both"))
    if "signals" in document:
        normal["rules"] = signal_rules(document["signals"], problems)
    elif "rules" in document:
        normal["rules"] = flat_rules(document["rules"], problems)
    else:
        problems.append(Problem("rules", "expected rules (or signals), got neither"))
    if document.get("risk") is not None:
        normal["risk"] = risk_limits(document["risk"], problems)
    return normal


def _indicators(given: object, problems: list[Problem]) -> list[dict[str, object]]:
    if isinstance(given, Mapping):
        return indicator_map(given, problems)
    if isinstance(given, list):
        return indicator_list(given, problems)
    problems.append(Problem("indicators", f"expected an object or a list, got {type(given).__name__}"))
    return []


def _one_or_many(document: Mapping[str, object], one: str, many: str, problems: list[Problem]) -> list[object]:
    if one in document and many in document:
        problems.append(Problem(many, f"expected either {one} or {many}, got both"))
    given = document.get(many, document.get(one, ANY))
    return list(given) if isinstance(given, list | tuple) else [given]


def _problems_of(error: ValidationError) -> list[Problem]:
    found = []
    for one in error.errors(include_url=False):
        where = ".".join(str(part) for part in one["loc"] if part not in {"constrained-str", "literal['*']"})
        value = repr(one["input"])
        shown = value if len(value) <= 60 else value[:57] + "..."
        found.append(Problem(where, f"{one['msg'].removeprefix('Value error, ')}, got {shown}"))
    return found


def _no_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        message = f"the key {twice!r} stands twice in one object"
        raise ValueError(message)
    return document


def _no_constant(name: str) -> object:
    message = f"{name} is not a number in JSON"
    raise ValueError(message)
