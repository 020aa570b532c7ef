"""How large an order of a strategy on one series may be."""

from typing import NamedTuple

from operators.positions.rounding import Step, step_of
from schemas.execution import ExecutionConfig


class SizeTerms(NamedTuple):
    """Bounds of a position, in units unless said otherwise; without any, a fraction of a unit will do.

    Attributes:
        lot: quantities are whole multiples of it.
        minimum: an order of less is refused; 0 for none.
        maximum: a position of more is cut to it; None for none.
        leverage: most notional by equity.
        maintenance: fraction of the notional at which, of equity, a position is liquidated.
    """

    lot: Step | None = None
    minimum: float = 0.0
    maximum: float | None = None
    leverage: float = 1.0
    maintenance: float = 0.0


def size_terms_of(execution: ExecutionConfig) -> SizeTerms:
    """The bounds that a strategy's ``execution`` section sets.

    Whole contracts are dealt in where a contract is not one unit and no lot is given: the lot is the contract then.

    >>> size_terms_of(ExecutionConfig(contract_size=0.25, leverage=5)).lot
    Step(numerator=1, denominator=4)
    """
    lot = execution.lot_size
    if lot is None and execution.contract_size != 1.0:
        lot = execution.contract_size
    return SizeTerms(
        lot=None if lot is None else step_of(lot),
        minimum=execution.minimum_size or 0.0,
        maximum=execution.maximum_size,
        leverage=execution.leverage,
        maintenance=execution.maintenance_margin,
    )
