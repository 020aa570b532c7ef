"""Python functions made of `ast` nodes.

Why this is safe: a function is built as a tree of `ast` nodes, never from the user's text. What can occur in it is
fixed here and in the modules that generate: names that they make up (``a0``, ``r0``, ``t0``, ``s``), float constants,
arithmetic, comparisons, ``and``, ``or``, ``not``, ``if``, tuples, and calls of the few functions that the generator
itself hands in. No attribute, subscript or import can occur, and the namespace has no builtins.
"""

import ast
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from types import CodeType, FunctionType
from typing import Any, cast

from operators.expressions.syntax import Comparator, Operator

ARITHMETIC: Mapping[Operator, type[ast.operator]] = {
    "+": ast.Add,
    "-": ast.Sub,
    "*": ast.Mult,
    "/": ast.Div,
    "%": ast.Mod,
}
COMPARISON: Mapping[Comparator, type[ast.cmpop]] = {
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
    "==": ast.Eq,
    "!=": ast.NotEq,
}
_TEMPLATE = """
def generated():
    pass
"""


def function(parameters: Iterable[str], body: list[ast.stmt], names: Mapping[str, object]) -> Callable[..., Any]:
    """A function of these parameters by position, with this body, these names and no builtins."""
    module = ast.parse(_TEMPLATE)
    made = cast("ast.FunctionDef", module.body[0])
    made.args.posonlyargs = [ast.arg(parameter) for parameter in parameters]
    made.body = body
    for part in ast.walk(module):  # ast.fix_missing_locations would recurse
        if isinstance(part, ast.expr | ast.stmt | ast.arg | ast.excepthandler):
            part.lineno = part.end_lineno = 1
            part.col_offset = part.end_col_offset = 0
    code = compile(module, "<expression>", "exec")
    function_code = next(constant for constant in code.co_consts if isinstance(constant, CodeType))
    return FunctionType(function_code, {"__builtins__": {}, **names})


def load(name: str) -> ast.expr:
    """The value of a name."""
    return ast.Name(name, ast.Load())


def assign(name: str, value: ast.expr) -> ast.stmt:
    """Give a name a value."""
    return ast.Assign([ast.Name(name, ast.Store())], value)


def call(name: str, *arguments: ast.expr) -> ast.expr:
    """Call what the namespace has under a name."""
    return ast.Call(load(name), list(arguments), [])


def compare(left: ast.expr, comparator: Comparator, right: ast.expr) -> ast.expr:
    """One comparison."""
    return ast.Compare(left, [COMPARISON[comparator]()], [right])


def negative(operand: ast.expr) -> ast.expr:
    """Minus."""
    return ast.UnaryOp(ast.USub(), operand)


def total(names: Iterable[str]) -> ast.expr:
    """The sum of names, from left to right."""
    return reduce(lambda left, right: ast.BinOp(left, ast.Add(), right), map(load, names))
