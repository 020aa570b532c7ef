"""A checked tree as a function of whole arrays: the same arithmetic, in the same order, for many bars at once.

numpy and Python do float64 arithmetic alike, to the bit, but for one thing: where Python raises at a division by zero
numpy gives infinity or NaN. Either is found where the divisor's result is tested. Every step is a statement of its own,
so nothing nests.
"""

import ast
from collections.abc import Callable
from functools import reduce
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from operators.expressions.codegen import CHOICES, CROSSES
from operators.expressions.function_code import ARITHMETIC, assign, call, compare, function, load, negative
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

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Whole = Callable[..., tuple[Bools, Bools]]
Mask = Callable[..., Bools]
WholeValue = Callable[..., tuple[Floats, Bools]]

_NUMPY: Final[dict[str, object]] = {"where": np.where, "isfinite": np.isfinite}


def condition_arrays(tree: Condition, operands: Operands) -> Whole:
    """The function of a condition over arrays.

    It takes one float64 array for each of ``operands``, all of one length, and gives two boolean arrays: where the
    condition holds, and where it is ready. Row by row that is what `condition_function` says of it: True where it
    holds, None where it is not ready. Of a tree that reads nothing both have no dimension.
    """
    work = _written(tree, operands)

    def whole(*arrays: Floats) -> tuple[Bools, Bools]:
        with np.errstate(all="ignore"):
            holds, ready = work(*arrays)
            return np.asarray(holds & ready), np.asarray(ready)

    return whole


def mask_arrays(tree: Condition, operands: Operands) -> Mask | None:
    """As `condition_arrays` in half the time: an array that is True wherever the condition holds, and may be elsewhere.

    It knows nothing of readiness (NOT makes True of a comparison with NaN), so a row that it picks has still to be
    asked for. Call it under ``numpy.errstate(all="ignore")``. None for a tree that reads nothing.
    """
    if not operands.inputs:
        return None
    writer = _Writer(operands)
    result = load(writer.condition(tree))
    return _function(writer, result)


def number_arrays(tree: Numeric, operands: Operands) -> WholeValue:
    """The function of a number over arrays: its values, NaN where it is not ready, and where it is ready."""
    work = _written(tree, operands)

    def whole(*arrays: Floats) -> tuple[Floats, Bools]:
        with np.errstate(all="ignore"):
            values, ready = work(*arrays)
            return np.where(ready, values, np.nan), np.asarray(ready)

    return whole


def column_arrays(tree: Node, operands: Operands) -> Callable[..., Floats]:
    """The function of a tree as a column over arrays: equal to `scalar_function` at every row, to the bit."""
    work = _written(tree, operands)

    def whole(*arrays: Floats) -> Floats:
        with np.errstate(all="ignore"):
            values, ready = work(*arrays)
            return np.where(ready, np.asarray(values, dtype=np.float64), np.nan)

    return whole


def _written(tree: Node, operands: Operands) -> Callable[..., Any]:
    writer = _Writer(operands)
    result = writer.value(tree, 0, tested=True) if isinstance(tree, NUMERIC) else writer.condition(tree)
    ready = reduce(_both, map(writer.finite, writer.tested)) if writer.tested else writer.true()
    return _function(writer, ast.Tuple([load(result), ready], ast.Load()))


def _function(writer: "_Writer", result: ast.expr) -> Callable[..., Any]:
    body = [*writer.statements, ast.Return(result)]
    return function(writer.operands.parameters.values(), body, {**_NUMPY, **writer.constants})


class _Writer:
    """One statement for each step; every method gives the name of its result."""

    def __init__(self, operands: Operands) -> None:
        self.statements: list[ast.stmt] = []
        self.tested: dict[str, None] = {}
        self.constants: dict[str, object] = {}
        self.operands = operands
        self._known: dict[tuple[Numeric, int], str] = {}

    def condition(self, node: Condition) -> str:  # noqa: PLR0911  # one case for each kind of node
        match node:
            case Comparison(left, comparator, right):
                return self._compare(left, comparator, right, 0)
            case Cross(crossing, left, right):
                now, before = CROSSES[crossing]
                return self._all([self._compare(left, now, right, 0), self._compare(left, before, right, 1)])
            case Flag(column):
                return self._store(compare(load(self.value(column, 0, tested=True)), "!=", self._constant(0.0)))
            case State(_, meaning):
                return self.condition(meaning)
            case Not(operand):
                return self._store(ast.UnaryOp(ast.Invert(), load(self.condition(operand))))
            case Chain(links):
                return self._all([self.condition(link) for link in links])
            case And(operands):
                return self._all([self.condition(operand) for operand in operands])
            case Or(operands):
                return self._joined(ast.BitOr(), [self.condition(operand) for operand in operands])

    def value(self, node: Numeric, extra: int, *, tested: bool = False) -> str:
        name = self._known.get((node, extra))
        if name is None:
            name = self._known[node, extra] = self._value(node, extra)
        if tested and not isinstance(node, Number):
            self.tested[name] = None
        return name

    def finite(self, name: str) -> ast.expr:
        return load(self._store(call("isfinite", load(name))))

    def true(self) -> ast.expr:
        self.constants["true"] = np.True_
        return load("true")

    def _value(self, node: Numeric, extra: int) -> str:
        match node:
            case Number(value):
                return self._store(self._constant(value))
            case Column():
                return self.operands.parameter(node, extra)
            case Negate(operand):
                return self._store(negative(load(self.value(operand, extra))))
            case Absolute(operand):
                size = load(self.value(operand, extra, tested=True))
                return self._chosen(compare(size, ">=", self._constant(0.0)), size, negative(size))
            case Extreme(choice, operands):
                names = [self.value(operand, extra, tested=True) for operand in operands]
                return reduce(
                    lambda one, other: self._chosen(
                        compare(load(one), CHOICES[choice], load(other)), load(one), load(other)
                    ),
                    names,
                )
            case Arithmetic(first, rest):
                left = self.value(first, extra)
                for operator, operand in rest:
                    right = self.value(operand, extra, tested=operator in "/%")
                    left = self._store(ast.BinOp(load(left), ARITHMETIC[operator](), load(right)))
                return left

    def _compare(self, left: Numeric, comparator: Comparator, right: Numeric, extra: int) -> str:
        names = [self.value(side, extra, tested=True) for side in (left, right)]
        return self._store(compare(load(names[0]), comparator, load(names[1])))

    def _chosen(self, test: ast.expr, one: ast.expr, other: ast.expr) -> str:
        return self._store(call("where", test, one, other))

    def _all(self, names: list[str]) -> str:
        return self._joined(ast.BitAnd(), names)

    def _joined(self, operator: ast.BitAnd | ast.BitOr, names: list[str]) -> str:
        return reduce(lambda one, other: self._store(ast.BinOp(load(one), operator, load(other))), names)

    def _constant(self, value: float) -> ast.expr:
        """A literal as numpy's own float, so that nothing raises where only literals are divided."""
        name = f"k{len(self.constants)}"
        self.constants[name] = np.float64(value)
        return load(name)

    def _store(self, value: ast.expr) -> str:
        name = f"r{len(self.statements)}"
        self.statements.append(assign(name, value))
        return name


def _both(one: ast.expr, other: ast.expr) -> ast.expr:
    return ast.BinOp(one, ast.BitAnd(), other)
