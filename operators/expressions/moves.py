"""The same tree some bars back, or over the candles of another timeframe: every column in it is moved."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from operators.expressions.nodes import (
    Absolute,
    And,
    Arithmetic,
    Chain,
    Column,
    Comparison,
    Condition,
    Cross,
    Extreme,
    Flag,
    Negate,
    Node,
    Not,
    Number,
    Numeric,
    Or,
    State,
)
from operators.expressions.readings import lagged, moved

N = TypeVar("N", bound=Node)


def back(tree: N, bars: int) -> N:
    """The tree as it was so many bars before."""
    return _each(tree, lambda column: replace(column, back=column.back + bars), f"[{bars}]") if bars else tree


def elsewhere(tree: N, timeframe: str) -> N:
    """The tree over the candles of another timeframe.

    A column some bars back becomes what was so many candles of that timeframe back. A crossing stays one of the
    strategy's own bars: it holds on the bar on which the candle of the other timeframe closed, and on no other.

    Raises:
        IndicatorError: a column cannot be read there.
    """

    def there(column: Column) -> Column:
        reading = lagged(column.reading, column.back) if column.back else column.reading
        return Column(f"{column}@{timeframe}", moved(reading, timeframe), at=column.at)

    return _each(tree, there, f"@{timeframe}")


def _each(tree: N, move: Callable[[Column], Column], mark: str) -> N:  # noqa: C901  # one case for each kind of node
    """The tree with every column moved; ``mark`` is what its states are then written with."""

    def number(node: Numeric) -> Numeric:
        match node:
            case Number():
                return node
            case Column():
                return move(node)
            case Negate() | Absolute():
                return replace(node, operand=number(node.operand))
            case Extreme():
                return replace(node, operands=tuple(map(number, node.operands)))
            case Arithmetic():
                rest = tuple((operator, number(operand)) for operator, operand in node.rest)
                return replace(node, first=number(node.first), rest=rest)

    def condition(node: Condition) -> Condition:
        match node:
            case Comparison() | Cross():
                return replace(node, left=number(node.left), right=number(node.right))
            case Chain():
                links = tuple(replace(link, left=number(link.left), right=number(link.right)) for link in node.links)
                return replace(node, links=links)
            case Flag():
                return replace(node, column=move(node.column))
            case State():
                return replace(node, name=f"{node.name}{mark}", meaning=condition(node.meaning))
            case Not():
                return replace(node, operand=condition(node.operand))
            case And() | Or():
                return replace(node, operands=tuple(map(condition, node.operands)))

    is_number = isinstance(tree, Number | Column | Negate | Absolute | Extreme | Arithmetic)
    return number(tree) if is_number else condition(tree)  # type: ignore[return-value, arg-type]  # a move keeps the kind
