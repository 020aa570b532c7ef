"""What an order can be sized by."""

from typing import NamedTuple


class Funds(NamedTuple):
    """An account at one price, as sizing sees it; all but ``held`` in quote currency.

    Attributes:
        equity: cash and the value of the position.
        free: the equity that the position does not tie up as margin; perhaps below zero.
        held: units held, on either side.
        notional: what they are worth.
    """

    equity: float
    free: float
    held: float = 0.0
    notional: float = 0.0
