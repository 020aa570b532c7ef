"""Bounds on an expression, so that no text takes long, much memory or a deep stack, or costs much to run."""

from operators.expressions.errors import Fault
from operators.expressions.syntax import Syntax, walk
from schemas.expression_text import MAX_EXPRESSION_LENGTH

MAX_LENGTH = MAX_EXPRESSION_LENGTH  # characters of one text
MAX_DEPTH = 50  # parentheses inside parentheses, and nodes above one another
MAX_NODES = 500  # names, numbers and operations, named states written out
MAX_BACK = 1_000  # bars that x[n] looks back
MAX_WINDOW = 1_000  # bars that a window function looks over
MAX_INDICATORS = 64  # computations that one expression asks for, those inside others counted


def text_fault(text: str) -> Fault | None:
    """Refuse a text that is too long or nests too deeply, before any of it is parsed."""
    if len(text) > MAX_LENGTH:
        return Fault(MAX_LENGTH, f"expected at most {MAX_LENGTH:,} characters, got {len(text):,}")
    depth = 0
    for at, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if depth > MAX_DEPTH:
            return too_deep(at)
    return None


def tree_fault(tree: Syntax) -> Fault | None:
    """Refuse a tree that is too deep or too large."""
    for count, (node, depth) in enumerate(walk(tree), start=1):
        if depth > MAX_DEPTH:
            return too_deep(node.at)
        if count > MAX_NODES:
            return too_large(node.at)
    return None


def too_deep(at: int) -> Fault:
    """What to say of nesting beyond the bound."""
    return Fault(at, f"nests deeper than {MAX_DEPTH} levels: name a part of it, or split the rule")


def too_large(at: int) -> Fault:
    """What to say of a tree beyond the bound."""
    return Fault(at, f"has more than {MAX_NODES} parts, named states written out: split the rule")


def too_costly(at: int) -> Fault:
    """What to say of an expression that asks for too many computations."""
    return Fault(at, f"asks for more than {MAX_INDICATORS} indicators and windows: split the rule")
