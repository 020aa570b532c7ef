"""What can still be checked of a strategy file that has something wrong with it."""

import pytest

from schemas.strategy_file import attempt_strategy
from tests.schemas.refusals import problems
from tests.schemas.test_strategy_problems import WRONG

RIGHT = {"id": "a", "rules": {"entry": {"condition": "rsi_14 < 30"}, "exit": [{"condition": "rsi_14 > 70"}]}}
OBJECTS = {name: document for name, (document, _expected) in WRONG.items() if isinstance(document, dict)}


@pytest.mark.parametrize("document", OBJECTS.values(), ids=OBJECTS)
def test_an_attempt_tells_the_same_problems(document: dict[str, object]) -> None:
    assert [str(one) for one in attempt_strategy(document, origin="a.json").problems] == problems(document)


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeframe": "9x"},
        {"symbols": ["B", "B"]},
        {"risk": {"stop_loss": 2}},
        {"risk": {"sizing": {"method": "risk_per_trade", "fraction": 0.01}}},
        {"execution": {"capital": "much"}},
        {"correlation": 5},
        {"meta": {"kind": "mll"}},
        {"id": "a b"},
        {"simbol": "B"},
        {"partial_bars": "no"},
    ],
    ids=str,
)
def test_what_is_wrong_beside_the_rules_leaves_their_expressions(wrong: dict[str, object]) -> None:
    config, found = attempt_strategy({**RIGHT, **wrong}, origin="a.json")
    assert found
    assert config is not None
    assert [one.expression for one in config.signals] == ["rsi_14 < 30", "rsi_14 > 70"]


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        ({"condition": ""}, "0 > 1"),
        ({"condition": "close > 1", "side": "up"}, "close > 1"),
        ({"condition": "close > 1", "id": "lifecycle.x"}, "close > 1"),
        ({"condition": "close > 1", "confidence": {"method": "weigted"}}, "close > 1"),
        ({"condition": "close > 1", "id": "entry"}, "close > 1"),
    ],
)
def test_what_is_wrong_in_a_rule_leaves_the_rest_of_it(rule: dict[str, object], left: str) -> None:
    document = {"id": "a", "rules": {"entry": {"condition": "rsi_14 < 30"}, "exit": rule}}
    config, found = attempt_strategy(document, origin="a.json")
    assert len(found) == 1
    assert config is not None
    assert [one.expression for one in config.signals] == ["rsi_14 < 30", left]


@pytest.mark.parametrize(
    "wrong",
    [{"indicators": {"rsi": {"period": [1]}}}, {"models": "lstm"}, {"indicatros": {"rsi": {}}}, {"rsi": {"period": 5}}],
    ids=str,
)
def test_where_a_name_may_be_refused_nothing_is_left(wrong: dict[str, object]) -> None:
    config, found = attempt_strategy({**RIGHT, **wrong}, origin="a.json")
    assert found
    assert config is None
