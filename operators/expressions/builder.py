"""From the parser's reductions to nodes, as they happen: no second pass over the text, and no recursion."""

from math import isfinite
from typing import cast, get_args

from lark import Token, Transformer, v_args

from operators.expressions.errors import Fault
from operators.expressions.kinds import as_condition, as_number, brief
from operators.expressions.nodes import (
    And,
    Arithmetic,
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
)
from schemas.names import did_you_mean

FUNCTIONS: tuple[CrossFunction, ...] = get_args(CrossFunction)
_ARGUMENTS = 2  # each of the functions takes two numbers
_COMPARISON_PARTS = 3  # left, sign, right


@v_args(inline=True)
class TreeBuilder(Transformer[Token, Node]):
    """One method for each rule of the grammar that leaves a node. Raises `Fault` where operands do not fit."""

    def disjunction(self, *operands: Node) -> Or:
        """``a OR b OR c``."""
        flat: list[Condition] = []
        for operand in map(as_condition, operands):
            flat.extend(operand.operands if isinstance(operand, Or) else (operand,))
        return Or(tuple(flat), at=operands[0].at)

    def conjunction(self, *operands: Node) -> And:
        """``a AND b AND c``."""
        flat: list[Condition] = []
        for operand in map(as_condition, operands):
            flat.extend(operand.operands if isinstance(operand, And) else (operand,))
        return And(tuple(flat), at=operands[0].at)

    def inverse(self, sign: Token, operand: Node) -> Not:
        """``NOT a``."""
        return Not(as_condition(operand), at=_offset(sign))

    def comparison(self, *parts: Node | Token) -> Comparison:
        """``a < b``; a chain is refused, with the way to write it."""
        left, right = (as_number(_node(part)) for part in (parts[0], parts[2]))
        sign = cast("Token", parts[1])
        comparison = Comparison(left, cast("Comparator", str(sign)), right, at=left.at)
        if len(parts) > _COMPARISON_PARTS:
            raise _chain(comparison, cast("Token", parts[3]), as_number(_node(parts[4])))
        return comparison

    def sum(self, *parts: Node | Token) -> Arithmetic:
        """``a + b - c``."""
        return _arithmetic("+-", parts)

    def product(self, *parts: Node | Token) -> Arithmetic:
        """``a * b / c``."""
        return _arithmetic("*/", parts)

    def minus(self, sign: Token, operand: Node) -> Negate:
        """``-a``."""
        return Negate(as_number(operand), at=_offset(sign))

    def number(self, literal: Token) -> Number:
        """A literal; one beyond the range of a float is refused."""
        value = float(literal)
        if not isfinite(value):
            raise Fault(_offset(literal), "expected a number below 1.8e308, got one that is too large for a float")
        return Number(value, at=_offset(literal))

    def name(self, name: Token) -> Name:
        """A name, with its output."""
        return Name(str(name), at=_offset(name))

    def call(self, function: Token, *arguments: Node) -> Cross:
        """``crossover(a, b)``."""
        at = _offset(function)
        if function not in FUNCTIONS:
            suggestion = did_you_mean(function, FUNCTIONS) or f"; the functions are {' and '.join(FUNCTIONS)}"
            raise Fault(at, f'unknown function "{function:.40}"{suggestion}')
        if len(arguments) != _ARGUMENTS:
            raise Fault(at, f"{function} expected 2 arguments, such as {function}(close, 100), got {len(arguments)}")
        left, right = map(as_number, arguments)
        return Cross(cast("CrossFunction", str(function)), left, right, at=at)


def _chain(first: Comparison, sign: Token, last: Numeric) -> Fault:
    second = Comparison(first.right, cast("Comparator", str(sign)), last, at=first.right.at)
    halves = f"{brief(first, otherwise=f'a {first.comparator} b')} AND {brief(second, otherwise=f'b {sign} c')}"
    return Fault(_offset(sign), f'comparisons do not chain: write "{halves}"')


def _arithmetic(operators: str, parts: tuple[Node | Token, ...]) -> Arithmetic:
    first = as_number(_node(parts[0]))
    rest = tuple(
        (cast("Operator", str(sign)), as_number(_node(operand)))
        for sign, operand in zip(parts[1::2], parts[2::2], strict=True)
    )
    if isinstance(first, Arithmetic) and first.rest[0][0] in operators:
        # (a - b) + c is a - b + c, to the bit: both go from left to right.
        return Arithmetic(first.first, first.rest + rest, at=first.at)
    return Arithmetic(first, rest, at=first.at)


def _node(part: Node | Token) -> Node:
    return cast("Node", part)


def _offset(token: Token) -> int:
    return token.start_pos or 0
