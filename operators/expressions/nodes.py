"""The tree of a checked expression: frozen, typed, every name resolved, printed as a person would write it.

``str`` has no more parentheses than needed; compiling it again in the same scope gives an equal tree.

>>> low = Comparison(Column("rsi", "rsi(close,period=14).rsi", at=0), "<", Number(30.0, at=6), at=0)
>>> str(And((low, Not(State("quiet", low, at=17), at=13)), at=0))
'rsi < 30 AND NOT quiet'
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal, TypeAlias

from operators.expressions.syntax import Comparator, Operator
from operators.indicators.node import Reading

CrossFunction: TypeAlias = Literal["crossover", "crossunder"]

_OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _FACTOR, _ATOM = range(8)


@dataclass(frozen=True, slots=True)
class Number:
    """A literal, finite and not negative (a minus sign makes a `Negate`), or what a word such as ``mon`` means."""

    binding: ClassVar[int] = _ATOM

    value: float
    written: str = field(default="", compare=False, repr=False)
    at: int = field(kw_only=True, compare=False, repr=False)

    def __str__(self) -> str:
        return self.written or repr(self.value).removesuffix(".0")


@dataclass(frozen=True, slots=True)
class Column:
    """A number read ``back`` bars before this one; ``name`` is how this bar's is written."""

    binding: ClassVar[int] = _ATOM

    name: str
    reading: Reading
    back: int = 0
    at: int = field(kw_only=True, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.name}[{self.back}]" if self.back else self.name


@dataclass(frozen=True, slots=True)
class Negate:
    """Minus a number."""

    binding: ClassVar[int] = _FACTOR

    operand: "Numeric"
    at: int = field(kw_only=True, compare=False, repr=False)

    def __str__(self) -> str:
        return f"-{_within(self.operand, _FACTOR)}"


@dataclass(frozen=True, slots=True)
class Absolute:
    """A number without its sign."""

    binding: ClassVar[int] = _ATOM

    operand: "Numeric"
    at: int = field(kw_only=True, compare=False, repr=False)

    def __str__(self) -> str:
        return f"abs({self.operand})"


@dataclass(frozen=True, slots=True)
class Extreme:
    """The least or the greatest of two or more numbers."""

    binding: ClassVar[int] = _ATOM

    function: Literal["min", "max"]
    operands: tuple["Numeric", ...]
    at: int = field(kw_only=True, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.function}({', '.join(map(str, self.operands))})"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Operands from left to right, all by ``+ -`` or all by ``* / %``.

    ``a - b + c`` is one node, not two: so the depth of a tree is what a person sees as nesting. ``first`` is never of
    the same operators as ``rest``.
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
class Chain:
    """Comparisons of which each begins with the operand that ended the one before: all of them hold."""

    links: tuple[Comparison, ...]
    between: bool = field(default=False, compare=False, repr=False)
    at: int = field(kw_only=True, compare=False, repr=False)

    @property
    def binding(self) -> int:
        """As a comparison, or as a function if it was written as ``between``."""
        return _ATOM if self.between else _COMPARISON

    def __str__(self) -> str:
        first, last = self.links[0], self.links[-1]
        if self.between:
            return f"between({first.right}, {first.left}, {last.right})"
        return str(first.left) + "".join(f" {link.comparator} {link.right}" for link in self.links)


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
class Flag:
    """A condition computed beside the indicators: a column of 1 and 0."""

    binding: ClassVar[int] = _ATOM

    column: Column
    at: int = field(kw_only=True, compare=False, repr=False)

    def __str__(self) -> str:
        return str(self.column)


@dataclass(frozen=True, slots=True)
class State:
    """A named condition, written by name, with what it stands for."""

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


Numeric: TypeAlias = Number | Column | Negate | Absolute | Extreme | Arithmetic
Condition: TypeAlias = Comparison | Chain | Cross | Flag | State | Not | And | Or
Node: TypeAlias = Numeric | Condition

NUMERIC: Final = (Number, Column, Negate, Absolute, Extreme, Arithmetic)
"""The kinds of number, for ``isinstance``: what is none of them is a condition."""


def children(node: Node) -> tuple[Node, ...]:  # noqa: PLR0911  # one case for each kind of node
    """The nodes directly below, in reading order."""
    match node:
        case Number() | Column():
            return ()
        case Negate() | Absolute() | Not():
            return (node.operand,)
        case Arithmetic():
            return (node.first, *(operand for _, operand in node.rest))
        case Comparison() | Cross():
            return (node.left, node.right)
        case Chain():
            return node.links
        case Flag():
            return (node.column,)
        case Extreme() | And() | Or():
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


def columns(tree: Node) -> Iterator[Column]:
    """Every column that is read, in reading order, as often as it is written."""
    return (node for node, _ in walk(tree) if isinstance(node, Column))


def _within(node: Node, binding: int) -> str:
    """The text of an operand, in parentheses where it holds less tightly than its place asks for."""
    return str(node) if node.binding >= binding else f"({node})"
