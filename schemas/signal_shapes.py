"""The signals of a strategy file in each accepted shape, brought to the normal form."""

from collections.abc import Mapping

from schemas.conditions import condition_text, join_conditions
from schemas.indicator_shapes import keys_of
from schemas.json_value import in_json
from schemas.known_keys import COMMENT
from schemas.names import did_you_mean
from schemas.strategy_draft import Document, Draft, Location, under

_KINDS = ("entry", "exit")
_FORMS = ("expression", "condition", "conditions")
_WEIGHTS = ("confidence_weight", "confidenceWeight")
_MOVED = ("name", "logic", "confidence", *_FORMS, *_WEIGHTS)
_CONDITION_KEYS = ("indicator", "operator", "value")
_IN_PLACE_OF_A_REFUSED_ONE = "0 > 1"


def put_signals(given: object, section: str, draft: Draft) -> None:
    """Fill ``signals`` of the draft from ``rules`` or ``signals``.

    By type: ``{"entry": {...} | [...], "exit": ...}``. As a list: ``[{"id", "type", "side", "confidence"}]``, each with
    one of ``expression``, ``condition`` and ``conditions`` (``[{"indicator", "operator", "value"}]``, joined by
    ``logic``).
    """
    found: list[Document] = []
    draft.document["signals"] = found
    if isinstance(given, list):
        for index, one in enumerate(given):
            _put(one, f"{section}.{index}", None, found, draft)
    elif isinstance(given, Mapping):
        for kind, body in given.items():
            if kind == COMMENT:
                continue
            if kind not in _KINDS:
                draft.refuse(
                    under(section, kind), f"unknown rule type {in_json(str(kind), 64)}{did_you_mean(kind, _KINDS)}"
                )
                continue
            several = body if isinstance(body, list) else [body]
            for index, one in enumerate(several):
                place = f"{section}.{kind}" if not isinstance(body, list) else f"{section}.{kind}.{index}"
                _put(one, place, kind, found, draft)
    else:
        draft.refuse(section, f"expected an object or a list, got {in_json(given)}")
    _name(found)


def _put(given: object, where: str, kind: str | None, found: list[Document], draft: Draft) -> None:
    if not isinstance(given, Mapping):
        draft.refuse(where, f"expected an object with an expression, got {in_json(given)}")
        return
    at: Location = ("signals", len(found))
    draft.written(at, where)
    signal: Document = {str(key): value for key, value in given.items() if key not in _MOVED}
    if kind is not None and signal.setdefault("type", kind) != kind:
        draft.refuse(f"{where}.type", f"expected {in_json(kind)} here, got {in_json(signal['type'])}")
    if "type" not in signal:
        draft.refuse(f"{where}.type", 'expected "entry" or "exit", got nothing')
        signal["type"] = "entry"
    signal["expression"] = _expression(given, where, at, draft)
    if "name" in given:
        _describe(signal, given, where, at, draft)
    confidence = _confidence(given, where, at, draft)
    if confidence is not None:
        signal["confidence"] = confidence
    found.append(signal)


def _expression(given: Mapping[str, object], where: str, at: Location, draft: Draft) -> object:
    forms = [key for key in _FORMS if key in given]
    if len(forms) != 1:
        draft.refuse(where, f"expected one of expression, condition and conditions, got {', '.join(forms) or 'none'}")
        return _IN_PLACE_OF_A_REFUSED_ONE
    draft.written((*at, "expression"), f"{where}.{forms[0]}")
    if forms != ["conditions"]:
        if "logic" in given:
            draft.refuse(f"{where}.logic", f"expected logic only with conditions, got it with {forms[0]}")
        return given[forms[0]]
    return _joined(given, where, draft)


def _joined(given: Mapping[str, object], where: str, draft: Draft) -> str:
    conditions = given["conditions"]
    if not isinstance(conditions, list) or not conditions:
        draft.refuse(f"{where}.conditions", f"expected a list of one or more conditions, got {in_json(conditions)}")
        return _IN_PLACE_OF_A_REFUSED_ONE
    texts = [_condition(one, f"{where}.conditions.{index}", draft) for index, one in enumerate(conditions)]
    try:
        return join_conditions(texts, str(given.get("logic", "AND")))
    except ValueError as error:
        draft.refuse(f"{where}.logic", str(error))
        return _IN_PLACE_OF_A_REFUSED_ONE


def _condition(one: object, where: str, draft: Draft) -> str:
    if not isinstance(one, Mapping) or any(key not in one for key in _CONDITION_KEYS):
        got = keys_of(one) if isinstance(one, Mapping) else in_json(one)
        draft.refuse(where, f"expected indicator, operator and value, got {got}")
        return _IN_PLACE_OF_A_REFUSED_ONE
    for key in one:
        if key not in _CONDITION_KEYS and key != COMMENT:
            draft.refuse_key(where, str(key), _CONDITION_KEYS)
    value = one["value"]
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        draft.refuse(f"{where}.value", f"expected a number or an indicator's name, got {in_json(value)}")
        return _IN_PLACE_OF_A_REFUSED_ONE
    try:
        return condition_text(str(one["indicator"]), str(one["operator"]), value)
    except ValueError as error:
        draft.refuse(where, str(error))
        return _IN_PLACE_OF_A_REFUSED_ONE


def _describe(signal: Document, given: Mapping[str, object], where: str, at: Location, draft: Draft) -> None:
    """A name says what the signal is for: it begins the description."""
    name, description = given["name"], given.get("description", "")
    if not isinstance(name, str):
        draft.refuse(f"{where}.name", f"expected a text, got {in_json(name)}")
    elif isinstance(description, str):
        signal["description"] = f"{name}: {description}" if description else name
        draft.written((*at, "description"), f"{where}.{'description' if description else 'name'}")


def _confidence(given: Mapping[str, object], where: str, at: Location, draft: Draft) -> object:
    """A number is a fixed confidence, ``confidence_weight`` a weighted one; an object may leave its method out."""
    here = (*at, "confidence")
    weights = [key for key in _WEIGHTS if key in given]
    if weights:
        if "confidence" in given or len(weights) > 1:
            got = [key for key in ("confidence", *_WEIGHTS) if key in given]
            draft.refuse(f"{where}.{weights[0]}", f"expected one of {' and '.join(got)}, got both")
        draft.written(here, f"{where}.{weights[0]}")
        draft.written((*here, "weights"), f"{where}.{weights[0]}")
        return {"method": "weighted", "weights": given[weights[0]]}
    if "confidence" not in given:
        return None
    confidence = given["confidence"]
    if not isinstance(confidence, Mapping):
        draft.written((*here, "value"), f"{where}.confidence")
        return {"method": "fixed", "value": confidence}
    if "method" in confidence or not confidence:
        return confidence
    method = "weighted" if "weights" in confidence else "scaled" if "threshold" in confidence else "fixed"
    return {"method": method, **confidence}


def _name(signals: list[Document]) -> None:
    """Signals without an id are called after their type, with a number where there are several of it."""
    for kind in _KINDS:
        of_kind = [signal for signal in signals if signal["type"] == kind]
        for number, signal in enumerate(of_kind, start=1):
            signal.setdefault("id", kind if len(of_kind) == 1 else f"{kind}_{number}")
    for signal in signals:
        signal.setdefault("id", "refused")  # for its type
