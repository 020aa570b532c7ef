"""Random expressions: both functions equal a plain interpreter, printed text its tree, and no text crashes."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from operators.expressions.codegen import CROSSES
from operators.expressions.compiled import Compiled, compile_expression, compile_number
from operators.expressions.errors import ExpressionErrors
from operators.expressions.limits import MAX_LENGTH
from operators.expressions.nodes import (
    NUMERIC,
    Absolute,
    And,
    Arithmetic,
    Chain,
    Column,
    Comparison,
    Condition,
    Cross,
    Extreme,
    Flag,
    Negate,
    Node,
    Not,
    Number,
    Numeric,
    Or,
    State,
)
from operators.expressions.operands import Operands
from operators.expressions.parser import read
from operators.expressions.scope import Scope
from operators.expressions.syntax import Operator
from operators.indicators.identity import Output, resolve

RSI = resolve("rsi", {}, where="rsi")
MACD = resolve("macd", {}, where="macd")
SCOPE = Scope(
    columns={"rsi": Output(RSI, "rsi"), "macd.signal": Output(MACD, "signal")},
    states={"up": "crossover(close, macd.signal)", "calm": "NOT up AND rsi / volume < 3"},
    models={"lstm": ("confidence",)},
)
EXAMPLES = 400


class NotReadyError(Exception):
    """A value is absent, or arithmetic has no finite result."""


class Interpreter:
    """The meaning of a tree, node by node, nothing skipped: what the compiled functions have to equal."""

    def __init__(self, operands: Operands, values: Sequence[float]) -> None:
        self._operands = operands
        self._values = dict(zip(operands.parameters.values(), values, strict=True))

    def verdict(self, tree: Node) -> float | bool | None:
        try:
            return self.number(tree, 0) if isinstance(tree, NUMERIC) else self.truth(tree)
        except NotReadyError:
            return None

    def truth(self, node: Condition) -> bool:  # noqa: PLR0911  # one case for each kind of node
        match node:
            case Comparison(left, comparator, right):
                return compared(self.number(left, 0), comparator, self.number(right, 0))
            case Cross(function, left, right):
                now, before = CROSSES[function]
                sides = [(self.number(left, bars), self.number(right, bars)) for bars in (0, 1)]
                return compared(sides[0][0], now, sides[0][1]) and compared(sides[1][0], before, sides[1][1])
            case Flag(column):
                return self.number(column, 0) != 0
            case State(_, meaning):
                return self.truth(meaning)
            case Not(operand):
                return not self.truth(operand)
            case Chain(operands) | And(operands):
                verdicts = [self.truth(operand) for operand in operands]  # all: one that is not ready counts
                return all(verdicts)
            case Or(operands):
                verdicts = [self.truth(operand) for operand in operands]
                return any(verdicts)

    def number(self, node: Numeric, bars: int) -> float:
        match node:
            case Number(value):
                result = value
            case Column():
                result = self._values[self._operands.parameter(node, bars)]
            case Negate(operand):
                result = -self.number(operand, bars)
            case Absolute(operand):
                result = abs(self.number(operand, bars))
            case Extreme(function, operands):
                values = [self.number(operand, bars) for operand in operands]
                result = min(values) if function == "min" else max(values)
            case Arithmetic(first, rest):
                result = self.number(first, bars)
                for operator, operand in rest:
                    result = finite(applied(result, operator, self.number(operand, bars)))
        return finite(result)


def compared(left: float, comparator: str, right: float) -> bool:
    order = (left > right) - (left < right)
    return order in {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1), "==": (0,), "!=": (-1, 1)}[comparator]


def applied(left: float, operator: Operator, right: float) -> float:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right if right else math.nan
        case "%":
            return left % right if right else math.nan


def finite(value: float) -> float:
    if not math.isfinite(value):
        raise NotReadyError
    return value


def binary(signs: Sequence[str], operands: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(operands, st.sampled_from(signs), operands).map(" ".join)


def called(function: str, *arguments: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*arguments).map(lambda given: f"{function}({', '.join(given)})")


def deeper_numbers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    grouped = inner.map("({})".format)
    return st.one_of(
        inner.map("-{}".format),
        binary("+-*/%", inner),
        binary("+-*/%", grouped),
        called("abs", inner),
        called("min", inner, inner),
        called("max", inner, inner, inner),
    )


def deeper_conditions(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    grouped = inner.map("({})".format)
    return st.one_of(
        grouped.map("NOT {}".format),
        binary(["AND", "OR", "&&", "||"], inner),
        binary(["AND", "OR"], grouped),
    )


literals = st.one_of(
    st.sampled_from(["0", "1", "2", "30", "0.5", "mon", "sun"]),
    st.floats(min_value=0, allow_infinity=False, allow_nan=False).map(lambda value: repr(abs(value))),
)
past = ["rsi[1]", "close[1]", "macd.signal@1h", "close@4h[1]"]
names = st.sampled_from(
    ["close", "open", "volume", "hl2", "rsi", "macd.signal", "lstm.confidence", "hour", 'month("Asia/Tokyo")', *past]
)
numbers = st.recursive(names | literals, deeper_numbers, max_leaves=6)
comparisons = binary(["<", "<=", ">", ">=", "==", "!="], numbers)
atoms = st.one_of(
    comparisons,
    called("crossover", numbers, numbers),
    called("crossunder", numbers, numbers),
    called("between", numbers, numbers, numbers),
    st.tuples(numbers, st.sampled_from(["<", "<="]), numbers, st.sampled_from(["<", "<="]), numbers).map(" ".join),
    st.sampled_from(
        [
            "up",
            "calm",
            "up@1h",
            'position.side == "short"',
            '"flat" != position.side',
            "position.pnl > 0.01",
            'session("09:30", "16:00", "America/New_York")',
        ]
    ),
)
conditions = st.recursive(atoms, deeper_conditions, max_leaves=8).filter(lambda text: len(text) <= MAX_LENGTH)
calm_values = st.sampled_from([0.0, 1.0, 2.0, 3.0, 30.0, -1.0])
wild_values = st.one_of(
    calm_values, st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 1.7e308, -1.7e308, 5e-324]), st.floats()
)
words = [
    "AND", "or", "NOT", "close", "rsi", "up", "macd.signal", "crossover(", "highest(", "session(", '"09:30"',
    "position.side", "1", "1e999", "9" * 400, "@1h", "[1]", "[", "]", "mon", "hour", "any_within(", "lstm.confidence",
]  # fmt: skip
fragments = st.sampled_from([*words, *"!&|<>=+-*/%(),. \n\x00é\ud800\"'@?{", "&&", "||", "<=", "=="])
texts = st.one_of(
    st.text(max_size=200), st.lists(fragments, max_size=60).map(" ".join), st.lists(fragments).map("".join)
)


def rows_of(values: st.SearchStrategy[float]) -> st.SearchStrategy[list[list[float]]]:
    return st.lists(st.lists(values, min_size=16, max_size=16), min_size=1, max_size=5)


def table(expression: Compiled, rows: list[list[float]]) -> list[list[float]]:
    """Rows of one value for each input."""
    return [[row[place % len(row)] for place in range(len(expression.inputs))] for row in rows]


@settings(max_examples=EXAMPLES, deadline=None)
@given(conditions, rows_of(wild_values) | rows_of(calm_values))
def test_condition_equals_the_interpreter_row_by_row_and_as_arrays(text: str, rows: list[list[float]]) -> None:
    rule = compile_expression(text, SCOPE, where="entry")
    values = table(rule, rows)
    expected = [Interpreter(rule.operands, row).verdict(rule.tree) for row in values]
    assert [rule.evaluate(*row) for row in values] == expected
    holds, ready = (np.broadcast_to(each, len(rows)).tolist() for each in rule.whole(*np.array(values).T))
    assert holds == [verdict is True for verdict in expected]
    assert ready == [verdict is not None for verdict in expected]
    if rule.mask is not None:
        with np.errstate(all="ignore"):
            mask = rule.mask(*np.array(values).T).tolist()
        assert all(picked for picked, verdict in zip(mask, expected, strict=True) if verdict)
    for row, verdict in zip(values, expected, strict=True):
        parts = rule.explain(*row)
        assert [part.holds for part in parts[:1]] == ([] if verdict is None else [verdict])


@settings(max_examples=EXAMPLES, deadline=None)
@given(numbers, rows_of(wild_values) | rows_of(calm_values))
def test_number_equals_the_interpreter_row_by_row_and_as_arrays(text: str, rows: list[list[float]]) -> None:
    number = compile_number(text, SCOPE, where="value")
    values = table(number, rows)
    expected = [Interpreter(number.operands, row).verdict(number.tree) for row in values]
    assert [number.evaluate(*row) for row in values] == expected
    found, ready = (np.broadcast_to(each, len(rows)).tolist() for each in number.whole(*np.array(values).T))
    assert ready == [value is not None for value in expected]
    assert [value for value in found if not math.isnan(value)] == [value for value in expected if value is not None]


@settings(max_examples=200, deadline=None)
@given(conditions)
def test_every_part_of_an_explanation_says_what_it_says_alone(text: str) -> None:
    rule = compile_expression(text, SCOPE, where="entry")
    values: Mapping[tuple[str, int], float] = {operand: float(place % 3) for place, operand in enumerate(rule.inputs)}
    for part in rule.explain(*values.values()):
        alone = compile_expression(part.text, SCOPE, where="part")
        assert alone.evaluate(*(values[operand] for operand in alone.inputs)) is part.holds


@settings(deadline=None)
@given(conditions)
def test_printed_tree_is_read_as_the_same_tree(text: str) -> None:
    rule = compile_expression(text, SCOPE, where="entry")
    again = compile_expression(str(rule.tree), SCOPE, where="entry")
    assert again.tree == rule.tree
    assert again.inputs == rule.inputs
    assert again.canonical == rule.canonical


@settings(deadline=None)
@given(conditions)
def test_no_printed_parentheses_can_be_left_out(text: str) -> None:
    tree = compile_expression(text, SCOPE, where="entry").tree
    printed = str(tree)
    for opening, closing in pairs_of_parentheses(printed):
        bare = printed[:opening] + printed[opening + 1 : closing] + printed[closing + 1 :]
        try:
            assert compile_expression(bare, SCOPE, where="entry").tree != tree
        except ExpressionErrors:
            continue


@settings(max_examples=500, deadline=None)
@given(texts)
@example("(" * 1_999)
@example("[" * 1_999)
@example("!" * 2_000)
@example("-" * 2_000)
@example("-" * 1_999 + "a")
@example("a" + "-a" * 999)
@example("a AND " * 333)
@example("a ? " * 499)
@example("a ) " * 499)
@example("crossover(" * 199)
@example("highest(" * 49 + "close" + ",2)" * 49)
@example("close" + "[1]" * 48)
@example("9" * 2_000)
@example("close[" + "9" * 1_900 + "]")
@example("\x00" * 2_001)
@example("a" + "." * 1_999)
@example('"' * 1_999)
def test_any_text_is_compiled_or_refused(text: str) -> None:
    tree, faults = read(text)
    assert all(0 <= fault.at <= MAX_LENGTH for fault in faults)
    assert tree is not None
    for compile_text in (compile_expression, compile_number):
        try:
            compiled = compile_text(text, SCOPE, where="entry")
        except ExpressionErrors as errors:
            assert errors.errors  # noqa: PT017 - either outcome is right, each has its claim
            assert all(str(error).startswith("entry, ") and len(str(error)) < 800 for error in errors.errors)  # noqa: PT017 - as above
            continue
        absent = compiled.evaluate(*[math.nan] * len(compiled.inputs))
        assert compiled.inputs == () or absent is None


def pairs_of_parentheses(text: str) -> list[tuple[int, int]]:
    """Offsets of those that group; a function's own are not among them."""
    pairs, waiting = [], []
    for at, character in enumerate(text):
        if character == "(":
            waiting.append(at)
        elif character == ")":
            opening = waiting.pop()
            if not text[opening - 1 : opening].isalpha():
                pairs.append((opening, at))
    return pairs
