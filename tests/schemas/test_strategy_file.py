"""Strategy files: every accepted shape becomes the one normal form, everything else an error that helps."""

import json

import pytest

from schemas.problems import StrategyFileError
from schemas.strategy import StrategyConfig
from schemas.strategy_file import MAX_FILE_BYTES, load_strategy, parse_strategy
from tests.schemas.seed_documents import FLAT, LISTED

RULES = {"entry": {"condition": "rsi_14 < 30"}}


def load(document: object) -> StrategyConfig:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return load_strategy(content, origin="dip.json")


def problems(document: object) -> list[str]:
    """What is wrong, a text for each problem."""
    with pytest.raises(StrategyFileError) as caught:
        load(document)
    found = [str(problem) for problem in caught.value.problems]
    count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
    assert str(caught.value).splitlines()[0] == f"dip.json: {count}"
    return found


def test_flat_seed_document_is_read_whole() -> None:
    config = load(FLAT.encode())
    assert (config.id, config.name) == ("macd_btc_15m", "MACD BTC 15m")
    assert (config.symbols, config.timeframes) == (("BTC/USDT",), ("15m",))
    macd, rsi = config.indicators
    assert (macd.name, macd.type) == ("macd", "macd")
    assert macd.parameters == {"fastPeriod": 12, "slowPeriod": 26, "signalPeriod": 9}
    assert rsi.parameters == {"period": 14, "overbought": 70, "oversold": 30}
    entry, leave = config.rules
    assert (entry.id, entry.type, entry.side, entry.confidence) == ("entry", "entry", "long", 0.75)
    assert entry.condition == "macd_crossover_bullish AND rsi < 70"
    assert (leave.id, leave.type, leave.condition) == ("exit", "exit", "macd_crossover_bearish OR rsi > 80")
    assert config.risk is not None
    assert (config.risk.max_position_size, config.risk.stop_loss, config.risk.take_profit) == (0.1, 0.02, 0.04)
    assert config.binds("BTCUSDT", "15m")
    assert not config.binds("BTCUSDT", "1m")


def test_listed_seed_document_is_read_whole() -> None:
    config = load(LISTED.encode())
    assert (config.id, config.name) == ("rsi_and_ema", "RSI and EMA")
    assert (config.symbols, config.timeframes) == (("*",), ("*",))
    assert [(one.name, one.type, one.parameters) for one in config.indicators] == [
        ("rsi_14", "RSI", {"period": 14, "price": "close"}),
        ("ema_20", "EMA", {"period": 20}),
    ]
    entry, leave = config.rules
    assert (entry.id, entry.type, entry.confidence) == ("entry", "entry", 0.6)
    assert entry.condition == "(rsi_14 < 30) AND (ema_20 > ema_50)"
    assert leave.condition == "(rsi_14 > 70) OR (crossunder(ema_20, ema_50))"


@pytest.mark.parametrize("text", [FLAT, LISTED], ids=["flat", "listed"])
def test_normal_form_is_accepted_and_stays_itself(text: str) -> None:
    config = load(text.encode())
    assert load_strategy(config.canonical_json().encode(), origin="again") == config


def test_rules_may_be_lists_and_get_numbers() -> None:
    config = load({"id": "a", "rules": {"entry": [{"condition": "close > 1"}, {"condition": "close > 2"}]}})
    assert [(rule.id, rule.condition) for rule in config.rules] == [("entry_1", "close > 1"), ("entry_2", "close > 2")]


def test_indicator_under_a_name_of_its_own() -> None:
    (mapped,) = load({"id": "a", "rules": RULES, "indicators": {"fast": {"type": "ema", "period": 5}}}).indicators
    listing = [{"name": "fast", "type": "ema", "parameters": {"period": 5}}]
    (listed,) = load({"id": "a", "rules": RULES, "indicators": listing}).indicators
    assert mapped == listed
    assert (mapped.name, mapped.type, mapped.parameters) == ("fast", "ema", {"period": 5})


def test_whole_float_period_gives_the_name_of_the_integer() -> None:
    listing = [{"RSI": {"params": [{"name": "period", "default": 14.0}]}}]
    assert load({"id": "a", "rules": RULES, "indicators": listing}).indicators[0].name == "rsi_14"


def test_given_value_goes_before_the_default() -> None:
    listing = [{"RSI": {"params": [{"name": "period", "default": 14, "value": 7}]}}]
    assert load({"id": "a", "rules": RULES, "indicators": listing}).indicators[0].parameters == {"period": 7}


def test_id_is_made_from_the_name_where_there_is_none() -> None:
    assert load({"name": "My Dip (v2)", "rules": RULES}).id == "my_dip_v2"


WRONG = {
    "unknown key": (
        {"id": "a", "rules": RULES, "simbol": "X"},
        ["simbol: unknown key 'simbol' (did you mean \"symbol\"?)"],
    ),
    "unknown key in a rule": (
        {"id": "a", "rules": {"entry": {"condition": "close > 1", "confidense": 1}}},
        ["rules.entry.confidense: unknown key 'confidense' (did you mean \"confidence\"?)"],
    ),
    "unknown key in risk": (
        {"id": "a", "rules": RULES, "risk": {"stoploss": 0.1}},
        ["risk.stoploss: unknown key 'stoploss' (did you mean \"stopLoss\"?)"],
    ),
    "unknown kind of rule": (
        {"id": "a", "rules": {**RULES, "exti": {"condition": "close > 1"}}},
        ["rules.exti: unknown rule type 'exti' (did you mean \"exit\"?)"],
    ),
    "type against the place": (
        {"id": "a", "rules": {"entry": {"condition": "close > 1", "type": "exit"}}},
        ["rules.entry.type: expected 'entry' here, got 'exit'"],
    ),
    "unknown operator": (
        {"id": "a", "signals": [{"conditions": [{"indicator": "rsi_14", "operator": "ltt", "value": 3}]}]},
        [
            (
                'signals.0.conditions.0: unknown operator "ltt" (did you mean "lt"?): expected one of '
                "lt, lte, gt, gte, eq, ne, <, <=, >, >=, ==, !=, crosses_above, crosses_below"
            )
        ],
    ),
    "unknown logic": (
        {"id": "a", "signals": [{"conditions": [{"indicator": "x", "operator": "lt", "value": 3}], "logic": "ADN"}]},
        ['signals.0.logic: unknown logic "ADN" (did you mean "AND"?): expected AND or OR'],
    ),
    "condition without a value": (
        {"id": "a", "signals": [{"conditions": [{"indicator": "x", "operator": "lt"}]}]},
        ["signals.0.conditions.0: expected indicator, operator and value, got indicator, operator"],
    ),
    "condition with a list for a value": (
        {"id": "a", "signals": [{"conditions": [{"indicator": "x", "operator": "lt", "value": []}]}]},
        ["signals.0.conditions.0.value: expected a number or an indicator's name, got []"],
    ),
    "no rules": ({"id": "a"}, ["rules: expected rules (or signals), got neither"]),
    "rules and signals": (
        {"id": "a", "rules": RULES, "signals": []},
        ["signals: expected either rules or signals, got both"],
    ),
    "rule that is a text": (
        {"id": "a", "rules": {"entry": "close > 1"}},
        ["rules.entry: expected an object with a condition, got str"],
    ),
    "rule in two forms": (
        {"id": "a", "rules": {"entry": {"condition": "close > 1", "expression": "close > 1"}}},
        ["rules.entry: expected one of condition, expression and conditions, got ['condition', 'expression']"],
    ),
    "symbol twice": (
        {"id": "a", "rules": RULES, "symbol": "X", "symbols": ["X"]},
        ["symbols: expected either symbol or symbols, got both"],
    ),
    "not a timeframe": (
        {"id": "a", "rules": RULES, "timeframe": "15mm"},
        ["timeframes.0: expected a timeframe such as 1m, 5m, 1h, 4h, 1d or 1w, got '15mm' (did you mean \"15m\"?)"],
    ),
    "rule id of the engine's own": (
        {"id": "a", "rules": [{"id": "lifecycle.stop", "condition": "close > 1"}]},
        ["rules.lifecycle.stop.id: expected an id that does not begin with 'lifecycle.', got 'lifecycle.stop'"],
    ),
    "only exits": (
        {"id": "a", "rules": {"exit": {"condition": "close > 1"}}},
        ["expected at least one entry rule, got only exits"],
    ),
    "rule names twice": (
        {"id": "a", "signals": [{"expression": "close > 1"}, {"expression": "close > 2"}]},
        ["expected each rule once, got entry more than once"],
    ),
    "confidence above one": (
        {"id": "a", "rules": {"entry": {"condition": "close > 1", "confidence": 75}}},
        ["rules.entry.confidence: Input should be less than or equal to 1, got 75"],
    ),
    "parameter that is a list": (
        {"id": "a", "rules": RULES, "indicators": {"rsi": {"period": [14]}}},
        ["indicators.rsi.parameters.period: expected a number or a text, got [14]"],
    ),
    "indicators of no kind": (
        {"id": "a", "rules": RULES, "indicators": "rsi"},
        ["indicators: expected an object or a list, got str"],
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
        ["rules.entry.condition: expected a condition such as 'rsi < 30', got nothing"],
    ),
    "not an object": ([], ["expected a JSON object, got list"]),
    "not JSON": (
        b"{id: 1}",
        ["expected JSON, got an error: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"],
    ),
    "nothing": (b"", ["expected JSON, got an error: Expecting value: line 1 column 1 (char 0)"]),
    "NaN": (b'{"id": NaN}', ["expected JSON, got an error: NaN is not a number in JSON"]),
    "infinity": (b'{"id": -Infinity}', ["expected JSON, got an error: -Infinity is not a number in JSON"]),
    "key twice": (b'{"id": "a", "id": "b"}', ["expected JSON, got an error: the key 'id' stands twice in one object"]),
    "not UTF-8": (b'{"id": "\xe9"}', ["expected UTF-8 text, got byte 0xe9 at 8"]),
    "half a surrogate pair": (
        b'{"id": "\\ud800"}',
        ["expected Unicode text, got half of a surrogate pair (an escape such as \\ud800 alone)"],
    ),
    "deep nesting": (b'{"a":' * 30 + b"1" + b"}" * 30, ["expected JSON nested at most 16 deep, got deeper"]),
}


@pytest.mark.parametrize(("document", "expected"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said_with_its_place(document: object, expected: list[str]) -> None:
    assert problems(document) == expected


def test_nesting_beyond_the_parser_is_an_error_of_the_file() -> None:
    (problem,) = problems(b"[" * 100_000)
    assert problem.startswith("expected JSON, got an error: ")


def test_number_beyond_a_float_is_refused() -> None:
    content = b'{"id": "a", "rules": {"entry": {"condition": "close > 1", "confidence": 1e999}}}'
    assert problems(content) == ["rules.entry.confidence: Input should be a finite number, got inf"]


def test_expression_of_a_million_characters_is_refused_by_the_size_of_the_file() -> None:
    (problem,) = problems({"id": "a", "rules": {"entry": {"condition": "x" * 1_000_000}}})
    assert problem.startswith(f"expected at most {MAX_FILE_BYTES:,} bytes, got 1,000,")


def test_expression_of_a_million_characters_is_refused_where_there_is_no_file() -> None:
    document = {"id": "a", "rules": {"entry": {"condition": "(" * 1_000_000}}}
    with pytest.raises(StrategyFileError, match="expected at most 2,000 characters, got 1,000,000") as caught:
        parse_strategy(document, origin="control")
    assert len(str(caught.value)) < 200


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
        "timeframes.0",
        "indicators.1x.name",
        "rules.entry.condition",
        "rules.entry.confidence",
    ]
