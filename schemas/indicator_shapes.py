"""The indicators of a strategy file in each accepted shape, brought to the normal form."""

from collections.abc import Mapping

from schemas.json_value import in_json
from schemas.known_keys import COMMENT
from schemas.strategy_draft import Document, Draft, under

_OWN = ("type", "parameters", "params", "source", "timeframe", "modifiers", "description", COMMENT)
"""Keys of an indicator by name that are not parameters."""


def put_indicators(given: object, draft: Draft) -> None:
    """Fill ``indicators`` of the draft.

    By name: ``{"rsi": {"period": 14}}``; the key names it, and is its type unless a ``type`` is given. As a list:
    ``[{"RSI": {"params": [{"name": "period", "default": 14}]}}]`` or ``[{"name", "type", "parameters"}]``.
    """
    found: list[Document] = []
    draft.document["indicators"] = found
    if isinstance(given, Mapping):
        for name, body in given.items():
            if name != COMMENT:
                _named(str(name), body, found, draft)
    elif isinstance(given, list):
        for index, item in enumerate(given):
            _listed(item, f"indicators.{index}", found, draft)
    else:
        draft.refuse("indicators", f"expected an object or a list, got {in_json(given)}")


def _named(name: str, body: object, found: list[Document], draft: Draft) -> None:
    where = under("indicators", name)
    if not isinstance(body, Mapping):
        draft.refuse(where, f"expected an object of parameters, got {in_json(body)}")
        return
    at = ("indicators", len(found))
    draft.written(at, where)
    draft.written((*at, "name"), where)
    if "type" not in body:
        draft.written((*at, "type"), where)
    parameters = _parameters(body, where, draft)
    if "parameters" not in body and "params" not in body:
        draft.written((*at, "parameters"), where)
    for key, value in body.items():
        if key not in _OWN:
            if key in parameters:
                draft.refuse(under(where, key), f"expected {key} once, got it again among the parameters")
            parameters[str(key)] = value
            draft.written((*at, "parameters", str(key)), under(where, key))
    rest = {key: value for key, value in body.items() if key in _OWN and key not in {"parameters", "params"}}
    found.append({"type": name, **_one_source(rest), "name": name, "parameters": parameters})


def _listed(item: object, where: str, found: list[Document], draft: Draft) -> None:
    if not isinstance(item, Mapping):
        draft.refuse(where, f"expected an object, got {in_json(item)}")
        return
    body: object = item
    kinds = [key for key in item if key != COMMENT]
    if "type" in item:
        kind = item["type"]
    elif len(kinds) == 1:
        kind = kinds[0]
        body = item[kind]
        where = under(where, kind)
    else:
        draft.refuse(where, f'expected {{"RSI": {{...}}}} or an object with a type, got {keys_of(item)}')
        return
    if not isinstance(body, Mapping):
        draft.refuse(where, f"expected an object, got {in_json(body)}")
        return
    at = ("indicators", len(found))
    draft.written(at, where)
    parameters = _parameters(body, where, draft)
    if "params" in body:
        draft.written((*at, "parameters"), under(where, "params"))
    rest = {key: value for key, value in body.items() if key not in {"parameters", "params"}}
    default_name = {} if "name" in rest else {"name": _default_name(str(kind), parameters)}
    if default_name:
        draft.written((*at, "name"), where)
    if "type" not in body:
        draft.written((*at, "type"), where)
    found.append({**default_name, "type": kind, **_one_source(rest), "parameters": parameters})


def _one_source(body: Document) -> Document:
    """A list of one source is that source."""
    match body.get("source"):
        case [only]:
            return {**body, "source": only}
    return body


def _parameters(body: Mapping[str, object], where: str, draft: Draft) -> Document:
    """Parameters by name, from an object or from ``[{"name", "default"}]``; a ``value`` goes before the default."""
    if "parameters" in body and "params" in body:
        draft.refuse(under(where, "params"), "expected either parameters or params, got both")
    key = "parameters" if "parameters" in body else "params"
    given = body.get(key, {})
    if isinstance(given, Mapping):
        return dict(given)
    found: Document = {}
    if not isinstance(given, list):
        draft.refuse(under(where, key), f"expected an object or a list, got {in_json(given)}")
        return found
    for index, one in enumerate(given):
        place = f"{where}.{key}.{index}"
        if not isinstance(one, Mapping) or "name" not in one or not ({"default", "value"} & one.keys()):
            draft.refuse(place, 'expected {"name": ..., "default": ...}')
        elif str(one["name"]) in found:
            draft.refuse(f"{place}.name", f"expected each parameter once, got {str(one['name'])[:64]!r} again")
        else:
            found[str(one["name"])] = one.get("value", one.get("default"))
            for other in one:
                if other not in _PARAMETER_KEYS:
                    draft.refuse_key(place, str(other), _PARAMETER_KEYS)
    return found


_PARAMETER_KEYS = ("name", "default", "value", "type", "description", "min", "max", COMMENT)


def _default_name(kind: str, parameters: Document) -> str:
    period = parameters.get("period", parameters.get("timeperiod"))
    period = int(period) if isinstance(period, float) and period.is_integer() else period  # 14.0 is 14
    return kind.lower() if period is None or len(parameters) > 2 else f"{kind.lower()}_{period}"  # noqa: PLR2004  # period and price


def keys_of(given: Mapping[str, object]) -> str:
    """The keys of an object, for a message."""
    return ", ".join(str(key)[:64] for key in list(given)[:8]) or "an empty object"
