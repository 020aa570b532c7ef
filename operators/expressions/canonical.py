"""The canonical text of a tree: column ids in place of names, every state and chain written out.

Two expressions with the same canonical text compute the same, to the bit, whatever their authors called things.
"""

from operators.expressions.nodes import (
    Absolute,
    And,
    Arithmetic,
    Chain,
    Column,
    Comparison,
    Cross,
    Extreme,
    Flag,
    Negate,
    Node,
    Not,
    Number,
    Or,
    State,
)
from operators.expressions.readings import settled
from operators.expressions.syntax import Comparator
from operators.indicators.node import column_of

_TURNED: dict[Comparator, Comparator] = {">": "<", ">=": "<="}


def canonical(node: Node, *, most: int = 1) -> str:
    """The canonical text; ``most`` as for `settled`, 0 where it is to name a computation.

    >>> low = Comparison(Number(30.0, at=0), ">", Column("fast", "rsi(close,period=14).rsi", 1, at=3), at=0)
    >>> canonical(State("dip", low, at=0))
    'rsi(close,period=14).rsi[1] < 30.0'
    """
    return _Writer(most).text(node)


class _Writer:
    def __init__(self, most: int) -> None:
        self._most = most

    def text(self, node: Node) -> str:  # noqa: C901, PLR0911, PLR0912  # one case for each kind of node
        """The node, with no regard to what is around it."""
        match node:
            case Number(value):
                return repr(value)
            case Column():
                reading, bars = settled(node, 0, most=self._most)
                return f"{column_of(reading)}[{bars}]" if bars else column_of(reading)
            case Negate(operand):
                return f"-{self._grouped(operand)}"
            case Absolute(operand):
                return f"abs({self.text(operand)})"
            case Extreme(function, operands):
                return f"{function}({', '.join(map(self.text, operands))})"
            case Arithmetic(first, rest):
                return self._grouped(first) + "".join(f" {operator} {self._grouped(one)}" for operator, one in rest)
            case Comparison(left, comparator, right):
                if comparator in _TURNED:
                    left, comparator, right = right, _TURNED[comparator], left
                return f"{self.text(left)} {comparator} {self.text(right)}"
            case Cross(function, left, right):
                return f"{function}({self.text(left)}, {self.text(right)})"
            case Flag(column):
                return self.text(column)
            case State(_, meaning):
                return self.text(meaning)
            case Not(operand):
                return f"NOT {self._grouped(operand)}"
            case Chain(links):
                return " AND ".join(map(self.text, links))
            case And(operands):
                return " AND ".join(self.text(one) if _joined(one, And) else self._grouped(one) for one in operands)
            case Or(operands):
                return " OR ".join(self.text(one) if _joined(one, Or) else self._grouped(one) for one in operands)

    def _grouped(self, node: Node) -> str:
        """The node as a part of another."""
        meaning = _meaning(node)
        single = isinstance(meaning, Number | Column | Absolute | Extreme | Cross | Flag | Comparison | Not)
        return self.text(meaning) if single else f"({self.text(meaning)})"


def _joined(node: Node, kind: type[And | Or]) -> bool:
    """Whether a part is itself all of, or any of, several: then its operands stand among those around it."""
    meaning = _meaning(node)
    return isinstance(meaning, kind) or (kind is And and isinstance(meaning, Chain))


def _meaning(node: Node) -> Node:
    while isinstance(node, State):
        node = node.meaning
    return node
