"""The largest order that an amount of money pays for, its fee included."""

from math import inf

from operators.positions.costs import Costs


def affordable(costs: Costs, money: float, price: float, leverage: float) -> float:
    """Units whose margin and fee, those of a market order, come to ``money`` (quote currency) at most; 0.0 if none do.

    The largest ``quantity`` for which ``quantity * price / leverage + fee <= money``, where the fee is
    ``max(minimum_fee, quantity * price * taker + quantity * unit_fee)``: of the two bounds that follow, the lower one.

    >>> affordable(Costs(taker=0.01), 1_010.0, 100.0, leverage=1.0)
    10.0
    >>> affordable(Costs(taker=0.01, minimum_fee=50.0), 1_050.0, 100.0, leverage=1.0)
    10.0
    >>> affordable(Costs(), 1_000.0, 100.0, leverage=5.0), affordable(Costs(minimum_fee=5.0), 4.0, 100.0, leverage=1.0)
    (50.0, 0.0)
    """
    margin = price / leverage
    units = money / (margin + (price * costs.taker + costs.unit_fee))
    if costs.minimum_fee:
        units = min(units, (money - costs.minimum_fee) / margin)
    return units if 0.0 < units < inf else 0.0


def risked(costs: Costs, money: float, loss: float, entry: float, leave: float) -> float:
    """Units that lose ``money`` where each loses ``loss`` between two prices and both fills pay their fee; 0.0 if none.

    The largest ``quantity`` for which ``quantity * loss + fee at entry + fee at leave <= money``. Each fee is the
    higher of two lines, so the sum is the highest of four, and the quantity the lowest of the four that they allow.

    >>> risked(Costs(taker=0.01), 100.0, 8.05, 100.0, 95.0)
    10.0
    >>> risked(Costs(minimum_fee=10.0), 100.0, 8.0, 100.0, 92.0)
    10.0
    """
    first, last = (price * costs.taker + costs.unit_fee for price in (entry, leave))
    least = costs.minimum_fee
    units = min(
        money / (loss + first + last),
        (money - least) / (loss + first),
        (money - least) / (loss + last),
        (money - 2 * least) / loss,
    )
    return units if 0.0 < units < inf else 0.0
