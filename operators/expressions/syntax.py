"""The tree of an expression as written: names not resolved, numbers and conditions not told apart.

Nodes are equal whatever their position. `operators.expressions.checker` makes of them a tree of
`operators.expressions.nodes`, which can be computed and printed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Comparator: TypeAlias = Literal["<", "<=", ">", ">=", "==", "!="]
Operator: TypeAlias = Literal["+", "-", "*", "/", "%"]


@dataclass(frozen=True, slots=True)
class Literally:
    """A number as written, without a sign."""

    digits: str
    at: int = field(kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Quoted:
    """A text between quotation marks, without them."""

    text: str
    at: int = field(kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Named:
    """A name, with its ``.output`` if it has one."""

    name: str
    at: int = field(kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Called:
    """``function(a, b)``."""

    function: str
    arguments: tuple["Syntax", ...]
    at: int = field(kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Back:
    """``x[n]``."""

    operand: "Syntax"
    bars: "Syntax"
    at: int = field(kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """``x@1h``; ``sign_at`` is where the ``@`` stands."""

    operand: "Syntax"
    timeframe: str
    at: int = field(kw_only=True, compare=False, repr=False)
    sign_at: int = field(kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Minus:
    """``-x``."""

    operand: "Syntax"
    at: int = field(kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Steps:
    """``a + b - c`` or ``a * b / c % d``: from left to right, all of one binding."""

    first: "Syntax"
    rest: tuple[tuple[Operator, "Syntax"], ...]
    at: int = field(kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Compared:
    """``a < b``, or a chain ``a < b < c``; ``signs_at`` is where the signs stand."""

    operands: tuple["Syntax", ...]
    signs: tuple[Comparator, ...]
    at: int = field(kw_only=True, compare=False, repr=False)
    signs_at: tuple[int, ...] = field(kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Inverse:
    """``NOT a``."""

    operand: "Syntax"
    at: int = field(kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Joined:
    """``a AND b AND c``, or with OR."""

    word: Literal["AND", "OR"]
    operands: tuple["Syntax", ...]
    at: int = field(kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Broken:
    """An operand that could not be read, or only its beginning; what is wrong with it has been told."""

    beginning: "Syntax | None" = None
    at: int = field(kw_only=True, compare=False, repr=False)


Syntax: TypeAlias = (
    Literally | Quoted | Named | Called | Back | Elsewhere | Minus | Steps | Compared | Inverse | Joined | Broken
)


def parts(node: Syntax) -> tuple[Syntax, ...]:  # noqa: PLR0911  # one case for each kind of node
    """The nodes directly below, in reading order."""
    match node:
        case Literally() | Quoted() | Named():
            return ()
        case Broken():
            return () if node.beginning is None else (node.beginning,)
        case Elsewhere() | Minus() | Inverse():
            return (node.operand,)
        case Back():
            return (node.operand, node.bars)
        case Called():
            return node.arguments
        case Compared() | Joined():
            return node.operands
        case Steps():
            return (node.first, *(operand for _, operand in node.rest))


def walk(tree: Syntax) -> Iterator[tuple[Syntax, int]]:
    """Every node with its depth (1 for the root), parents first, in reading order. Any depth is safe: no recursion."""
    waiting: list[tuple[Syntax, int]] = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        waiting.extend((part, depth + 1) for part in reversed(parts(node)))
