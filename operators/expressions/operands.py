"""What an expression has to be called with: every value that it reads, once."""

from operators.expressions.nodes import Column, Cross, Node, children
from operators.expressions.readings import Operand, operand_of, settled
from operators.indicators.node import Indicator, Output, Reading


class Operands:
    """The distinct values that a tree reads, in the order in which it first does.

    Args:
        tree: a checked tree.
        most: how many bars back a value can be asked for, 0 or 1; what is further back is a computation of its own.

    Attributes:
        parameters: the name of the function's parameter for each operand, in order.
        readings: what each operand reads.
        names: each operand by how the expression writes it; ``name[1]`` is a value one bar before.
    """

    def __init__(self, tree: Node, *, most: int = 1) -> None:
        self.parameters: dict[Operand, str] = {}
        self.readings: dict[Operand, Reading] = {}
        self.names: dict[str, Operand] = {}
        self._most = most
        self._known: dict[tuple[Reading, int], str] = {}
        self._gather(tree, 0)

    @property
    def inputs(self) -> tuple[Operand, ...]:
        """The operands in order."""
        return tuple(self.parameters)

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """The computations that are read, each once."""
        read = (reading.indicator for reading in self.readings.values() if isinstance(reading, Output))
        return tuple(dict.fromkeys(read))

    def parameter(self, column: Column, extra: int) -> str:
        """The parameter that brings a column, ``extra`` bars before where it stands."""
        return self._known[column.reading, column.back + extra]

    def _gather(self, node: Node, extra: int) -> None:
        match node:
            case Column():
                self._add(node, extra)
            case Cross(_, left, right):
                for bars in (0, 1):
                    self._gather(left, bars)
                    self._gather(right, bars)
            case _:
                for child in children(node):
                    self._gather(child, extra)

    def _add(self, column: Column, extra: int) -> None:
        bars = column.back + extra
        known = (column.reading, bars)
        written = f"{column.name}[{bars}]" if bars else column.name
        if known in self._known and written in self.names:
            return
        reading, back = settled(column, extra, most=self._most)
        operand = operand_of(reading, back)
        self._known[known] = self.parameters.setdefault(operand, f"a{len(self.parameters)}")
        self.readings[operand] = reading
        self.names[written] = operand
