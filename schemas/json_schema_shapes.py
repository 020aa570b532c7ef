"""The shorter and older ways to write a strategy, added to the JSON Schemas of its models."""

from copy import deepcopy
from typing import Any, Final

from schemas.conditions import COMPARATORS, CROSSES, LOGICS
from schemas.risk_shapes import DISTANCES

Schema = dict[str, Any]

_FORMS: Final = ("expression", "condition", "conditions")
_CONDITION: Final[Schema] = {
    "title": "Condition",
    "description": "Compares an indicator with a number or with another indicator.",
    "type": "object",
    "properties": {
        "indicator": {"type": "string", "description": "What is compared.", "examples": ["rsi_14"]},
        "operator": {
            "enum": [*COMPARATORS, *COMPARATORS.values(), *CROSSES],
            "description": "How it is compared.",
            "examples": ["lt"],
        },
        "value": {
            "type": ["number", "string"],
            "description": "A number, or the name of another indicator.",
            "examples": [30, "ema_50"],
        },
    },
    "required": ["indicator", "operator", "value"],
    "additionalProperties": False,
}
_PARAMETERS: Final[Schema] = {
    "description": "The parameters: by name, or as a list of names with values.",
    "anyOf": [
        {"type": "object"},
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "description": "The parameter's name."},
                    "default": {"type": ["number", "string"], "description": "Its value."},
                    "value": {"type": ["number", "string"], "description": "Its value, before any default."},
                },
                "required": ["name"],
            },
        },
    ],
}
_SHORT_DISTANCE: Final[Schema] = {
    "type": "number",
    "exclusiveMinimum": 0,
    "description": "A fraction of the entry price.",
    "unit": "fraction of the entry price",
}


def accept_shapes(definitions: dict[str, Schema]) -> None:
    """Add to the models' definitions, by name, what ``schemas.strategy_shapes`` makes the normal form of."""
    _signals(definitions)
    _indicators(definitions)
    _risk(definitions["RiskConfig"])
    _execution(definitions)
    definitions["MetaConfig"].pop("required")  # the name may stand beside the sections, or be the id
    _strategy(definitions["StrategyConfig"])


def _deprecated(schema: Schema, description: str) -> Schema:
    return {**deepcopy(schema), "description": description, "deprecated": True}


def _signals(definitions: dict[str, Schema]) -> None:
    definitions["Condition"] = deepcopy(_CONDITION)
    signal = definitions["SignalConfig"]
    properties = signal["properties"]
    weights = definitions["WeightedConfidence"]["properties"]["weights"]
    confidence = properties["confidence"]
    confidence["anyOf"] = [
        {"type": "number", "minimum": 0, "maximum": 1, "description": "A fixed confidence."},
        {"oneOf": confidence.pop("oneOf")},
    ]
    confidence["examples"] = [0.75, {"method": "fixed", "value": 0.75}]
    properties |= {
        "confidence_weight": {
            **deepcopy(weights),
            "description": "Short for a weighted confidence: how much each part counts.",
        },
        "conditions": {
            "type": "array",
            "minItems": 1,
            "items": {"$ref": "#/$defs/Condition"},
            "description": "In place of an expression: conditions joined by `logic`.",
        },
        "logic": {
            "enum": [*LOGICS, *(logic.lower() for logic in LOGICS)],
            "default": "AND",
            "description": "How the conditions are joined.",
        },
        "name": {"type": "string", "description": "What people call it; becomes the start of the description."},
        "condition": _deprecated(properties["expression"], "An older name of `expression`."),
    }
    by_type = {**deepcopy(signal), "title": "Signal by type", "anyOf": [{"required": [form]} for form in _FORMS]}
    by_type.pop("required")
    definitions["SignalByType"] = by_type
    signal["required"] = ["type"]
    signal["anyOf"] = deepcopy(by_type["anyOf"])


def _indicators(definitions: dict[str, Schema]) -> None:
    indicator = definitions["IndicatorConfig"]
    properties = indicator["properties"]
    properties["source"]["anyOf"][1]["minItems"] = 1
    own = {key: value for key, value in properties.items() if key != "name"}
    indicator["required"] = ["type"]
    definitions["IndicatorByName"] = {
        "title": "Indicator by name",
        "description": "Its key is its name, and its type where none is given; other keys are its parameters.",
        "type": "object",
        "properties": deepcopy(own),
        "additionalProperties": {"type": ["number", "string"], "description": "A parameter."},
    }
    of_a_type = deepcopy({key: value for key, value in properties.items() if key != "type"})
    of_a_type |= {"params": deepcopy(_PARAMETERS), "parameters": deepcopy(_PARAMETERS)}
    body = {"type": "object", "properties": of_a_type, "additionalProperties": False}
    definitions["IndicatorByType"] = {
        "title": "Indicator by type",
        "description": "Its one key is its type.",
        "type": "object",
        "minProperties": 1,
        "maxProperties": 2,
        "additionalProperties": body,
        "not": {"required": ["type"]},
    }
    properties["params"] = _deprecated(_PARAMETERS, "An older name of `parameters`.")


def _risk(risk: Schema) -> None:
    properties = risk["properties"]
    for name in DISTANCES:
        properties[name]["anyOf"].insert(0, deepcopy(_SHORT_DISTANCE))
        properties[name]["examples"] = [0.02, {"method": "atr", "multiple": 2}]
    for name, older in (("stop_loss", "stopLoss"), ("take_profit", "takeProfit"), ("trailing_stop", "trailingStop")):
        properties[older] = _deprecated(properties[name], f"An older name of `{name}`.")
    size = {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 1, "unit": "fraction of equity"}
    properties["max_position_size"] = {**size, "description": "Short for the limit of that name.", "examples": [0.1]}
    properties["maxPositionSize"] = _deprecated(size, "An older name of `limits.max_position_size`.")


def _execution(definitions: dict[str, Schema]) -> None:
    execution = definitions["ExecutionConfig"]["properties"]
    rate = {"type": "number", "minimum": 0, "maximum": 1}
    shared = {"description": "Short for proportional fees, maker and taker alike.", "unit": "fraction of the notional"}
    execution["fees"]["anyOf"].insert(0, {**rate, **shared})
    shared = {"description": "Short for proportional slippage.", "unit": "fraction of the price"}
    execution["slippage"]["anyOf"].insert(0, {**rate, **shared})
    execution["fees"]["examples"] = [0.001, {"method": "per_unit", "amount": 0.005, "minimum": 1}]
    execution["slippage"]["examples"] = [0.0005, {"method": "volatility", "multiple": 0.1}]
    at = definitions["ScaleOut"]["properties"]["at"]
    at["anyOf"] = [deepcopy(_SHORT_DISTANCE), {"oneOf": at.pop("oneOf")}]


def _strategy(strategy: Schema) -> None:
    properties = strategy["properties"]
    indicators, signals = properties["indicators"], properties["signals"]
    listed = {key: indicators.pop(key) for key in ("type", "maxItems")}
    indicators.pop("items")
    indicators["anyOf"] = [
        {**listed, "items": {"anyOf": [{"$ref": f"#/$defs/Indicator{one}"} for one in ("Config", "ByType")]}},
        {"type": "object", "additionalProperties": {"$ref": "#/$defs/IndicatorByName"}},
    ]
    listed = {key: signals.pop(key) for key in ("type", "minItems", "maxItems", "items")}
    one = {"$ref": "#/$defs/SignalByType"}
    several = {"anyOf": [one, {"type": "array", "items": one}]}
    by_type = {
        "type": "object",
        "properties": {
            "entry": {**several, "description": "When it enters."},
            "exit": {**several, "description": "When it leaves."},
        },
        "required": ["entry"],
        "additionalProperties": False,
    }
    signals["anyOf"] = [listed, by_type]
    for name in ("symbols", "timeframes"):
        many = properties[name]
        listed = {key: many.pop(key) for key in ("type", "minItems", "maxItems", "items")}
        many["anyOf"] = [listed, deepcopy(listed["items"])]
        properties[name[:-1]] = _deprecated(listed["items"], f"Short for `{name}` with one of them.")
    properties["correlation"]["anyOf"].insert(0, {"type": "boolean", "description": "Every default of it, or none."})
    properties |= {
        "partialBars": _deprecated(properties["partial_bars"], "Another spelling of `partial_bars`."),
        "$schema": {"type": "string", "description": "Where this schema is, for the editor; the engine drops it."},
        "name": {"type": "string", "description": "An older place of `meta.name`.", "deprecated": True},
        "description": {"type": "string", "description": "An older place of `meta.description`.", "deprecated": True},
        "rules": _deprecated(signals, "An older name of `signals`."),
    }
    strategy.pop("required")  # an id is made from the name, and a name from the id
    strategy["anyOf"] = [{"required": ["signals"]}, {"required": ["rules"]}]
