"""Bounds on a rule expression, so that no text takes long, much memory or a deep stack."""

from operators.expressions.errors import Fault
from operators.expressions.nodes import Node, walk

MAX_LENGTH = 2_000  # characters of one text
MAX_DEPTH = 50  # parentheses inside parentheses, and nodes above one another
MAX_NODES = 500  # names, numbers and operations, named states written out


def check_text(text: str) -> None:
    """Refuse a text that is too long or nests too deeply, before any of it is parsed."""
    if len(text) > MAX_LENGTH:
        raise Fault(MAX_LENGTH, f"expected at most {MAX_LENGTH:,} characters, got {len(text):,}")
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth > MAX_DEPTH:
            raise too_deep(at)


def check_tree(tree: Node) -> None:
    """Refuse a tree that is too deep or too large."""
    for count, (node, depth) in enumerate(walk(tree), start=1):
        if depth > MAX_DEPTH:
            raise too_deep(node.at)
        if count > MAX_NODES:
            raise too_large(node.at)


def too_deep(at: int) -> Fault:
    """What to say of nesting beyond the bound."""
    return Fault(at, f"nests deeper than {MAX_DEPTH} levels: name a part of it, or split the rule")


def too_large(at: int) -> Fault:
    """What to say of a tree beyond the bound."""
    return Fault(at, f"has more than {MAX_NODES} parts, named states written out: split the rule")
