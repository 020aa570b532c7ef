"""A compiled rule: what it asks for, when it is ready, and that nothing but arithmetic can be in it."""

import math
from collections.abc import Callable
from types import FunctionType

import numpy as np
import pytest

from operators.expressions.arrays import condition_arrays, mask_arrays
from operators.expressions.compiled import CompiledExpression, compile_expression, compile_number
from operators.expressions.explaining import explanation
from operators.expressions.limits import MAX_LENGTH
from operators.expressions.nodes import Condition
from operators.expressions.operands import Operands
from operators.expressions.scope import Scope

SCOPE = Scope(
    columns={"rsi": "RSI", "ema_20": "EMA", "adx.adx": "ADX", "zero": "Z"} | {f"i{n}": f"I{n}" for n in range(300)},
    states={"breakout": "crossover(close, ema_20)"},
)
NAN, INF = math.nan, math.inf


def compiled(text: str) -> CompiledExpression:
    return compile_expression(text, SCOPE, where="entry")


def test_inputs_are_named_once_in_order_of_first_use() -> None:
    rule = compiled("close > ema_20 * 1.01 AND NOT (adx.adx < 20 OR volume <= 0) AND ema_20 > close")
    assert rule.inputs == (("close", 0), ("EMA", 0), ("ADX", 0), ("volume", 0))
    assert dict(rule.names) == {
        "close": ("close", 0),
        "ema_20": ("EMA", 0),
        "adx.adx": ("ADX", 0),
        "volume": ("volume", 0),
    }
    assert rule.text.startswith("close > ema_20 * 1.01")


def test_cross_asks_for_the_bar_before() -> None:
    assert compiled("crossover(close - ema_20, rsi)").inputs == (
        ("close", 0), ("EMA", 0), ("RSI", 0), ("close", 1), ("EMA", 1), ("RSI", 1),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("now", "before", "over", "under"),
    [
        (2.0, 0.0, True, False),
        (2.0, 1.0, True, False),  # touched on the bar before: crosses now
        (1.0, 0.0, False, False),  # touches only now: not yet
        (1.0, 2.0, False, False),
        (0.0, 1.0, False, True),
        (0.0, 2.0, False, True),
        (2.0, 2.0, False, False),
    ],
)
def test_cross_is_strict_now_and_not_strict_before(now: float, before: float, *, over: bool, under: bool) -> None:
    assert compiled("crossover(close, 1)").evaluate(now, before) is over
    assert compiled("crossunder(close, 1)").evaluate(now, before) is under


@pytest.mark.parametrize("absent", [NAN, INF, -INF])
@pytest.mark.parametrize("text", ["close > 1 OR rsi < 30", "NOT (close < 1 AND rsi < 30)", "close > 1 OR rsi * 0 == 1"])
def test_one_absent_input_makes_the_rule_not_ready_whatever_the_rest_says(text: str, absent: float) -> None:
    rule = compiled(text)
    assert rule.evaluate(2.0, 50.0) is True
    assert rule.evaluate(2.0, absent) is None
    assert rule.evaluate(absent, 50.0) is None


def test_absent_value_on_the_bar_before_makes_a_cross_not_ready() -> None:
    assert compiled("crossover(close, 1)").evaluate(2.0, NAN) is None


@pytest.mark.parametrize("divisor", [0.0, -0.0])
@pytest.mark.parametrize("text", ["close / zero > 1", "zero != zero OR close / zero > 1", "NOT close / (zero * 2) > 1"])
def test_division_by_zero_is_not_ready(text: str, divisor: float) -> None:
    rule = compiled(text)
    values = {"close": 5.0, "Z": divisor}
    assert rule.evaluate(*(values[column] for column, _ in rule.inputs)) is None


def test_division_by_a_literal_zero_is_never_ready() -> None:
    assert compiled("1 / 0 > 1 OR close > 0").evaluate(1.0) is None


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("close * rsi > 1", (1e200, 1e200)),
        ("close * rsi < 1", (-1e200, 1e200)),
        ("1 / (close * rsi) < 1", (1e200, 1e200)),  # one over infinity would be a finite zero
        ("1 / rsi < 1", (INF,)),
        ("close - close * rsi / rsi < 1", (1e308, 10.0)),
        ("close / rsi > 1", (1e308, 1e-308)),
    ],
)
def test_overflow_on_the_way_is_not_ready_even_where_the_end_is_finite(text: str, values: tuple[float, ...]) -> None:
    assert compiled(text).evaluate(*values) is None


def test_large_finite_inputs_are_ready_though_their_sum_overflows() -> None:
    assert compiled("close > 1 AND rsi > 1").evaluate(1.7e308, 1.7e308) is True
    assert compiled("close > 1 AND rsi > 1").evaluate(1.7e308, -1.7e308) is False
    assert compiled("close > 1 AND rsi > 1").evaluate(1.7e308, NAN) is None


def test_condition_of_literals_needs_no_input() -> None:
    rule = compiled("1 < 2")
    assert rule.inputs == ()
    assert rule.evaluate() is True


def test_state_is_computed_as_its_text() -> None:
    rule = compiled("breakout AND rsi < 70")
    assert rule.inputs == (("close", 0), ("EMA", 0), ("close", 1), ("EMA", 1), ("RSI", 0))
    assert rule.evaluate(11.0, 10.0, 9.0, 10.0, 50.0) is True
    assert rule.evaluate(11.0, 10.0, 10.5, 10.0, 50.0) is False


def test_function_can_reach_nothing_but_its_arguments() -> None:
    function = compiled("crossover(close / ema_20, 1.01) AND NOT (rsi + 2 * 3 < 70 OR breakout)").evaluate
    assert isinstance(function, FunctionType)
    assert function.__globals__ == {"__builtins__": {}, "ZeroDivisionError": ZeroDivisionError}
    assert function.__code__.co_names == ("ZeroDivisionError",)
    assert function.__code__.co_freevars == function.__code__.co_cellvars == ()
    assert {type(constant) for constant in function.__code__.co_consts} <= {float, type(None)}
    assert all(name == "s" or (name[0] in "ar" and name[1:].isdecimal()) for name in function.__code__.co_varnames)


@pytest.mark.parametrize("make", [explanation, condition_arrays, mask_arrays])
def test_other_functions_reach_nothing_but_what_they_are_handed(
    make: Callable[[Condition, Operands], FunctionType],
) -> None:
    rule = compiled('max(close, 2) > 1 AND NOT breakout AND position.side == "long"')
    function = make(rule.tree, rule.operands)
    if function.__closure__ is not None:  # a wrapper of ours around what was generated
        (function,) = [cell.cell_contents for cell in function.__closure__]
    assert isinstance(function, FunctionType)
    assert function.__globals__["__builtins__"] == {}
    assert set(function.__code__.co_names) <= {"ZeroDivisionError", "E", "where", "isfinite", "true"} | {
        f"{letter}{number}" for letter in "tk" for number in range(20)
    }
    assert {type(constant) for constant in function.__code__.co_consts} <= {float, int, type(None), tuple}


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("abs(close - rsi)", (1.0, 3.0), 2.0),
        ("min(close, rsi, 2)", (5.0, 3.0), 2.0),
        ("max(close, rsi, 2)", (5.0, 3.0), 5.0),
        ("close % rsi", (7.0, 3.0), 1.0),
        ("close % rsi", (-1.0, 3.0), 2.0),  # as Python: of the sign of what it is divided by
        ("-close[1] + close", (7.0, 3.0), 4.0),
        ("fri - mon", (), 4.0),
    ],
)
def test_number_is_its_value(text: str, values: tuple[float, ...], expected: float) -> None:
    assert compile_number(text, SCOPE, where="value").evaluate(*values[::-1] if "[1]" in text else values) == expected


@pytest.mark.parametrize("text", ["min(close, rsi)", "max(rsi, close)", "5 % rsi", "abs(rsi)", "close / rsi", "rsi"])
@pytest.mark.parametrize("absent", [NAN, INF, -INF])
def test_number_is_not_ready_where_an_input_is_absent_even_if_another_would_be_the_result(
    text: str, absent: float
) -> None:
    number = compile_number(text, SCOPE, where="value")
    values = {"close": 5.0, "RSI": absent}
    assert number.evaluate(*(values[column] for column, _ in number.inputs)) is None


def test_remainder_of_a_division_by_zero_is_not_ready() -> None:
    assert compiled("close % zero < 1 OR close > 0").evaluate(5.0, 0.0) is None


def test_whole_says_where_it_holds_and_where_it_is_ready() -> None:
    holds, ready = compiled("close > 1 OR NOT close / rsi > 1").whole(
        np.array([2.0, 0.5, 0.5, NAN, 2.0]), np.array([1.0, 1.0, 0.1, 1.0, 0.0])
    )
    assert holds.tolist() == [True, True, False, False, False]
    assert ready.tolist() == [True, True, True, False, False]


def test_whole_of_a_number_has_nan_where_it_is_not_ready() -> None:
    values, ready = compile_number("min(close, rsi) % 2", SCOPE, where="value").whole(
        np.array([3.0, INF, 5.0]), np.array([5.0, 1.0, 4.0])
    )
    assert values.tolist()[::2] == [1.0, 0.0]
    assert math.isnan(values[1])
    assert ready.tolist() == [True, False, True]


@pytest.mark.parametrize(("text", "holds", "ready"), [("1 < 2", True, True), ("1 / 0 > 1", False, False)])
def test_whole_of_literals_has_no_dimension(text: str, *, holds: bool, ready: bool) -> None:
    rule = compiled(text)
    assert [verdict.tolist() for verdict in rule.whole()] == [holds, ready]
    assert rule.mask is None


@pytest.mark.parametrize("bars", [0, 1])
def test_the_bar_before_is_asked_for_as_it_is(bars: int) -> None:
    assert compiled(f"rsi[{bars}] > 0").inputs == (("RSI", bars),)


def test_rules_of_the_same_text_are_equal_and_hash_alike() -> None:
    first, second = compiled("rsi < 30"), compiled("rsi < 30")
    assert first == second
    assert hash(first) == hash(second)
    assert first != compiled("rsi < 31")


@pytest.mark.parametrize(
    ("text", "ready"),
    [
        ("+".join(f"i{n % 10}" for n in range(497)) + ">0", True),
        ("max(" + ",".join(f"i{n % 10}" for n in range(490)) + ")>0", True),
        ("&&".join(f"i{n}<9" for n in range(166)), True),
        ("||".join(f"crossover(i{n},9)" for n in range(100)), False),
        ("/".join(f"i{n}" for n in range(300)) + ">0", True),
        ("-" * 48 + "i1>0", True),
        ("(" * 24 + "i1" + "+1)*2" * 24 + ">0", True),
    ],
)
def test_largest_expressions_compile_and_run(text: str, *, ready: bool) -> None:
    assert len(text) <= MAX_LENGTH
    rule = compiled(text)
    assert rule.evaluate(*[1.0] * len(rule.inputs)) is ready
    assert rule.evaluate(*[1.0] * (len(rule.inputs) - 1), NAN) is None
