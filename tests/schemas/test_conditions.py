"""The list form of a condition becomes the text of an expression, or is refused with what to write."""

import math
import re

import pytest

from schemas.conditions import condition_text, join_conditions


@pytest.mark.parametrize(
    ("operator", "sign"), [("lt", "<"), ("lte", "<="), ("gt", ">"), ("gte", ">="), ("eq", "=="), ("ne", "!=")]
)
def test_comparison_is_written_with_its_sign_whether_named_or_signed(operator: str, sign: str) -> None:
    assert condition_text("rsi_14", operator, 30) == f"rsi_14 {sign} 30"
    assert condition_text("rsi_14", sign, 30) == f"rsi_14 {sign} 30"


@pytest.mark.parametrize(("operator", "function"), [("crosses_above", "crossover"), ("crosses_below", "crossunder")])
def test_cross_is_written_as_a_call(operator: str, function: str) -> None:
    assert condition_text("macd.macd", operator, "macd.signal") == f"{function}(macd.macd, macd.signal)"
    assert condition_text("close", operator, -1.5) == f"{function}(close, -1.5)"


@pytest.mark.parametrize(
    ("value", "text"), [(30, "30"), (30.0, "30"), (0.1, "0.1"), (-5, "-5"), (1e300, "1e+300"), (1e-7, "1e-07")]
)
def test_number_is_written_exactly(value: float, text: str) -> None:
    assert condition_text("rsi", "gt", value) == f"rsi > {text}"
    assert float(text) == value


@pytest.mark.parametrize("name", ["rsi_14[1]", "close@1h", "macd.signal@4h", "rsi_14@1h[1]"])
def test_value_of_an_earlier_bar_or_another_timeframe_is_a_name_too(name: str) -> None:
    assert condition_text(name, "lt", "rsi_14") == f"{name} < rsi_14"
    assert condition_text("rsi_14", "crosses_above", name) == f"crossover(rsi_14, {name})"


@pytest.mark.parametrize(
    ("operator", "near"),
    [("GT", "gt"), ("gtt", "gt"), ("cross_above", "crosses_above"), ("crosses_belo", "crosses_below")],
)
def test_unknown_operator_names_the_nearest(operator: str, near: str) -> None:
    message = f'unknown operator "{operator}" (did you mean "{near}"?): expected one of lt, '
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        condition_text("rsi", operator, 30)


def test_unknown_operator_with_nothing_near_lists_all() -> None:
    listed = "lt, lte, gt, gte, eq, ne, <, <=, >, >=, ==, !=, crosses_above, crosses_below"
    with pytest.raises(ValueError, match=f'^{re.escape(f"""unknown operator "~": expected one of {listed}""")}$'):
        condition_text("rsi", "~", 30)


@pytest.mark.parametrize(
    "indicator",
    [
        "",
        "rsi 14",
        "rsi > 3 OR close",
        "14",
        "a.b.c",
        "rsi[1",
        "rsi[x]",
        "rsi@",
        "rsi@1h@1h@1h",
        "rsi\n",
        "AND",
        "not",
        "ри",
    ],
)
def test_indicator_that_is_no_name_is_refused(indicator: str) -> None:
    message = f'indicator: expected the name of an indicator, such as rsi_14 or macd.signal, got "{indicator}"'
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        condition_text(indicator, "lt", 30)


def test_quoted_number_is_told_to_lose_its_quotes() -> None:
    with pytest.raises(ValueError, match=r'^value: expected a number without quotes or the name of .*, got "30"$'):
        condition_text("rsi", "lt", "30")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, 10**400])
def test_value_that_is_not_a_finite_number_is_refused(value: float) -> None:
    with pytest.raises(
        ValueError, match=r"^value: expected a finite number or the name of an indicator, got (nan|-?inf|True)$"
    ):
        condition_text("rsi", "lt", value)


def test_overlong_wrong_texts_are_cut_in_messages() -> None:
    with pytest.raises(ValueError, match="unknown operator") as operator:
        condition_text("rsi", "x" * 1_000_000, 30)
    with pytest.raises(ValueError, match="expected the name of an indicator") as indicator:
        condition_text("!" * 1_000_000, "lt", 30)
    assert max(len(str(operator.value)), len(str(indicator.value))) < 200


def test_joined_conditions_keep_each_whole() -> None:
    assert join_conditions(["a > 1 OR b > 1", "c > 1"], "and") == "(a > 1 OR b > 1) AND (c > 1)"
    assert join_conditions(["a > 1", "b > 1", "c > 1"], "OR") == "(a > 1) OR (b > 1) OR (c > 1)"


def test_one_condition_is_not_wrapped() -> None:
    assert join_conditions(["a > 1"], "AND") == "a > 1"


def test_unknown_logic_is_refused() -> None:
    with pytest.raises(ValueError, match=r'^unknown logic "ANDD" \(did you mean "AND"\?\): expected AND or OR$'):
        join_conditions(["a > 1"], "ANDD")


def test_nothing_to_join_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^expected one or more conditions to join, got none$"):
        join_conditions([], "AND")
