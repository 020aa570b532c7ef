"""The tree of a rule expression: frozen, typed, equal whatever the position, printed in canonical form.

A tree as parsed has `Name` in the place of numbers and of conditions. A checked tree (`checker.check`) has none: each
became a `Column` or a `State`. ``str`` gives the canonical text, with no more parentheses than needed; parsing it
again gives an equal tree.

>>> str(And((Comparison(Name("rsi", at=0), "<", Number(30.0, at=6), at=0), Not(Name("quiet", at=17), at=13)), at=0))
'rsi < 30 AND NOT quiet'
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

Comparator: TypeAlias = Literal["<", "<=", ">", ">=", "==", "!="]
Operator: TypeAlias = Literal["+", "-", "*", "/"]
CrossFunction: TypeAlias = Literal["crossover", "crossunder"]

_OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _FACTOR, _ATOM = range(8)


@dataclass(frozen=True, slots=True)
class Number:
    """A literal: finite, not negative (a minus sign before it is a `Negate`)."""

    binding: ClassVar[int] = _ATOM

    value: float
    at: int = field(kw_only=True, compare=False, repr=False)

    def __str__(self) -> str:
        return repr(self.value).removesuffix(".0")


@dataclass(frozen=True, slots=True)
class Name:
    """A name as written, with its ``.output`` if it has one; not resolved."""

    binding: ClassVar[int] = _ATOM

    name: str
    at: int = field(kw_only=True, compare=False, repr=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Column:
    """A number read from the column of that id; ``name`` is how it was written."""

    binding: ClassVar[int] = _ATOM

    name: str
    column: str
    at: int = field(kw_only=True, compare=False, repr=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Negate:
    """Minus a number."""

    binding: ClassVar[int] = _FACTOR

    operand: "Numeric"
    at: int = field(kw_only=True, compare=False, repr=False)

    def __str__(self) -> str:
        return f"-{_within(self.operand, _FACTOR)}"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Operands from left to right, all by ``+ -`` or all by ``* /``.

    ``a - b + c`` is one node, not two: so the depth of a tree is what a person sees as nesting. ``first`` is never of
    the same two operators as ``rest``.
    """

    first: "Numeric"
    rest: tuple[tuple[Operator, "Numeric"], ...]
    at: int = field(kw_only=True, compare=False, repr=False)

    @property
    def binding(self) -> int:
        """How tightly the operators hold their operands."""
        return _SUM if self.rest[0][0] in "+-" else _PRODUCT

    def __str__(self) -> str:
        steps = (f" {operator} {_within(operand, self.binding + 1)}" for operator, operand in self.rest)
        return _within(self.first, self.binding) + "".join(steps)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two numbers compared."""

    binding: ClassVar[int] = _COMPARISON

    left: "Numeric"
    comparator: Comparator
    right: "Numeric"
    at: int = field(kw_only=True, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.left} {self.comparator} {self.right}"


@dataclass(frozen=True, slots=True)
class Cross:
    """``crossover``: left above right on this bar, not above on the bar before. ``crossunder``: below, not below."""

    binding: ClassVar[int] = _ATOM

    function: CrossFunction
    left: "Numeric"
    right: "Numeric"
    at: int = field(kw_only=True, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.function}({self.left}, {self.right})"


@dataclass(frozen=True, slots=True)
class State:
    """A named condition, written by name, with what it stands for (checked)."""

    binding: ClassVar[int] = _ATOM

    name: str
    meaning: "Condition"
    at: int = field(kw_only=True, compare=False, repr=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    binding: ClassVar[int] = _NOT

    operand: "Condition"
    at: int = field(kw_only=True, compare=False, repr=False)

    def __str__(self) -> str:
        return f"NOT {_within(self.operand, _NOT)}"


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more conditions; none of them is itself an `And`."""

    binding: ClassVar[int] = _AND

    operands: tuple["Condition", ...]
    at: int = field(kw_only=True, compare=False, repr=False)

    def __str__(self) -> str:
        return " AND ".join(_within(operand, _NOT) for operand in self.operands)


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of two or more conditions; none of them is itself an `Or`."""

    binding: ClassVar[int] = _OR

    operands: tuple["Condition", ...]
    at: int = field(kw_only=True, compare=False, repr=False)

    def __str__(self) -> str:
        return " OR ".join(_within(operand, _AND) for operand in self.operands)


Numeric: TypeAlias = Number | Name | Column | Negate | Arithmetic
Condition: TypeAlias = Name | State | Comparison | Cross | Not | And | Or
Node: TypeAlias = Numeric | Condition


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below, in reading order."""
    match node:
        case Number() | Name() | Column():
            return ()
        case Negate() | Not():
            return (node.operand,)
        case Arithmetic():
            return (node.first, *(operand for _, operand in node.rest))
        case Comparison() | Cross():
            return (node.left, node.right)
        case And() | Or():
            return node.operands
        case State():
            return (node.meaning,)


def walk(tree: Node) -> Iterator[tuple[Node, int]]:
    """Every node with its depth (1 for the root), parents first, in reading order. Any depth is safe: no recursion."""
    waiting: list[tuple[Node, int]] = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        waiting.extend((child, depth + 1) for child in reversed(children(node)))


def _within(node: Node, binding: int) -> str:
    """The text of an operand, in parentheses where it holds less tightly than its place asks for."""
    return str(node) if node.binding >= binding else f"({node})"
