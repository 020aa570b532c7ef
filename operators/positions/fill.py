"""A fill: so many units bought or sold at one price."""

from typing import Literal, NamedTuple

Side = Literal["buy", "sell"]


class Fill(NamedTuple):
    """What an order came to.

    Attributes:
        time: event time, milliseconds since the epoch.
        side: whether units come or go.
        quantity: units of the base, above zero (contracts times the contract size).
        price: quote currency per unit, above zero.
        fee: quote currency, zero or more.
        reason: what caused it: the rule, or the exit.
    """

    time: int
    side: Side
    quantity: float
    price: float
    fee: float
    reason: str
