"""The evaluated condition tree: every part once, parents first, with the values that decided it."""

import math

import pytest

from operators.expressions.compiled import compile_expression
from operators.expressions.scope import Scope
from schemas.signal import EvaluatedCondition

SCOPE = Scope(columns={"rsi": "RSI", "ema": "EMA"}, states={"breakout": "crossover(close, ema)", "calm": "rsi < 70"})


def explained(text: str, *values: float) -> list[tuple[object, ...]]:
    return [tuple(part) for part in compile_expression(text, SCOPE, where="").explain(*values)]


def test_parts_come_parents_first_with_their_values() -> None:
    assert explained("breakout AND NOT (calm OR rsi * 2 > 100)", 11.0, 10.0, 9.0, 10.0, 75.0) == [
        (0, "breakout AND NOT (calm OR rsi * 2 > 100)", False, None, None),
        (1, "breakout", True, None, None),
        (2, "crossover(close, ema)", True, 11.0, 10.0),
        (1, "NOT (calm OR rsi * 2 > 100)", False, None, None),
        (2, "calm OR rsi * 2 > 100", True, None, None),
        (3, "calm", False, None, None),
        (4, "rsi < 70", False, 75.0, 70.0),
        (3, "rsi * 2 > 100", True, 150.0, 100.0),
    ]


def test_chain_and_between_are_shown_with_their_comparisons() -> None:
    assert explained("30 < rsi < 70", 50.0) == [
        (0, "30 < rsi < 70", True, None, None),
        (1, "30 < rsi", True, 30.0, 50.0),
        (1, "rsi < 70", True, 50.0, 70.0),
    ]
    assert explained("between(rsi, 30, 70)", 20.0) == [
        (0, "between(rsi, 30, 70)", False, None, None),
        (1, "30 <= rsi", False, 30.0, 20.0),
        (1, "rsi <= 70", True, 20.0, 70.0),
    ]


def test_sides_are_shown_as_written() -> None:
    assert explained('position.side != "short"', 1.0) == [(0, 'position.side != "short"', True, 1.0, -1.0)]


def test_condition_computed_beside_the_indicators_has_no_values() -> None:
    assert explained('session("09:30", "16:00")', 1.0) == [(0, 'session("09:30", "16:00")', True, None, None)]


@pytest.mark.parametrize("values", [(math.nan, 1.0), (1.0, math.inf), (1.0, 0.0)])
def test_rule_that_is_not_ready_explains_nothing(values: tuple[float, float]) -> None:
    assert explained("rsi > 0 OR rsi / ema > 1", *values) == []


def test_parts_are_what_a_signal_carries() -> None:
    (part,) = compile_expression("rsi < 30", SCOPE, where="").explain(20.0)
    assert part == EvaluatedCondition(0, "rsi < 30", holds=True, left=20.0, right=30.0)
    assert isinstance(part, EvaluatedCondition)
    assert part.holds is True
