"""Conditions and numbers do not mix: each operand is what its place asks for, or the message says how to write it."""

from operators.expressions.nodes import Condition, Node, Numeric

_BRIEF = 40  # characters


def condition_expected(number: Numeric) -> str:
    """What to say of a number in the place of a condition."""
    return f"expected a condition, got a number: write {brief(number, otherwise='x')} > 0"


def number_expected(condition: Condition) -> str:
    """What to say of a condition in the place of a number."""
    return f"expected a number, got the condition {brief(condition, otherwise='here')}"


def brief(node: Node, *, otherwise: str) -> str:
    """The text of a small tree, else ``otherwise``: a message stays one line."""
    text = str(node)
    return text if len(text) <= _BRIEF else otherwise
