"""A checked tree as a Python function of floats.

Why it is right: an expression is ready only where every input and every result of arithmetic is finite. Addition,
subtraction, multiplication, negation, ``abs`` and being divided never turn a value that is not finite into one that is;
only dividing by it does, and being left out of a ``min`` or ``max``. So it is enough to look at every compared value,
every divisor and every operand of those two; each input is a part of one. And the sum of those is finite only if all
are, so one test of the sum clears the bar; where it does not (a sum of large finite numbers can overflow), each is
looked at.

For why it is safe see `operators.expressions.function_code`.
"""

import ast
import math
from collections.abc import Callable
from typing import Any, Final

from operators.expressions.function_code import ARITHMETIC, assign, compare, function, load, negative, total
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
from operators.expressions.syntax import Comparator

Evaluate = Callable[..., bool | None]
Value = Callable[..., float | None]
Scalar = Callable[..., float]

CROSSES: Final[dict[str, tuple[Comparator, Comparator]]] = {"crossover": (">", "<="), "crossunder": ("<", ">=")}
CHOICES: Final[dict[str, Comparator]] = {"min": "<=", "max": ">="}
_SUM = "s"
_OPERANDS = 32  # of one statement: a chain of hundreds would nest deeply in Python's compiler


def condition_function(tree: Condition, operands: Operands) -> Evaluate:
    """The function of a condition.

    It takes Python floats by position, one for each of ``operands``, and returns True, False, or None for not ready:
    an input or a result of arithmetic is not finite, or something is divided by zero, wherever in the expression that
    stands. It does not raise.
    """
    writer = Writer(operands)
    return writer.function(writer.condition(tree), absent=_none())


def number_function(tree: Numeric, operands: Operands) -> Value:
    """The function of a number: as `condition_function`, but it returns the value, or None for not ready."""
    writer = Writer(operands)
    return writer.function(writer.tested(tree, 0), absent=_none())


def scalar_function(tree: Node, operands: Operands) -> Scalar:
    """The function of a tree as a column: the number, 1.0 for true, 0.0 for false, or NaN for not ready."""
    writer = Writer(operands)
    if isinstance(tree, NUMERIC):
        result = writer.tested(tree, 0)
    else:
        result = ast.IfExp(writer.condition(tree), ast.Constant(1.0), ast.Constant(0.0))
    return writer.function(result, absent=ast.Constant(math.nan))


class Writer:
    """Gathers the statements before the result, and the names that must be finite."""

    def __init__(self, operands: Operands) -> None:
        self._operands = operands
        self._statements: list[ast.stmt] = []
        self._tested: dict[str, None] = {}  # a set that keeps its order, so that equal trees give equal code
        self._results: dict[tuple[Numeric, int], str] = {}
        self._stored = 0

    def function(
        self,
        result: ast.expr,
        *,
        absent: ast.expr,
        then: tuple[ast.stmt, ...] = (),
        names: dict[str, object] | None = None,
    ) -> Callable[..., Any]:
        """The function that does ``then`` and returns the result where all is ready, else ``absent``."""
        body = [*self._statements, *_leave_unless_finite(list(self._tested), absent), *then, ast.Return(result)]
        attempt = ast.Try(body, [ast.ExceptHandler(load("ZeroDivisionError"), None, [ast.Return(absent)])], [], [])
        known = {"ZeroDivisionError": ZeroDivisionError, **(names or {})}
        return function(self._operands.parameters.values(), [attempt], known)

    def condition(self, node: Condition) -> ast.expr:  # noqa: PLR0911  # one case for each kind of node
        """The condition, with what it compares stored and tested."""
        match node:
            case Comparison(left, comparator, right):
                return self._compare(left, comparator, right, 0)
            case Cross(crossing, left, right):
                now, before = CROSSES[crossing]
                crossed = [self._compare(left, now, right, 0), self._compare(left, before, right, 1)]
                return ast.BoolOp(ast.And(), crossed)
            case Flag(column):
                return compare(self.tested(column, 0), "!=", ast.Constant(0.0))
            case State(_, meaning):
                return self.condition(meaning)
            case Not(operand):
                return ast.UnaryOp(ast.Not(), self.condition(operand))
            case Chain(links):
                return ast.BoolOp(ast.And(), [self.condition(link) for link in links])
            case And(operands):
                return ast.BoolOp(ast.And(), [self.condition(operand) for operand in operands])
            case Or(operands):
                return ast.BoolOp(ast.Or(), [self.condition(operand) for operand in operands])

    def tested(self, node: Numeric, extra: int) -> ast.expr:
        """The value as a local name that is tested to be finite (a literal is)."""
        if isinstance(node, Number):
            return ast.Constant(node.value)
        if isinstance(node, Column):
            name = self._operands.parameter(node, extra)
        elif (node, extra) in self._results:
            name = self._results[node, extra]
        else:
            name = self._results[node, extra] = self._store(self._value(node, extra))
        self._tested[name] = None
        return load(name)

    def _compare(self, left: Numeric, comparator: Comparator, right: Numeric, extra: int) -> ast.expr:
        return compare(self.tested(left, extra), comparator, self.tested(right, extra))

    def _value(self, node: Numeric, extra: int) -> ast.expr:
        match node:
            case Number(value):
                return ast.Constant(value)
            case Column():
                return load(self._operands.parameter(node, extra))
            case Negate(operand):
                return negative(self._value(operand, extra))
            case Absolute(operand):
                size = self.tested(operand, extra)
                return ast.IfExp(compare(size, ">=", ast.Constant(0.0)), size, negative(size))
            case Extreme(choice, operands):
                chosen = self.tested(operands[0], extra)
                for operand in operands[1:]:
                    other = self.tested(operand, extra)
                    chosen = load(self._store(ast.IfExp(compare(chosen, CHOICES[choice], other), chosen, other)))
                return chosen
            case Arithmetic(first, rest):
                left = self._value(first, extra)
                for count, (operator, operand) in enumerate(rest, start=1):
                    right = self.tested(operand, extra) if operator in "/%" else self._value(operand, extra)
                    left = ast.BinOp(left, ARITHMETIC[operator](), right)
                    if count % _OPERANDS == 0:
                        left = load(self._store(left))
                return left

    def _store(self, value: ast.expr) -> str:
        name = f"r{self._stored}"
        self._stored += 1
        self._statements.append(assign(name, value))
        return name


def _leave_unless_finite(names: list[str], absent: ast.expr) -> list[ast.stmt]:
    """``return`` unless all are finite: x - x is zero for a finite x only."""
    if not names:
        return []
    each = [_not_finite(name) for name in names]
    if len(names) == 1:
        return [ast.If(each[0], [ast.Return(absent)], [])]
    statements: list[ast.stmt] = []
    for start in range(0, len(names), _OPERANDS):
        addends = [_SUM] * (start > 0) + names[start : start + _OPERANDS]
        statements.append(assign(_SUM, total(addends)))
    inner = ast.If(ast.BoolOp(ast.Or(), each), [ast.Return(absent)], [])
    return [*statements, ast.If(_not_finite(_SUM), [inner], [])]


def _not_finite(name: str) -> ast.expr:
    return compare(ast.BinOp(load(name), ast.Sub(), load(name)), "!=", ast.Constant(0.0))


def _none() -> ast.expr:
    return ast.Constant(None)
