"""What a scope knows by itself, and what it refuses to be made of."""

import pytest

from operators.expressions.compiled import compile_expression
from operators.expressions.scope import Scope
from operators.indicators.definition import PRICE_SOURCES


@pytest.mark.parametrize("name", ["open", "high", "low", "close", "volume"])
def test_candle_fields_need_no_scope(name: str) -> None:
    assert compile_expression(f"{name} > 0", Scope(), where="").inputs == ((name, 0),)


@pytest.mark.parametrize("name", ["hl2", "hlc3", "ohlc4"])
def test_derived_prices_are_computed_beside_the_indicators(name: str) -> None:
    rule = compile_expression(f"{name} > 0", Scope(), where="")
    assert rule.inputs == ((f"{name}.price", 0),)
    assert [indicator.inputs for indicator in rule.indicators] == [(name,)]


def test_scope_refuses_a_name_with_two_meanings() -> None:
    with pytest.raises(ValueError, match=r'^"rsi" names both a number and a condition: rename one of them$'):
        Scope(columns={"rsi": "RSI(14)"}, states={"rsi": "close > 1"})
    with pytest.raises(ValueError, match=r'^"rsi" names both a model and something else: rename one of them$'):
        Scope(columns={"rsi": "RSI(14)"}, models={"rsi": ("x",)})
    for name in PRICE_SOURCES:
        with pytest.raises(ValueError, match=rf'^"{name}" is a candle field and cannot name something else'):
            Scope(states={name: "open > 1"})
    with pytest.raises(ValueError, match=r'^"position" is what the strategy holds and cannot name something else'):
        Scope(columns={"position": "X"})
    assert Scope(columns={"close": "close"}).reading("close") == "close"
