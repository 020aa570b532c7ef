"""What is wrong with a strategy file is said all at once, with its place, what was expected and what came."""

import pytest

from schemas.strategy_draft import MAX_PROBLEMS
from tests.schemas.refusals import problems

RULES = {"entry": {"condition": "rsi_14 < 30"}}
LOW = {"indicator": "x", "operator": "lt", "value": 3}
LSTM = {"id": "m", "type": "ml", "subtype": "lstm", "framework": "pytorch", "inputs": ["close"], "outputs": ["up"]}


def strategy(**sections: object) -> dict[str, object]:
    """A strategy that is right but for these sections."""
    return {"id": "a", "rules": RULES, **sections}


def entry(**parts: object) -> dict[str, object]:
    """A strategy of one entry with these parts."""
    return {"id": "a", "signals": [{"type": "entry", **parts}]}


WRONG = {
    "unknown key": (
        {"id": "a", "rules": RULES, "simbol": "X"},
        ['simbol: unknown key "simbol" (did you mean "symbol"?)'],
    ),
    "unknown key in a rule": (
        {"id": "a", "rules": {"entry": {"condition": "close > 1", "confidense": 1}}},
        ['rules.entry.confidense: unknown key "confidense" (did you mean "confidence"?)'],
    ),
    "unknown key in risk": (
        {"id": "a", "rules": RULES, "risk": {"stoploss": 0.1}},
        ['risk.stoploss: unknown key "stoploss" (did you mean "stopLoss"?)'],
    ),
    "unknown kind of rule": (
        {"id": "a", "rules": {**RULES, "exti": {"condition": "close > 1"}}},
        ['rules.exti: unknown rule type "exti" (did you mean "exit"?)'],
    ),
    "type against the place": (
        {"id": "a", "rules": {"entry": {"condition": "close > 1", "type": "exit"}}},
        ['rules.entry.type: expected "entry" here, got "exit"'],
    ),
    "unknown operator": (
        entry(conditions=[{**LOW, "operator": "ltt"}]),
        [
            (
                'signals.0.conditions.0: unknown operator "ltt" (did you mean "lt"?): expected one of '
                "lt, lte, gt, gte, eq, ne, <, <=, >, >=, ==, !=, crosses_above, crosses_below"
            )
        ],
    ),
    "unknown logic": (
        entry(conditions=[LOW], logic="ADN"),
        ['signals.0.logic: unknown logic "ADN" (did you mean "AND"?): expected AND or OR'],
    ),
    "condition without a value": (
        entry(conditions=[{"indicator": "x", "operator": "lt"}]),
        ["signals.0.conditions.0: expected indicator, operator and value, got indicator, operator"],
    ),
    "condition with a list for a value": (
        entry(conditions=[{**LOW, "value": []}]),
        ["signals.0.conditions.0.value: expected a number or an indicator's name, got []"],
    ),
    "no rules": ({"id": "a"}, ["signals: expected signals (or rules), got neither"]),
    "rules and signals": (
        {"id": "a", "rules": RULES, "signals": []},
        ["signals: expected either rules or signals, got both"],
    ),
    "rule that is a text": (
        {"id": "a", "rules": {"entry": "close > 1"}},
        ['rules.entry: expected an object with an expression, got "close > 1"'],
    ),
    "rule in two forms": (
        {"id": "a", "rules": {"entry": {"condition": "close > 1", "expression": "close > 1"}}},
        ["rules.entry: expected one of expression, condition and conditions, got expression, condition"],
    ),
    "symbol twice": (
        {"id": "a", "rules": RULES, "symbol": "X", "symbols": ["X"]},
        ["symbols: expected either symbol or symbols, got both"],
    ),
    "not a timeframe": (
        {"id": "a", "rules": RULES, "timeframe": "15mm"},
        [
            (
                'timeframe: expected a timeframe such as 1m, 5m, 1h, 4h, 1d or 1w, or one of "*", "day", "swing", '
                '"position", got "15mm" (did you mean "15m"?)'
            )
        ],
    ),
    "rule id of the engine's own": (
        entry(id="lifecycle.stop", expression="close > 1"),
        ["signals.0.id: expected an id that does not begin with 'lifecycle.', got 'lifecycle.stop'"],
    ),
    "only exits": (
        {"id": "a", "rules": {"exit": {"condition": "close > 1"}}},
        ["rules: expected at least one entry, got only exits"],
    ),
    "confidence above one": (
        {"id": "a", "rules": {"entry": {"condition": "close > 1", "confidence": 75}}},
        ["rules.entry.confidence: expected a number of at most 1, got 75; 0.75 is 75 %"],
    ),
    "parameter that is a list": (
        {"id": "a", "rules": RULES, "indicators": {"rsi": {"period": [14]}}},
        ["indicators.rsi.period: expected a number or a text, got [14]"],
    ),
    "indicators of no kind": (
        {"id": "a", "rules": RULES, "indicators": "rsi"},
        ['indicators: expected an object or a list, got "rsi"'],
    ),
    "listed indicator of two kinds": (
        {"id": "a", "rules": RULES, "indicators": [{"RSI": {}, "EMA": {}}]},
        ['indicators.0: expected {"RSI": {...}} or an object with a type, got RSI, EMA'],
    ),
    "parameter without a name": (
        {"id": "a", "rules": RULES, "indicators": [{"RSI": {"params": [{"default": 14}]}}]},
        ['indicators.0.RSI.params.0: expected {"name": ..., "default": ...}'],
    ),
    "empty condition": (
        {"id": "a", "rules": {"entry": {"condition": "  "}}},
        ["rules.entry.condition: expected an expression such as 'rsi < 30', got nothing"],
    ),
    "neither id nor name": ({"rules": RULES}, ["id: expected an id, or a name to make one from, got neither"]),
    "texts that are numbers": (strategy(id=5, name=7), ["id: expected a text, got 5", "name: expected a text, got 7"]),
    "name twice": (strategy(name="A", meta={"name": "B"}), ["name: expected either name or meta.name, got both"]),
    "unknown key and value in meta": (
        strategy(meta={"kind": "mll", "naem": "x"}),
        [
            'meta.naem: unknown key "naem" (did you mean "name"?)',
            'meta.kind: expected "technical", "ml" or "hybrid", got "mll" (did you mean "ml"?)',
        ],
    ),
    "meta that is a list": (strategy(meta=[]), ["meta: expected an object, got []"]),
    "tag with a comma": (
        strategy(meta={"tags": ["a,b"]}),
        ['meta.tags.0: expected a tag of 1 to 50 characters without commas, got "a,b"'],
    ),
    "not a symbol": (
        strategy(symbols="B C"),
        [
            (
                "symbols: expected a symbol such as BTCUSDT or BTC/USDT, or a pattern such as BTC*, of up to 64 "
                'characters, got "B C"'
            )
        ],
    ),
    "symbol again": (
        strategy(symbols=["BTC/USDT", "BTCUSDT"]),
        ["symbols.1: expected each of symbols once, got 'BTCUSDT' again (the same as 'BTC/USDT')"],
    ),
    "signal without a type": (
        {"id": "a", "signals": [{"expression": "close > 1"}]},
        ['signals.0.type: expected "entry" or "exit", got nothing'],
    ),
    "signal of no known type": (
        {"id": "a", "signals": [{"type": "entri", "expression": "close > 1"}]},
        ['signals.0.type: expected "entry" or "exit", got "entri" (did you mean "entry"?)'],
    ),
    "signal ids twice": (
        {"id": "a", "signals": [{"id": "x", "type": "entry", "expression": "close > 1"}] * 2},
        ["signals.1.id: expected each of signals once, got 'x' again"],
    ),
    "logic without conditions": (
        entry(expression="close > 1", logic="AND"),
        ["signals.0.logic: expected logic only with conditions, got it with expression"],
    ),
    "unknown key in a condition": (
        entry(conditions=[{**LOW, "values": 3}]),
        ['signals.0.conditions.0.values: unknown key "values" (did you mean "value"?)'],
    ),
    "confidence twice": (
        entry(expression="close > 1", confidence=0.5, confidence_weight={"x": 1}),
        ["signals.0.confidence_weight: expected one of confidence and confidence_weight, got both"],
    ),
    "unknown method of confidence": (
        entry(expression="close > 1", confidence={"method": "weigted"}),
        [
            (
                'signals.0.confidence.method: expected one of "fixed", "weighted", "scaled", got "weigted" '
                '(did you mean "weighted"?)'
            )
        ],
    ),
    "confidence that is a word": (
        entry(expression="close > 1", confidence="high"),
        ['signals.0.confidence: expected a number, got "high"'],
    ),
    "weights that weigh nothing": (
        entry(expression="close > 1", confidence_weight={"x": 0, "y z": 1}),
        [
            "signals.0.confidence_weight.x: expected a number greater than 0, got 0",
            (
                "signals.0.confidence_weight.y z: expected a name such as rsi_14 or macd.signal: letters, digits and "
                '_, no digit first, got "y z"'
            ),
        ],
    ),
    "part without a weight": (
        entry(expression="close > 1", confidence={"weights": {"trend": 1}, "parts": {"trned": "close > 1"}}),
        [
            "signals.0.confidence: expected a weight for each part, got none for 'trned' (did you mean \"trend\"?)",
        ],
    ),
    "scale without a distance": (
        entry(expression="close > 1", confidence={"value": "close", "threshold": 1, "full": 1}),
        ["signals.0.confidence: expected full to differ from threshold, got 1 for both"],
    ),
    "scale upside down": (
        entry(
            expression="close > 1", confidence={"value": "close", "threshold": 1, "full": 2, "least": 0.9, "most": 0.1}
        ),
        ["signals.0.confidence: expected most to be at least least (0.9), got 0.1"],
    ),
    "indicator named like a candle field": (
        strategy(indicators={"close": {"type": "rsi"}}),
        ["indicators.close: expected a name of its own, got 'close', which has a meaning in every expression"],
    ),
    "indicators of one name": (
        strategy(indicators=[{"name": "x", "type": "rsi"}, {"name": "x", "type": "ema"}]),
        ["indicators.1.name: expected a name of its own, got 'x', which is an indicator already"],
    ),
    "indicators that read each other": (
        strategy(indicators={"x": {"type": "rsi", "source": "y"}, "y": {"type": "rsi", "source": "x.rsi"}}),
        ["indicators.x.source: expected sources that do not read 'x' in turn, got a cycle: x -> y -> x"],
    ),
    "source that is a number": (
        strategy(indicators={"rsi": {"source": 3}}),
        [
            (
                'indicators.rsi.source: expected a price such as "hl2", an indicator or an output such as '
                '"macd.signal", or a list of two or more, got 3'
            )
        ],
    ),
    "unknown modifiers": (
        strategy(indicators={"rsi": {"modifiers": [{"type": "lagg"}, {"type": "lag", "bars": 0}, {"bars": 3}]}}),
        [
            (
                'indicators.rsi.modifiers.0.type: expected one of "lag", "change", "normalize", got "lagg" '
                '(did you mean "lag"?)'
            ),
            'indicators.rsi.modifiers.2.type: expected one of "lag", "change", "normalize", got nothing',
            "indicators.rsi.modifiers.1.bars: expected a number of at least 1, got 0",
        ],
    ),
    "parameters in two forms": (
        strategy(indicators=[{"type": "rsi", "params": {}, "parameters": {}}]),
        ["indicators.0.params: expected either parameters or params, got both"],
    ),
    "parameter listed twice": (
        strategy(
            indicators=[{"RSI": {"params": [{"name": "period", "default": 3}, {"name": "period", "default": 4}]}}]
        ),
        ["indicators.0.RSI.params.1.name: expected each parameter once, got 'period' again"],
    ),
    "unknown model": (
        strategy(models=[{**LSTM, "subtype": "lstmm"}]),
        [
            (
                'models.0.subtype: expected one of "lstm", "gru", "mlp", "cnn", "transformer", "random_forest", '
                '"gradient_boosting", "arima", "linear_regression", "ets", "garch", got "lstmm" '
                '(did you mean "lstm"?)'
            )
        ],
    ),
    "model that is wrong throughout": (
        strategy(models=[{**LSTM, "type": "mll", "framework": "torch", "config": {"hiden_units": 3, "dropout": 2}}]),
        [
            'models.0.config.hiden_units: unknown key "hiden_units" (did you mean "hidden_units"?)',
            'models.0.type: expected "ml", got "mll" (did you mean "ml"?)',
            'models.0.framework: expected "tensorflow", "pytorch" or "onnx", got "torch" (did you mean "pytorch"?)',
            "models.0.config.dropout: expected a number less than 1, got 2",
        ],
    ),
    "model without an id": (
        strategy(models=[{key: value for key, value in LSTM.items() if key != "id"}]),
        ["models.0.id: expected a value, got nothing: it is required"],
    ),
    "models that are a text": (strategy(models="lstm"), ['models: expected a list, got "lstm"']),
    "model named like an indicator": (
        strategy(models=[LSTM], indicators={"m": {"type": "rsi"}}),
        ["models.0.id: expected a name of its own, got 'm', which is an indicator already"],
    ),
    "technical strategy with a model": (
        strategy(models=[LSTM], meta={"kind": "technical"}),
        ["meta.kind: expected kind 'ml' or 'hybrid' for a strategy with models, got 'technical' with 1 of them"],
    ),
    "learning strategy without a model": (
        strategy(meta={"kind": "ml"}),
        ["meta.kind: expected at least one model in a strategy of kind 'ml', got none"],
    ),
    "postprocessing of what there is not": (
        strategy(
            models=[{**LSTM, "id": "lstm"}],
            postprocessing=[
                {"id": "a", "type": "smoothing", "model": "lstmm"},
                {"id": "b", "type": "ensemble", "models": ["lstm", "c"]},
                {"id": "c", "type": "smoothing", "model": "lstm", "output": "upp"},
            ],
        ),
        [
            "postprocessing.0.model: expected the id of a model (lstm), got 'lstmm' (did you mean \"lstm\"?)",
            "postprocessing.1.models.1: expected a model or an earlier step, got 'c', which comes no earlier",
            "postprocessing.2.output: expected an output of 'lstm' (up), got 'upp' (did you mean \"up\"?)",
        ],
    ),
    "risk that is wrong throughout": (
        strategy(risk={"stopLoss": 2, "takeProfit": -1, "sizing": {"method": "kely"}, "max_bars_held": 0.5}),
        [
            (
                'risk.sizing.method: expected one of "fixed_amount", "fixed_fraction", "risk_per_trade", '
                '"volatility_target", "kelly", got "kely" (did you mean "kelly"?)'
            ),
            "risk.takeProfit: expected a number greater than 0, got -1",
            "risk.max_bars_held: expected a whole number, got 0.5",
        ],
    ),
    "stop beyond the whole price": (
        strategy(risk={"stop_loss": 2, "trailingStop": {"fraction": 1}}),
        [
            (
                f"risk.{place}: expected less than 1, got {got}: a fall by the whole price ends at 0, and a rise by it "
                "costs a short position all that it was worth; 0.02 is 2 %"
            )
            for place, got in (("stop_loss", 2), ("trailingStop.fraction", 1))
        ],
    ),
    "stop in two spellings": (
        strategy(risk={"stopLoss": 0.1, "stop_loss": 0.2}),
        ["risk.stopLoss: expected either stopLoss or stop_loss, got both"],
    ),
    "size by a stop that there is not": (
        strategy(risk={"sizing": {"method": "risk_per_trade", "fraction": 0.01}}),
        ["risk: expected a stop_loss with risk_per_trade sizing: the size follows from its distance, got none"],
    ),
    "not an object": ([], ["expected a JSON object, got a list"]),
}


@pytest.mark.parametrize(("document", "expected"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said_with_its_place(document: object, expected: list[str]) -> None:
    assert problems(document) == expected


def test_whole_number_that_no_reader_takes_is_refused() -> None:
    assert problems(strategy(indicators={"rsi": {"period": 2**64}})) == [
        "indicators.rsi.period: expected a whole number of at most 63 bits, got one of 65"
    ]


def test_all_problems_are_told_at_once() -> None:
    document = {
        "id": "a b",
        "simbols": [],
        "timeframe": "9x",
        "rules": {"entry": {"condition": "", "confidence": -1}},
        "indicators": {"1x": {}},
        "risk": {"stopLos": 1},
    }
    assert [text.split(":", 1)[0] for text in problems(document)] == [
        "simbols",
        "risk.stopLos",
        "id",
        "timeframe",
        "indicators.1x",
        "rules.entry.condition",
        "rules.entry.confidence",
    ]


def test_only_so_many_problems_are_told() -> None:
    found = problems(strategy(**{f"key_{number}": 1 for number in range(10_000)}))
    assert len(found) == MAX_PROBLEMS + 1
    assert found[-1] == f"there are more than {MAX_PROBLEMS} problems: these first"


def test_long_wrong_keys_and_values_are_cut() -> None:
    long = "x" * 50_000
    found = problems(strategy(**{long: 1}, meta={"kind": long}, indicators={long: {"source": long}}))
    assert [len(text) < 300 for text in found] == [True] * 4
