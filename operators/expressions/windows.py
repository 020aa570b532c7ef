"""Functions that look over several bars: each becomes an indicator, computed once for all who mean the same."""

from operators.expressions.arrays import column_arrays
from operators.expressions.canonical import canonical
from operators.expressions.codegen import scalar_function
from operators.expressions.nodes import Column, Condition, Flag, Node, Numeric, State, columns
from operators.expressions.operands import Operands
from operators.expressions.readings import first_output, is_computed, settled
from operators.indicators.node import Reading
from operators.indicators.pointwise import computed


def number_over(kind: str, tree: Node, *, written: str, at: int, **parameters: object) -> Column:
    """The first output of an indicator of this kind over a number or a condition, as a number.

    Raises:
        ValueError: the tree reads what has no history, or nothing; or the indicator refuses its parameters.
    """
    return Column(written, first_output(kind, parameters, reading_of(tree)), at=at)


def condition_over(kind: str, tree: Node, *, written: str, at: int, **parameters: object) -> Flag:
    """As `number_over`, as a condition: the indicator gives 1 and 0."""
    return Flag(number_over(kind, tree, written=written, at=at, **parameters), at=at)


def reading_of(tree: Numeric | Condition) -> Reading:
    """A number or a condition (1 and 0) as a column that indicators can read.

    Raises:
        ValueError: it reads what has no history, or nothing.
    """
    read = list(columns(tree))
    for column in read:
        if not is_computed(column.reading):
            raise ValueError(f"looks over several bars, and {column.name} is known for this one only")
    if not read:
        raise ValueError(f"expected something that changes from bar to bar, got {tree}")
    while isinstance(tree, State):
        tree = tree.meaning
    if isinstance(tree, Flag):
        tree = tree.column
    if isinstance(tree, Column):
        return settled(tree, 0, most=0)[0]
    operands = Operands(tree, most=0)
    return computed(
        canonical(tree, most=0),
        tuple(operands.readings.values()),
        scalar_function(tree, operands),
        column_arrays(tree, operands),
    )
