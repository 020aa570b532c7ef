"""A checked tree as a Python function.

Why this is safe: the function is built as a tree of `ast` nodes, never from the user's text. What can occur in it is
fixed here: names that this module makes up (``a0``, ``r0``, ``s``), float constants, the four arithmetic operators,
comparisons, ``and``, ``or``, ``not`` (``&``, ``|``, ``~`` for arrays). No attribute, subscript, call or import can
occur, and the function's namespace has no builtins.

Why it is right: a rule is ready only where every input and every result of arithmetic is finite. Addition,
subtraction, multiplication, negation and being divided never turn a value that is not finite into one that is; only
dividing by it does. So it is enough to look at every compared value and every divisor; each input is a part of one.
And the sum of those is finite only if all are, so one test of the sum clears the bar; where it does not (a sum of
large finite numbers can overflow), each is looked at.
"""

import ast
from collections.abc import Callable, Iterable
from functools import reduce
from types import CodeType, FunctionType
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from operators.expressions.nodes import (
    And,
    Arithmetic,
    Column,
    Comparator,
    Comparison,
    Condition,
    Cross,
    CrossFunction,
    Name,
    Negate,
    Node,
    Not,
    Number,
    Numeric,
    Operator,
    Or,
    State,
    walk,
)

Evaluate = Callable[..., bool | None]
Mask = Callable[..., "npt.NDArray[np.bool_]"]
Operand = tuple[str, int]  # column id, bars back

_TEMPLATE = """
def evaluate():
    try:
        pass
    except ZeroDivisionError:
        return None
"""
_MASK_TEMPLATE = """
def mask():
    pass
"""
_LARGEST_MASK = 100  # nodes: a larger expression would nest deeply
_ARITHMETIC: dict[Operator, type[ast.operator]] = {"+": ast.Add, "-": ast.Sub, "*": ast.Mult, "/": ast.Div}
_COMPARISON: dict[Comparator, type[ast.cmpop]] = {
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
    "==": ast.Eq,
    "!=": ast.NotEq,
}
_CROSS: dict[CrossFunction, tuple[Comparator, Comparator]] = {"crossover": (">", "<="), "crossunder": ("<", ">=")}
_SUM = "s"
_OPERANDS = 32  # of one statement: a chain of hundreds would nest deeply in Python's compiler


def generate(tree: Condition) -> tuple[Evaluate, tuple[Operand, ...]]:
    """The function of a checked condition, and what to call it with, in order.

    The function takes Python floats by position and returns True, False, or None for not ready: an input or a result
    of arithmetic is not finite, or something is divided by zero, wherever in the expression that stands. It does not
    raise. Raises `TypeError` for a tree that was not checked.
    """
    generator = _Generator()
    verdict = generator.condition(tree)
    module = ast.parse(_TEMPLATE)
    function = cast("ast.FunctionDef", module.body[0])
    function.args.posonlyargs = [ast.arg(parameter) for parameter in generator.parameters.values()]
    attempt = cast("ast.Try", function.body[0])
    attempt.body = [*generator.statements, *_leave_unless_finite(list(generator.tested)), ast.Return(verdict)]
    evaluate = _function(module, {"ZeroDivisionError": ZeroDivisionError})
    return evaluate, tuple(generator.parameters)


def generate_mask(tree: Condition, inputs: tuple[Operand, ...]) -> Mask | None:
    """The same condition for whole arrays: where the function of ``generate`` says True, this says True.

    The function takes one float64 array for each of ``inputs``, all of one length, and gives a boolean array. It knows
    nothing of readiness: a row that it picks has still to be asked for. (NOT makes True of a comparison with NaN.)
    numpy and Python do float64 arithmetic alike, to the bit. Call it under ``numpy.errstate(all="ignore")``. None for
    a condition that compares constants only, or a very large one.
    """
    nodes = [node for node, _ in walk(tree)]
    if len(nodes) > _LARGEST_MASK or not all(
        _has_column(node) for node in nodes if isinstance(node, Comparison | Cross)
    ):
        return None
    generator = _Generator(arrays=True)
    generator.parameters = {operand: f"a{number}" for number, operand in enumerate(inputs)}
    verdict = generator.condition(tree)
    module = ast.parse(_MASK_TEMPLATE)
    function = cast("ast.FunctionDef", module.body[0])
    function.args.posonlyargs = [ast.arg(name) for name in generator.parameters.values()]
    function.body = [ast.Return(verdict)]
    return _function(module, {})


def _has_column(node: Node) -> bool:
    return any(isinstance(part, Column) for part, _ in walk(node))


def _function(module: ast.Module, names: dict[str, object]) -> Callable[..., Any]:
    """The one function of a module of ours, with these names and no builtins."""
    for part in ast.walk(module):  # ast.fix_missing_locations would recurse
        if isinstance(part, ast.expr | ast.stmt | ast.arg | ast.excepthandler):
            part.lineno = part.end_lineno = 1
            part.col_offset = part.end_col_offset = 0
    code = compile(module, "<expression>", "exec")
    body = next(constant for constant in code.co_consts if isinstance(constant, CodeType))
    return FunctionType(body, {"__builtins__": {}, **names})


class _Generator:
    """Gathers the parameters, the statements before the verdict, and the names that must be finite."""

    def __init__(self, *, arrays: bool = False) -> None:
        self._arrays = arrays  # every value where it stands, and operators that arrays understand
        self.parameters: dict[Operand, str] = {}
        self.statements: list[ast.stmt] = []
        self.tested: dict[str, None] = {}  # a set that keeps its order, so that equal trees give equal code
        self._results: dict[tuple[Numeric, int], str] = {}
        self._stored = 0

    def condition(self, node: Condition) -> ast.expr:
        match node:
            case Comparison(left, comparator, right):
                return self._compare(left, comparator, right, 0)
            case Cross(function, left, right):
                now, before = _CROSS[function]
                crossed = [self._compare(left, now, right, 0), self._compare(left, before, right, 1)]
                return self._joined(ast.And(), crossed)
            case Not(operand):
                return ast.UnaryOp(ast.Invert() if self._arrays else ast.Not(), self.condition(operand))
            case And(operands):
                return self._joined(ast.And(), [self.condition(operand) for operand in operands])
            case Or(operands):
                return self._joined(ast.Or(), [self.condition(operand) for operand in operands])
            case State(_, meaning):
                return self.condition(meaning)
            case Name(name):
                raise _unchecked(name)

    def _joined(self, operator: ast.And | ast.Or, operands: list[ast.expr]) -> ast.expr:
        if not self._arrays:
            return ast.BoolOp(operator, operands)
        bitwise = ast.BitAnd() if isinstance(operator, ast.And) else ast.BitOr()
        return reduce(lambda left, right: ast.BinOp(left, bitwise, right), operands)

    def _compare(self, left: Numeric, comparator: Comparator, right: Numeric, lag: int) -> ast.expr:
        return ast.Compare(self._tested(left, lag), [_COMPARISON[comparator]()], [self._tested(right, lag)])

    def _tested(self, node: Numeric, lag: int) -> ast.expr:
        """The value as a local name that is tested to be finite (a literal is)."""
        if isinstance(node, Number):
            return ast.Constant(node.value)
        if self._arrays:
            return self._value(node, lag)
        if isinstance(node, Column):
            name = self._parameter(node, lag)
        elif (node, lag) in self._results:
            name = self._results[node, lag]
        else:
            name = self._results[node, lag] = self._store(self._value(node, lag))
        self.tested[name] = None
        return _load(name)

    def _value(self, node: Numeric, lag: int) -> ast.expr:
        match node:
            case Number(value):
                return ast.Constant(value)
            case Column():
                return _load(self._parameter(node, lag))
            case Negate(operand):
                return ast.UnaryOp(ast.USub(), self._value(operand, lag))
            case Arithmetic(first, rest):
                left = self._value(first, lag)
                for count, (operator, operand) in enumerate(rest, start=1):
                    right = self._tested(operand, lag) if operator == "/" else self._value(operand, lag)
                    left = ast.BinOp(left, _ARITHMETIC[operator](), right)
                    if count % _OPERANDS == 0 and not self._arrays:
                        left = _load(self._store(left))
                return left
            case Name(name):
                raise _unchecked(name)

    def _store(self, value: ast.expr) -> str:
        name = f"r{self._stored}"
        self._stored += 1
        self.statements.append(ast.Assign([ast.Name(name, ast.Store())], value))
        return name

    def _parameter(self, node: Column, lag: int) -> str:
        return self.parameters.setdefault((node.column, lag), f"a{len(self.parameters)}")


def _leave_unless_finite(names: list[str]) -> list[ast.stmt]:
    """``return None`` unless all are finite: x - x is zero for a finite x only."""
    if not names:
        return []
    each = [_not_finite(name) for name in names]
    if len(names) == 1:
        return [ast.If(each[0], [ast.Return()], [])]
    statements: list[ast.stmt] = []
    for start in range(0, len(names), _OPERANDS):
        addends = [_SUM] * (start > 0) + names[start : start + _OPERANDS]
        statements.append(ast.Assign([ast.Name(_SUM, ast.Store())], _total(addends)))
    inner = ast.If(ast.BoolOp(ast.Or(), each), [ast.Return()], [])
    return [*statements, ast.If(_not_finite(_SUM), [inner], [])]


def _not_finite(name: str) -> ast.expr:
    return ast.Compare(ast.BinOp(_load(name), ast.Sub(), _load(name)), [ast.NotEq()], [ast.Constant(0.0)])


def _total(names: Iterable[str]) -> ast.expr:
    return reduce(lambda left, right: ast.BinOp(left, ast.Add(), right), map(_load, names))


def _load(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def _unchecked(name: str) -> TypeError:
    return TypeError(f'"{name}" is not resolved: the tree has to come from operators.expressions.checker.check')
