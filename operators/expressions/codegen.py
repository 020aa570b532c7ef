"""A checked tree as a Python function.

Why this is safe: the function is built as a tree of `ast` nodes, never from the user's text. What can occur in it is
fixed here: names that this module makes up (``a0``, ``r0``, ``s``), float constants, the four arithmetic operators,
comparisons, ``and``, ``or``, ``not``. No attribute, subscript or import can occur, no call but the scan's own to ``zip``,
``enumerate`` and the function itself, and the function's namespace has no builtins.

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
    Not,
    Number,
    Numeric,
    Operator,
    Or,
    State,
    walk,
)

Evaluate = Callable[..., bool | None]
Scan = Callable[..., list[int]]
Operand = tuple[str, int]  # column id, bars back

_TEMPLATE = """
def evaluate():
    try:
        pass
    except ZeroDivisionError:
        return None
"""
_SCAN_TEMPLATE = """
def scan():
    return [row for _ in _]
"""
_LARGEST_SCAN = 100  # nodes: a larger expression would nest deeply, and gains little
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


def generate_scan(tree: Condition, evaluate: Evaluate, inputs: tuple[Operand, ...]) -> Scan | None:
    """The rows of whole columns at which the condition is True: several times cheaper than a call for each row.

    The function takes one list of floats for each of ``inputs`` and gives the row numbers, ascending. A row is looked at
    with Python's own short-circuit first, and only where that holds is ``evaluate`` asked, which looks at every value:
    where ``evaluate`` says True the short form does too, so the rows are exactly those. It raises ZeroDivisionError where
    a row divides by zero before it is decided: then ask row by row. None for a condition without inputs, or a very large
    one.
    """
    if not inputs or sum(1 for _ in walk(tree)) > _LARGEST_SCAN:
        return None
    generator = _Generator(inline=True)
    generator.parameters = {operand: f"a{number}" for number, operand in enumerate(inputs)}
    verdict = generator.condition(tree)
    module = ast.parse(_SCAN_TEMPLATE)
    function = cast("ast.FunctionDef", module.body[0])
    columns = [f"c{number}" for number in range(len(inputs))]
    function.args.posonlyargs = [ast.arg(column) for column in columns]
    rows = cast("ast.ListComp", cast("ast.Return", function.body[0]).value)
    values = list(generator.parameters.values())
    target = ast.Tuple([ast.Name(name, ast.Store()) for name in values], ast.Store())
    rows.generators[0].target = ast.Tuple([ast.Name("row", ast.Store()), target], ast.Store())
    zipped = ast.Call(_load("zip"), [_load(column) for column in columns], [])
    rows.generators[0].iter = ast.Call(_load("enumerate"), [zipped], [])
    confirmed = ast.Call(_load("evaluate"), [_load(name) for name in values], [])
    rows.generators[0].ifs = [ast.BoolOp(ast.And(), [verdict, confirmed])]
    return _function(module, {"zip": zip, "enumerate": enumerate, "evaluate": evaluate})


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

    def __init__(self, *, inline: bool = False) -> None:
        self._inline = inline  # every value where it stands, without statements before the verdict
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
                return ast.BoolOp(ast.And(), crossed)
            case Not(operand):
                return ast.UnaryOp(ast.Not(), self.condition(operand))
            case And(operands):
                return ast.BoolOp(ast.And(), [self.condition(operand) for operand in operands])
            case Or(operands):
                return ast.BoolOp(ast.Or(), [self.condition(operand) for operand in operands])
            case State(_, meaning):
                return self.condition(meaning)
            case Name(name):
                raise _unchecked(name)

    def _compare(self, left: Numeric, comparator: Comparator, right: Numeric, lag: int) -> ast.expr:
        return ast.Compare(self._tested(left, lag), [_COMPARISON[comparator]()], [self._tested(right, lag)])

    def _tested(self, node: Numeric, lag: int) -> ast.expr:
        """The value as a local name that is tested to be finite (a literal is)."""
        if isinstance(node, Number):
            return ast.Constant(node.value)
        if self._inline:
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
                    if count % _OPERANDS == 0 and not self._inline:
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
