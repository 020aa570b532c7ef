"""What an account takes for a fill: amounts that a market can have given."""

from math import inf

from operators.positions.fill import Fill


class FillRefused(ValueError):
    """A fill that cannot have happened. The text says which, what was expected and what came."""


def check_fill(fill: Fill) -> None:
    """Refuse a quantity or a price that is not finite and above zero, and a fee that is not finite or below zero.

    Raises:
        FillRefused: which of them, and what came.

    >>> check_fill(Fill(60_000, "buy", 2.0, -5.0, 0.0, "dip"))
    Traceback (most recent call last):
    ...
    operators.positions.possible.FillRefused: buy of 2.0 at 60000 ms (dip): expected a finite price above 0, got -5.0
    """
    # One chain of comparisons, false for NaN anywhere in it, so that a good fill costs no more.
    if 0.0 < fill.quantity < inf and 0.0 < fill.price < inf and 0.0 <= fill.fee < inf:
        return
    where = f"{fill.side} of {fill.quantity!r} at {fill.time} ms ({fill.reason})"
    for name, amount in (("quantity", fill.quantity), ("price", fill.price)):
        if not 0.0 < amount < inf:
            raise FillRefused(f"{where}: expected a finite {name} above 0, got {amount!r}")
    raise FillRefused(f"{where}: expected a finite fee of 0 or more, got {fill.fee!r}")
