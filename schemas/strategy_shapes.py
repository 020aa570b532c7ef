"""A strategy document in each accepted shape, brought to the sections of the normal form."""

from collections.abc import Mapping

from schemas.indicator_shapes import put_indicators
from schemas.known_keys import ALSO, COMMENT, meant_by, snake_case
from schemas.risk_shapes import put_execution, put_risk
from schemas.signal_shapes import put_signals
from schemas.strategy import ANY, StrategyConfig, slug
from schemas.strategy_draft import Document, Draft

_KEYS = (*ALSO["StrategyConfig"], *StrategyConfig.model_fields)


def put_sections(given: Mapping[str, object], draft: Draft) -> None:
    """Fill the draft's document from the author's; keys inside the sections are not looked at yet."""
    for key in given:
        if key not in _KEYS and key != COMMENT:
            draft.refuse_key("", str(key), _KEYS, meant=meant_by(snake_case(str(key)), StrategyConfig))
    _put_meta(given, draft)
    _put_id(given, draft)
    _put_binding(given, "symbol", draft)
    _put_binding(given, "timeframe", draft)
    put_indicators(given.get("indicators", []), draft)
    for section in ("models", "postprocessing"):
        if section in given:
            draft.document[section] = given[section]
    _put_signals(given, draft)
    _put_weighing(given, draft)
    put_risk(given.get("risk"), draft)
    if "execution" in given:
        put_execution(given["execution"], draft)


def _put_meta(given: Mapping[str, object], draft: Draft) -> None:
    """``name`` and ``description`` may stand beside the sections; a kind that is not given follows from the models."""
    meta = given.get("meta", {})
    if not isinstance(meta, Mapping):
        draft.document["meta"] = meta
        return
    found: Document = dict(meta)
    for key in ("name", "description"):
        if key in given and key in meta:
            draft.refuse(key, f"expected either {key} or meta.{key}, got both")
        elif key in given:
            found[key] = given[key]
            draft.written(("meta", key), key)
    if "name" not in found and "id" in given:
        found["name"] = given["id"]
        draft.written(("meta", "name"), "id")
    if given.get("models") and "kind" not in found:
        found["kind"] = "hybrid" if given.get("indicators") else "ml"
    draft.document["meta"] = found


def _put_id(given: Mapping[str, object], draft: Draft) -> None:
    meta = draft.document["meta"]
    name = meta.get("name") if isinstance(meta, Mapping) else None
    if "id" in given:
        draft.document["id"] = given["id"]
    elif isinstance(name, str) and name.strip():
        draft.document["id"] = slug(name)
        draft.written(("id",), draft.place(("meta", "name")))
    else:
        draft.refuse("id", "expected an id, or a name to make one from, got neither")
        if isinstance(meta, dict):
            meta.setdefault("name", "unnamed")
        draft.document["id"] = "unnamed"


def _put_binding(given: Mapping[str, object], one: str, draft: Draft) -> None:
    many = f"{one}s"
    if one in given and many in given:
        draft.refuse(many, f"expected either {one} or {many}, got both")
    written = many if many in given else one
    value = given.get(written, ANY)
    draft.written((many,), written)
    if isinstance(value, list):
        draft.document[many] = value
    else:
        draft.written((many, 0), written)
        draft.document[many] = [value]


def _put_signals(given: Mapping[str, object], draft: Draft) -> None:
    if "rules" in given and "signals" in given:
        draft.refuse("signals", "expected either rules or signals, got both")
    elif "rules" not in given and "signals" not in given:
        draft.refuse("signals", "expected signals (or rules), got neither")
    section = "rules" if "rules" in given and "signals" not in given else "signals"
    draft.written(("signals",), section)
    put_signals(given.get(section, []), section, draft)


def _put_weighing(given: Mapping[str, object], draft: Draft) -> None:
    """``"correlation": true`` takes every default of it."""
    if "correlation" in given:
        correlation = given["correlation"]
        draft.document["correlation"] = {"enabled": correlation} if isinstance(correlation, bool) else correlation
    spelt = [key for key in ("partial_bars", "partialBars") if key in given]
    if len(spelt) > 1:
        draft.refuse(spelt[0], f"expected either {' or '.join(spelt)}, got both")
    elif spelt:
        draft.document["partial_bars"] = given[spelt[0]]
        draft.written(("partial_bars",), spelt[0])
