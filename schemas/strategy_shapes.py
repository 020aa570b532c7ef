"""The parts of a strategy file in each accepted shape, brought to the normal form. Problems are collected."""

from collections.abc import Mapping

from schemas.conditions import condition_text, join_conditions
from schemas.decode_error import shown
from schemas.names import did_you_mean
from schemas.problems import Problem

Document = dict[str, object]

_RULE_KEYS = ("id", "name", "type", "side", "condition", "expression", "confidence", "logic", "conditions")
_CONDITION_KEYS = ("indicator", "operator", "value")
_LISTED_KEYS = ("name", "type", "parameters", "params", "description")
_RISK_KEYS = {
    "maxPositionSize": "max_position_size",
    "max_position_size": "max_position_size",
    "stopLoss": "stop_loss",
    "stop_loss": "stop_loss",
    "takeProfit": "take_profit",
    "take_profit": "take_profit",
}


def indicator_map(given: Mapping[str, object], problems: list[Problem]) -> list[Document]:
    """``{"rsi": {"period": 14}}``: the key names it, and is its type unless a ``type`` is given."""
    found: list[Document] = []
    for name, parameters in given.items():
        if not isinstance(parameters, Mapping):
            problems.append(
                Problem(f"indicators.{name}", f"expected an object of parameters, got {type(parameters).__name__}")
            )
            continue
        rest = {key: value for key, value in parameters.items() if key not in {"type", "description"}}
        found.append({"name": name, "type": parameters.get("type", name), "parameters": rest})
    return found


def indicator_list(given: list[object], problems: list[Problem]) -> list[Document]:
    """``[{"RSI": {"params": [{"name": "period", "default": 14}]}}]`` or ``[{"name", "type", "parameters"}]``."""
    found: list[Document] = []
    for index, item in enumerate(given):
        where = f"indicators.{index}"
        if not isinstance(item, Mapping):
            problems.append(Problem(where, f"expected an object, got {type(item).__name__}"))
        elif "type" in item:
            _refuse_unknown(item, _LISTED_KEYS, where, problems)
            parameters = _parameters(item.get("parameters", item.get("params", {})), where, problems)
            kind = str(item["type"])
            found.append(
                {"name": item.get("name", _default_name(kind, parameters)), "type": kind, "parameters": parameters}
            )
        elif len(item) == 1:
            ((kind, body),) = item.items()
            if not isinstance(body, Mapping):
                problems.append(Problem(f"{where}.{kind}", f"expected an object, got {type(body).__name__}"))
                continue
            _refuse_unknown(body, _LISTED_KEYS, f"{where}.{kind}", problems)
            parameters = _parameters(body.get("params", body.get("parameters", {})), f"{where}.{kind}", problems)
            found.append(
                {"name": body.get("name", _default_name(kind, parameters)), "type": kind, "parameters": parameters}
            )
        else:
            problems.append(Problem(where, 'expected {"RSI": {...}} or an object with a type, got ' + _keys(item)))
    return found


def flat_rules(given: object, problems: list[Problem]) -> list[Document]:
    """``{"entry": {...} | [...], "exit": ...}``, or the normal form's list of rules."""
    if isinstance(given, list):
        return [_rule(rule, f"rules.{index}", problems) for index, rule in enumerate(given)]
    if not isinstance(given, Mapping):
        problems.append(Problem("rules", f"expected an object or a list, got {type(given).__name__}"))
        return []
    found: list[Document] = []
    for kind, body in given.items():
        if kind not in {"entry", "exit"}:
            problems.append(
                Problem(f"rules.{kind}", f"unknown rule type {kind!r}{did_you_mean(kind, ('entry', 'exit'))}")
            )
            continue
        several = body if isinstance(body, list) else [body]
        for index, rule in enumerate(several):
            place = f"rules.{kind}" if len(several) == 1 else f"rules.{kind}.{index}"
            name = kind if len(several) == 1 else f"{kind}_{index + 1}"
            found.append(_rule(rule, place, problems, {"id": name, "type": kind}))
    return found


def signal_rules(given: object, problems: list[Problem]) -> list[Document]:
    """``[{"id", "type", "side", "confidence", "logic", "conditions": [{"indicator", "operator", "value"}]}]``."""
    if not isinstance(given, list):
        problems.append(Problem("signals", f"expected a list, got {type(given).__name__}"))
        return []
    return [_rule(rule, f"signals.{index}", problems) for index, rule in enumerate(given)]


def risk_limits(given: object, problems: list[Problem]) -> Document:
    """``maxPositionSize``, ``stopLoss``, ``takeProfit``, in camel or snake case."""
    if not isinstance(given, Mapping):
        problems.append(Problem("risk", f"expected an object, got {type(given).__name__}"))
        return {}
    _refuse_unknown(given, tuple(_RISK_KEYS), "risk", problems)
    return {_RISK_KEYS[key]: value for key, value in given.items() if key in _RISK_KEYS}


def _rule(given: object, where: str, problems: list[Problem], defaults: Document | None = None) -> Document:
    if not isinstance(given, Mapping):
        problems.append(Problem(where, f"expected an object with a condition, got {type(given).__name__}"))
        return {}
    _refuse_unknown(given, _RULE_KEYS, where, problems)
    rule: Document = {
        **(defaults or {}),
        **{key: given[key] for key in ("id", "type", "side", "confidence") if key in given},
    }
    if defaults is not None and rule["type"] != defaults["type"]:
        problems.append(Problem(f"{where}.type", f"expected {defaults['type']!r} here, got {shown(rule['type'])}"))
    rule.setdefault("type", "entry")
    rule.setdefault("id", str(rule["type"]))
    forms = [key for key in ("condition", "expression", "conditions") if key in given]
    if len(forms) != 1:
        problems.append(Problem(where, f"expected one of condition, expression and conditions, got {forms or 'none'}"))
    elif forms == ["conditions"]:
        rule["condition"] = _joined(given, where, problems)
    else:
        rule["condition"] = given[forms[0]]
    return rule


def _joined(given: Mapping[str, object], where: str, problems: list[Problem]) -> str:
    conditions = given["conditions"]
    if not isinstance(conditions, list) or not conditions:
        problems.append(Problem(f"{where}.conditions", "expected a list of one or more conditions"))
        return ""
    texts = []
    for index, one in enumerate(conditions):
        place = f"{where}.conditions.{index}"
        if not isinstance(one, Mapping) or any(key not in one for key in _CONDITION_KEYS):
            got = _keys(one) if isinstance(one, Mapping) else type(one).__name__
            problems.append(Problem(place, f"expected indicator, operator and value, got {got}"))
            continue
        _refuse_unknown(one, _CONDITION_KEYS, place, problems)
        value = one["value"]
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            problems.append(Problem(f"{place}.value", f"expected a number or an indicator's name, got {shown(value)}"))
            continue
        try:
            texts.append(condition_text(str(one["indicator"]), str(one["operator"]), value))
        except ValueError as error:
            problems.append(Problem(place, str(error)))
    try:
        return join_conditions(texts, str(given.get("logic", "AND"))) if texts else ""
    except ValueError as error:
        problems.append(Problem(f"{where}.logic", str(error)))
        return ""


def _parameters(given: object, where: str, problems: list[Problem]) -> Document:
    if isinstance(given, Mapping):
        return dict(given)
    found: Document = {}
    if not isinstance(given, list):
        problems.append(Problem(f"{where}.params", f"expected an object or a list, got {type(given).__name__}"))
        return found
    for index, one in enumerate(given):
        if not isinstance(one, Mapping) or "name" not in one or not ({"default", "value"} & one.keys()):
            problems.append(Problem(f"{where}.params.{index}", 'expected {"name": ..., "default": ...}'))
        else:
            found[str(one["name"])] = one.get("value", one.get("default"))
    return found


def _default_name(kind: str, parameters: Document) -> str:
    period = parameters.get("period", parameters.get("timeperiod"))
    period = int(period) if isinstance(period, float) and period.is_integer() else period  # 14.0 is 14
    return kind.lower() if period is None or len(parameters) > 2 else f"{kind.lower()}_{period}"  # noqa: PLR2004  # period and price


def _refuse_unknown(given: Mapping[str, object], known: tuple[str, ...], where: str, problems: list[Problem]) -> None:
    problems.extend(
        Problem(f"{where}.{key}", f"unknown key {key!r}{did_you_mean(str(key), known)}")
        for key in given
        if key not in known
    )


def _keys(given: Mapping[str, object]) -> str:
    return ", ".join(map(str, given)) or "an empty object"
