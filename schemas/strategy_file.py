"""A strategy file as people write it: JSON text in any accepted shape, normalised to one ``StrategyConfig``.

Two shapes are accepted, and the normal form itself:

- flat: ``indicators`` is an object by name, ``rules`` an object with ``entry`` and ``exit`` (one rule or a list);
- list: ``indicators`` is a list, ``signals`` a list of rules with ``conditions`` and ``logic``.
"""

import json
import re
from collections.abc import Mapping

from pydantic import ValidationError

from schemas.decode_error import shown
from schemas.names import did_you_mean
from schemas.problems import Problem, StrategyFileError
from schemas.strategy import ANY, StrategyConfig, slug
from schemas.strategy_shapes import flat_rules, indicator_list, indicator_map, risk_limits, signal_rules

MAX_FILE_BYTES = 262_144
MAX_DEPTH = 16
_IS_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # a place that pydantic makes up has other characters in it
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
    if _depth(document) > MAX_DEPTH:
        raise StrategyFileError(origin, [Problem("", f"expected JSON nested at most {MAX_DEPTH} deep, got deeper")])
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        problem = Problem("", "expected Unicode text, got half of a surrogate pair (an escape such as \\ud800 alone)")
        raise StrategyFileError(origin, [problem]) from None
    return parse_strategy(document, origin=origin)


def parse_strategy(document: object, *, origin: str) -> StrategyConfig:
    """The strategy in a decoded JSON document of bounded depth, whatever shape it has."""
    if not isinstance(document, Mapping):
        raise StrategyFileError(origin, [Problem("", f"expected a JSON object, got {type(document).__name__}")])
    problems = [
        Problem(str(key), f"unknown key {str(key)!r}{did_you_mean(str(key), _KEYS)}")
        for key in document
        if key not in _KEYS
    ]
    normal = _normalised(document, problems)
    try:
        config = StrategyConfig.model_validate_json(json.dumps(normal))
    except ValidationError as error:
        problems += _further(_problems_of(error, normal), problems)
    if problems:
        raise StrategyFileError(origin, problems)
    return config


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


def _problems_of(error: ValidationError, normal: Mapping[str, object]) -> list[Problem]:
    found: dict[str, Problem] = {}
    errors = error.errors(include_url=False)
    for one in errors:
        location = one["loc"]
        if one["type"] == "too_short" and any(inner["loc"][:-1][: len(location)] == location for inner in errors):
            continue  # its items were refused, each for a reason of its own
        where = _place(location, normal)
        message = one["msg"].removeprefix("Value error, ")
        if "parameters" in location and one["type"].endswith("_type"):
            message = "expected a number or a text"
        if ", got " not in message:
            message = f"{message}, got {shown(one['input'])}"
        found.setdefault(where, Problem(where, message))  # a union says for each of its members why it is not that
    return list(found.values())


def _place(location: tuple[int | str, ...], normal: Mapping[str, object]) -> str:
    """A place in the normal form as the file's author knows it: rules by id and indicators by name."""
    parts = [part for part in location if not isinstance(part, str) or _IS_KEY.fullmatch(part)]
    match parts:
        case [("rules" | "indicators") as many, int(index), *rest]:
            items = normal[many]
            item = items[index] if isinstance(items, list) else {}
            name = item.get("id" if many == "rules" else "name", index)
            rest = rest[:2] if many == "indicators" else rest  # a parameter's union names its members below it
            return ".".join(map(str, (many, name, *rest)))
    return ".".join(map(str, parts))


def _further(found: list[Problem], known: list[Problem]) -> list[Problem]:
    """What was not said already: a part that could not be normalised is wrong in the model too."""
    if not known:
        return found
    spoilt = {problem.where.split(".", 1)[0] for problem in known}
    spoilt |= {"rules"} if "signals" in spoilt else set()
    return [problem for problem in found if problem.where and problem.where.split(".", 1)[0] not in spoilt]


def _depth(document: object) -> int:
    """How deeply lists and objects nest; without recursion."""
    depth, level = 0, [document]
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        level = [child for one in level for child in (one.values() if isinstance(one, dict) else one)]
    return depth


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
