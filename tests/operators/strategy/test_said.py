"""What each part of a rule said: as the explanation of its signal has it, and where that has nothing."""

from itertools import product
from math import nan

import pytest

from operators.strategy.compile import CompiledRule, compile_strategy
from operators.strategy.said import Part, parts, rule_scope
from schemas.strategy import StrategyConfig
from schemas.strategy_file import parse_strategy

CONDITIONS = (
    "close > 10",
    "close > 10 AND open < 12",
    "close > 10 OR NOT open < 12 AND volume >= 3",
    "crossover(close, open)",
    "between(close, open, 12) OR high[1] - low > 2 * abs(close)",
    "10 < close <= open",
    "rsi_14_oversold AND close > open[1]",
    "position.bars_held > 2 AND position.pnl < 0.1",
)
NUMBERS = (9.0, 10.0, 13.0)


def configured(condition: str) -> StrategyConfig:
    signals = [{"id": "out", "type": "exit", "expression": condition}]
    signals += [{"id": "in", "type": "entry", "expression": "close > 0"}]
    return parse_strategy({"id": "said", "signals": signals}, origin="test")


def rule_of(config: StrategyConfig) -> CompiledRule:
    return compile_strategy(config).exits["long"][0]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_where_a_rule_is_ready_its_parts_are_those_of_its_signal(condition: str) -> None:
    config = configured(condition)
    rule, scope = rule_of(config), rule_scope(config)
    compared = 0
    for values in product(NUMBERS, repeat=len(rule.operands)):
        said = parts(rule, scope, dict(zip(rule.operands, values, strict=True)))
        assert said == tuple(Part(*one) for one in rule.explain(*values))
        assert said[0].holds is rule.evaluate(*values)
        compared += 1
    assert compared == len(NUMBERS) ** len(rule.operands)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_rule_that_reads_something_without_a_value_is_not_ready_as_a_whole(condition: str) -> None:
    config = configured(condition)
    rule, scope = rule_of(config), rule_scope(config)
    for missing in rule.operands:
        read = dict.fromkeys(rule.operands, 11.0) | {missing: nan}
        said = parts(rule, scope, read)
        assert said[0].holds is None
        assert rule.explain(*read.values()) == ()


def test_the_parts_that_are_ready_say_what_they_would() -> None:
    config = configured("close > 10 AND (rsi_14 < 30 OR open < 12)")
    rule = rule_of(config)
    read = dict.fromkeys(rule.operands, nan) | {("close", 0): 11.0, ("open", 0): 15.0}
    assert parts(rule, rule_scope(config), read) == (
        Part(0, "close > 10 AND (rsi_14 < 30 OR open < 12)", None),
        Part(1, "close > 10", holds=True, left=11.0, right=10.0),
        Part(1, "rsi_14 < 30 OR open < 12", None),
        Part(2, "rsi_14 < 30", None, None, 30.0),
        Part(2, "open < 12", holds=False, left=15.0, right=12.0),
    )


def test_what_is_divided_by_zero_is_not_ready() -> None:
    config = configured("close / open > 2")
    rule = rule_of(config)
    said = parts(rule, rule_scope(config), {("close", 0): 1.0, ("open", 0): 0.0})
    assert said == (Part(0, "close / open > 2", None, None, 2.0),)
