"""The newest of what the records of a series say: its state, what it holds, what it is worth."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from schemas.audit import Execution
from schemas.lifecycle import State, StrategyStatus
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.position import PositionChange
from schemas.record import Record
from schemas.signal import Position


@dataclass(frozen=True)
class Standing:
    """What is held: units, quote currency per unit; None where no record has said so."""

    position: Position = "flat"
    quantity: float | None = None
    average_price: float | None = None
    stop_price: float | None = None
    target_price: float | None = None
    liquidation_price: float | None = None


@dataclass(frozen=True)
class Latest:
    """What is known of a series after some of its records. A signal says nothing of it: it is not a fill yet.

    ``refusal`` is why the newest order was refused, in words; empty where it was not. A refusal is told once, and not
    again while the same rule is refused by the same limit.
    """

    status: StrategyStatus | None = None
    standing: Standing = Standing()
    equity: float | None = None
    refusal: str = ""

    @property
    def state(self) -> State | None:
        """What its series is: None before the first command that concerned it."""
        return None if self.status is None else self.status.state

    @property
    def version(self) -> int | None:
        """The version that was in force."""
        return None if self.status is None else self.status.version

    def after(self, records: Iterable[Record]) -> "Latest":
        """What is known once these have come, too, in their order."""
        known = self
        for record in records:
            known = known._with(record)
        return known

    def _with(self, record: Record) -> "Latest":
        match record:
            case StrategyStatus():
                return self if record.symbol is None else replace(self, status=record)
            case PositionChange():
                refusal = record.reason if record.change == "refused" else ""
                return replace(self, standing=_held(record), equity=record.equity, refusal=refusal)
            case Execution():
                known = replace(self, equity=record.equity)
                if record.position_after != self.standing.position:  # what it is made of was not heard of
                    known = replace(known, standing=Standing(record.position_after))
                return known
            case EquityPoint():
                return replace(self, equity=record.equity)
            case StrategyMetrics():
                return replace(self, equity=record.performance.equity)
        return self


def _held(change: PositionChange) -> Standing:
    return Standing(
        change.position,
        change.quantity or None,
        change.average_price,
        change.stop_price,
        change.target_price,
        change.liquidation_price,
    )
