"""Conditions and numbers do not mix: each operand is what its place asks for, or the message says how to write it."""

from operators.expressions.errors import Fault
from operators.expressions.nodes import (
    And,
    Arithmetic,
    Column,
    Comparison,
    Condition,
    Cross,
    Name,
    Negate,
    Node,
    Not,
    Number,
    Numeric,
    Or,
    State,
    walk,
)

_BRIEF_NODES = 8
_BRIEF_DEPTH = 4


def as_condition(node: Node) -> Condition:
    """The node, if it can be true or false (a `Name` can, until the checker knows better); else a `Fault`."""
    match node:
        case Number() | Column() | Negate() | Arithmetic():
            raise condition_expected(node)
        case Name() | State() | Comparison() | Cross() | Not() | And() | Or():
            return node


def as_number(node: Node) -> Numeric:
    """The node, if it can be a number (a `Name` can, until the checker knows better); else a `Fault`."""
    match node:
        case State() | Comparison() | Cross() | Not() | And() | Or():
            raise number_expected(node)
        case Number() | Name() | Column() | Negate() | Arithmetic():
            return node


def condition_expected(number: Numeric) -> Fault:
    """What to say of a number in the place of a condition."""
    return Fault(number.at, f"expected a condition, got a number: write {brief(number, otherwise='x')} > 0")


def number_expected(condition: Condition) -> Fault:
    """What to say of a condition in the place of a number."""
    return Fault(condition.at, f"expected a number, got the condition {brief(condition, otherwise='here')}")


def brief(node: Node, *, otherwise: str) -> str:
    """The text of a small tree, else ``otherwise``: a message stays one line, and no deep tree recurses in ``str``."""
    for count, (_, depth) in enumerate(walk(node)):
        if count == _BRIEF_NODES or depth > _BRIEF_DEPTH:
            return otherwise
    return str(node)
