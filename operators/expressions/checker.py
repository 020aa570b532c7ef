"""Names to columns and states: a tree as parsed becomes a tree that can be computed."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from operators.expressions.errors import Fault, Source
from operators.expressions.kinds import as_condition, condition_expected, number_expected
from operators.expressions.limits import MAX_DEPTH, MAX_NODES, too_deep, too_large
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
)
from operators.expressions.parser import parse
from operators.expressions.scope import Scope
from schemas.names import did_you_mean

_LISTED = 12  # known names that a message lists where none is near


def check(tree: Node, scope: Scope, source: Source) -> Condition:
    """The condition with every name resolved, named states expanded.

    ``source`` is the text of the tree, for messages. The whole, states written out, keeps the bounds of
    `operators.expressions.limits`. Raises `ExpressionError`: not a condition, a name that is unknown or of the wrong
    kind, a state that contains itself.
    """
    checker = _Checker(scope, source.where)
    with _reported(source):
        return checker.condition(as_condition(tree), 1)


class _Checker:
    """One walk over one expression; counts nodes across the states that it enters."""

    def __init__(self, scope: Scope, where: str) -> None:
        self._scope = scope
        self._where = where
        self._nodes = 0
        self._open: list[str] = []  # states being expanded, outermost first
        self._parsed: dict[str, Node] = {}

    def condition(self, node: Condition, depth: int) -> Condition:
        self._spend(node, depth)
        match node:
            case Name():
                return self._state(node, depth)
            case Comparison(left, comparator, right):
                return Comparison(self.number(left, depth + 1), comparator, self.number(right, depth + 1), at=node.at)
            case Cross(function, left, right):
                return Cross(function, self.number(left, depth + 1), self.number(right, depth + 1), at=node.at)
            case Not(operand):
                return Not(self.condition(operand, depth + 1), at=node.at)
            case And(operands) | Or(operands):
                return type(node)(tuple(self.condition(operand, depth + 1) for operand in operands), at=node.at)
            case State():
                return node

    def number(self, node: Numeric, depth: int) -> Numeric:
        self._spend(node, depth)
        match node:
            case Name():
                return self._column(node)
            case Negate(operand):
                return Negate(self.number(operand, depth + 1), at=node.at)
            case Arithmetic(first, rest):
                steps = tuple((operator, self.number(operand, depth + 1)) for operator, operand in rest)
                return Arithmetic(self.number(first, depth + 1), steps, at=node.at)
            case Number() | Column():
                return node

    def _spend(self, node: Node, depth: int) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise too_large(node.at)
        if depth > MAX_DEPTH:
            raise too_deep(node.at)

    def _column(self, node: Name) -> Column:
        column = self._lookup(node)
        if column is not None:
            return Column(node.name, column, at=node.at)
        raise number_expected(node) if node.name in self._scope.states else self._unknown(node)

    def _state(self, node: Name, depth: int) -> State:
        text = self._scope.states.get(node.name)
        if text is None:
            raise self._unknown(node) if self._lookup(node) is None else condition_expected(node)
        if node.name in self._open:
            cycle = " -> ".join((*self._open[self._open.index(node.name) :], node.name))
            raise Fault(node.at, f'"{node.name}" cannot contain itself: {cycle}')
        source = Source(text, ", ".join(part for part in (self._where, f'state "{node.name}"') if part))
        if node.name not in self._parsed:
            self._parsed[node.name] = parse(text, where=source.where)
        self._open.append(node.name)
        with _reported(source):
            meaning = self.condition(as_condition(self._parsed[node.name]), depth + 1)
        self._open.pop()
        return State(node.name, meaning, at=node.at)

    def _lookup(self, node: Name) -> str | None:
        try:
            return self._scope.column(node.name)
        except ValueError as error:
            raise Fault(node.at, f'"{node.name}" cannot be used: {error}') from None

    def _unknown(self, node: Name) -> Fault:
        """Says what is known instead: the outputs of the same indicator, the nearest name, or a list."""
        name = node.name
        stem = name.partition(".")[0]
        outputs = [known for known in self._scope.names() if known.startswith(f"{stem}.")]
        if name == stem and outputs:
            return Fault(node.at, f'"{name}" has several outputs: write {_either(outputs)}')
        if name != stem and not outputs and stem in self._scope.names():
            return Fault(node.at, f'"{stem}" has one output only: write {stem}')
        if outputs:
            return Fault(node.at, f'unknown output "{name:.80}"{did_you_mean(name, outputs)}: write {_either(outputs)}')
        known = list(islice(self._scope.names(), _LISTED + 1))
        listed = ", ".join(known[:_LISTED]) + (", ..." if len(known) > _LISTED else "")
        near = did_you_mean(name, self._scope.names())
        return Fault(node.at, f'unknown name "{name:.80}"{near or f"; known names: {listed}"}')


def _either(names: list[str]) -> str:
    return " or ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]


@contextmanager
def _reported(source: Source) -> Iterator[None]:
    """Faults inside are about this text."""
    try:
        yield
    except Fault as fault:
        raise source.error(fault) from None
