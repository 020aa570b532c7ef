"""The JSON Schemas of a strategy file: current, explained throughout, and of one mind with the loader."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from operators.indicators.json_schema import indicator_kinds
from operators.strategy.compile import compile_strategy
from schemas.alert_rule_schema import ALERT_RULES_SCHEMA
from schemas.json_schema import SECTIONS, json_schemas
from schemas.json_schema_text import schema_text
from schemas.portfolio_schema import PORTFOLIO_SCHEMA
from schemas.problems import StrategyFileError
from schemas.strategy import StrategyConfig
from schemas.strategy_examples import EXAMPLES
from schemas.strategy_file import parse_strategy
from schemas.watchlist_schema import WATCHLIST_SCHEMA
from tests.schemas.schema_nodes import examples_and_defaults, nodes, unexplained
from tests.schemas.seed_documents import FLAT, LISTED, LISTED_VERBATIM, advanced
from tests.strategy_configs import configs

ROOT = Path(__file__).parents[2]
SCHEMAS = json_schemas(indicator_kinds())
STRATEGY = Draft202012Validator(SCHEMAS["strategy"])
FORM = Draft202012Validator(json_schemas()["strategy"])
KINDS: dict[str, Any] = {
    "rsi": {
        "title": "Relative strength index",
        "type": "object",
        "properties": {"period": {"type": "integer", "minimum": 2, "default": 14, "description": "Length."}},
        "additionalProperties": False,
    },
    "obv": {"description": "On-balance volume.", "type": "object", "additionalProperties": False},
    "ad": {"title": "A/D", "aliases": ["adl"], "type": "object", "additionalProperties": False},
}
FILES = sorted((ROOT / "dataflows" / "templates").glob("*.json"))
WRITTEN = {
    "flat": json.loads(FLAT),
    "listed": json.loads(LISTED),
    "listed verbatim": json.loads(LISTED_VERBATIM),
    "advanced": advanced(),
    **{path.name: json.loads(path.read_text(encoding="utf-8")) for path in FILES},
}


def test_there_are_eight() -> None:
    sections = ["meta", "indicator", "model", "postprocessing", "signal", "risk", "execution"]
    assert list(SCHEMAS) == ["strategy", *sections]
    assert [schema["$id"] for schema in SCHEMAS.values()] == [f"urn:candelabra:schema:{name}" for name in SCHEMAS]


@pytest.mark.parametrize("name", SECTIONS)
def test_file_is_what_the_models_say(name: str) -> None:
    path = ROOT / "schemas" / "json" / f"{name}.schema.json"
    assert path.read_text(encoding="utf-8") == schema_text(SCHEMAS[name]), (
        f"the models have changed: candelabra strategy schema {name} > schemas/json/{path.name}"
    )


def test_there_is_no_other_file() -> None:
    found = {path.name for path in (ROOT / "schemas" / "json").iterdir()}
    others = (WATCHLIST_SCHEMA, ALERT_RULES_SCHEMA, PORTFOLIO_SCHEMA)
    assert found == {f"{name}.schema.json" for name in (*SECTIONS, *others)}


@pytest.mark.parametrize("name", SECTIONS)
def test_each_is_a_schema_and_whole_in_itself(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    references = {node["$ref"] for _, node in nodes(SCHEMAS[name]) if "$ref" in node}
    assert references == {f"#/$defs/{one}" for one in SCHEMAS[name].get("$defs", {})}


@pytest.mark.parametrize("name", SECTIONS)
def test_everything_is_explained(name: str) -> None:
    schema = SCHEMAS[name]
    assert schema["title"]
    assert schema["description"]
    assert unexplained(schema) == []


@pytest.mark.parametrize("name", SECTIONS)
def test_whatever_is_counted_in_bars_days_or_trades_has_a_unit(name: str) -> None:
    counted = [
        (place, meant(one, SCHEMAS[name]))
        for place, node in nodes(SCHEMAS[name])
        for key, one in node.get("properties", {}).items()
        if key
        in {"bars", "period", "lookback", "lookback_days", "max_bars_held", "cool_down_bars", "trades", "fraction"}
        | {"lookback_bars", "stop_bars", "capital", "spread", "amount", "minimum", "tick_size", "lot_size", "leverage"}
    ]
    assert [place for place, one in counted if "unit" not in one] == []
    assert counted or name in {"meta", "signal"}


def meant(one: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, or what it refers to."""
    return schema["$defs"][one["$ref"].removeprefix("#/$defs/")] if "$ref" in one else one


@pytest.mark.parametrize("name", SECTIONS)
def test_every_example_and_every_default_is_right(name: str) -> None:
    found = list(examples_and_defaults(SCHEMAS[name]))
    for place, schema, value in found:
        told = [error.message for error in Draft202012Validator(schema).iter_errors(value)]
        assert told == [], f"{place}: {value}"
    assert len(found) > len(EXAMPLES[name])


@pytest.mark.parametrize("document", EXAMPLES["strategy"])
def test_example_strategies_load(document: dict[str, Any]) -> None:
    assert parse_strategy(document, origin="example").id == "oversold_in_uptrend"


@pytest.mark.parametrize("document", WRITTEN.values(), ids=WRITTEN)
def test_every_accepted_shape_and_its_normal_form_are_right(document: dict[str, Any]) -> None:
    normal = parse_strategy(document, origin="written").model_dump(mode="json")
    for one in (document, normal):
        assert [error.message for error in STRATEGY.iter_errors(one)] == []


@given(configs())
@settings(max_examples=40, deadline=None)
def test_any_normal_form_is_right(config: StrategyConfig) -> None:
    """Without the catalogue: the kinds and parameters here are any names."""
    assert [error.message for error in FORM.iter_errors(config.model_dump(mode="json"))] == []


PACKAGED = Draft202012Validator(json.loads((ROOT / "schemas" / "json" / "strategy.schema.json").read_text("utf-8")))


@pytest.mark.parametrize(
    "indicator",
    [
        {"type": "rsi", "parameters": {"periodd": 14}},
        {"type": "rsi", "parameters": {"period": 0}},
        {"type": "RSI", "parameters": {"length": 0}},
        {"type": "relative_strength_index", "parameters": {"period": 14.5}},
        {"type": "bollinger", "parameters": {"deviations": "wide"}},
        {"type": "ma", "parameters": {"ma_type": "emma"}},
        {"type": "doji", "parameters": {"period": 3}},
        {"type": "atr", "parameters": {"price": "close"}},
        {"type": "sma", "parameters": {"price": "closee"}},
        {"type": "hour", "parameters": {"zone": 5}},
    ],
    ids=str,
)
def test_an_editor_marks_wrong_parameters_and_the_compiler_refuses_them(indicator: dict[str, Any]) -> None:
    for indicators in ([{"name": "x", **indicator}], {"x": indicator}):
        document = {"id": "a", "signals": [{"type": "entry", "expression": "x > 1"}], "indicators": indicators}
        assert not PACKAGED.is_valid(document)
        with pytest.raises(StrategyFileError, match=r"indicators\.x\.(parameters\.)?\w+: "):
            compile_strategy(parse_strategy(document, origin="broken"))


@pytest.mark.parametrize(
    "indicator",
    [
        {"type": "RSI", "parameters": {"timePeriod": 14.0, "overbought": 80, "$comment": "slow"}},
        {"type": "Bollinger", "parameters": {"stdDev": 2, "price": "HL2", "ma_type": "Ema"}},
        {"type": "macd", "parameters": {"fast": 8, "slow_length": 20, "signalperiod": 5}},
        {"type": "session_vwap", "parameters": {"tz": "America/New_York", "start": "09:30"}},
        {"type": "stochastic", "params": [{"name": "kPeriod", "default": 14}]},
    ],
    ids=str,
)
def test_an_editor_lets_pass_what_the_compiler_takes(indicator: dict[str, Any]) -> None:
    document = {
        "id": "a",
        "signals": [{"type": "entry", "expression": "x > 1"}],
        "indicators": [{"name": "x", **indicator}],
    }
    assert [error.message for error in PACKAGED.iter_errors(document)] == []
    assert compile_strategy(parse_strategy(document, origin="right")).indicators


def test_the_files_are_of_a_size_that_an_editor_loads_at_once() -> None:
    sizes = {path.name: path.stat().st_size for path in (ROOT / "schemas" / "json").iterdir()}
    assert sizes.pop(f"{ALERT_RULES_SCHEMA}.schema.json") < 40_000
    assert sum(sizes.values()) < 480_000, sizes


WINDOW = {"length": "1h", "every": "1m"}
RULES = {"entry": {"condition": "close > 1"}}
ENTRY = {"type": "entry", "expression": "close > 1"}
BROKEN = {
    "no signals": {"id": "a"},
    "unknown key": {"id": "a", "rules": RULES, "indicatorz": []},
    "id with a bar": {"id": "a|b", "rules": RULES},
    "not a timeframe": {"id": "a", "rules": RULES, "timeframes": ["15mm"]},
    "unknown type of signal": {"id": "a", "signals": [{**ENTRY, "type": "enter"}]},
    "signal without a type": {"id": "a", "signals": [{"expression": "close > 1"}]},
    "signal without an expression": {"id": "a", "signals": [{"type": "entry"}]},
    "unknown key in a signal": {"id": "a", "signals": [{**ENTRY, "confidense": 1}]},
    "confidence above one": {"id": "a", "signals": [{**ENTRY, "confidence": 2}]},
    "weight of nothing": {"id": "a", "signals": [{**ENTRY, "confidence_weight": {"x": 0}}]},
    "unknown operator": {
        "id": "a",
        "signals": [{"type": "entry", "conditions": [{"indicator": "x", "operator": "ltt"}]}],
    },
    "period of a modifier": {"id": "a", "rules": RULES, "indicators": {"rsi": {"modifiers": [{"type": "normalize"}]}}},
    "unknown model": {"id": "a", "rules": RULES, "models": [{"id": "m", "type": "ml", "subtype": "lstmm"}]},
    "negative stop": {"id": "a", "rules": RULES, "risk": {"stop_loss": -0.1}},
    "no capital": {"id": "a", "rules": RULES, "execution": {"capital": 0}},
    "leverage of 1001": {"id": "a", "rules": RULES, "execution": {"leverage": 1001}},
    "tick of zero": {"id": "a", "rules": RULES, "execution": {"tick_size": 0}},
    "fees of another method": {"id": "a", "rules": RULES, "execution": {"fees": {"method": "flat", "amount": 1}}},
    "unknown protection": {"id": "a", "rules": RULES, "risk": {"protections": [{"method": "cooldown", "bars": 1}]}},
    "part without a place": {"id": "a", "rules": RULES, "execution": {"scale_out": [{"fraction": 0.5}]}},
    "unknown kind": {"id": "a", "rules": RULES, "meta": {"kind": "magic"}},
    "not a style": {"id": "a", "rules": RULES, "timeframes": ["scalp"]},
    "window of no style": {"id": "a", "rules": RULES, "correlation": {"windows": {"dya": WINDOW}}},
    "window without an end": {"id": "a", "rules": RULES, "correlation": {"windows": {"day": {"every": "1m"}}}},
    "weight of no timeframe": {"id": "a", "rules": RULES, "correlation": {"weights": {"hour": 1}}},
    "unknown key in correlation": {"id": "a", "rules": RULES, "correlation": {"penalty": 1}},
    "unknown policy": {"id": "a", "rules": RULES, "partial_bars": "never"},
}


@pytest.mark.parametrize("document", BROKEN.values(), ids=BROKEN)
def test_what_the_schema_refuses_the_loader_refuses_too(document: dict[str, Any]) -> None:
    assert not STRATEGY.is_valid(document)
    with pytest.raises(StrategyFileError):
        parse_strategy(document, origin="broken")


def of_kind(kind: str, **parameters: object) -> dict[str, object]:
    return {"id": "a", "signals": [ENTRY], "indicators": [{"name": "x", "type": kind, "parameters": parameters}]}


def test_kinds_of_indicators_are_offered_with_their_parameters() -> None:
    schema = json_schemas(KINDS)["strategy"]
    strategy = Draft202012Validator(schema)
    Draft202012Validator.check_schema(schema)
    named = schema["$defs"]["IndicatorConfig"]["properties"]["type"]["anyOf"]
    assert named[0] == {"$ref": "#/$defs/Kind"}
    assert schema["$defs"]["Kind"]["oneOf"] == [
        {"const": "ad", "description": "A/D"},
        {"const": "obv", "description": "On-balance volume."},
        {"const": "rsi", "description": "Relative strength index"},
    ]
    assert strategy.is_valid(of_kind("rsi", period=3))
    assert strategy.is_valid(of_kind("another", period="x"))
    assert not strategy.is_valid(of_kind("rsi", period=1))
    assert not strategy.is_valid(of_kind("RSI", perod=3))
    assert not strategy.is_valid(of_kind("obv", period=3))
    assert strategy.is_valid(of_kind("adl"))
    assert not strategy.is_valid(of_kind("adl", period=3))
    alike = [one["if"]["properties"]["type"]["enum"] for one in schema["$defs"]["ParametersByKind"]["allOf"]]
    assert alike == [["ad", "AD", "adl", "obv", "OBV"], ["rsi", "RSI"]]  # what is the same is said once
    assert set(KINDS["rsi"]["properties"]) == {"period"}  # what was given is left as it was
