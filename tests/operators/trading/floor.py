"""A desk that is told what to do at each close, as the rules of a strategy would."""

import json
from typing import Literal

from operators.positions.bar import Bar
from operators.positions.causes import TIME_STOP
from operators.positions.costs import costs_of
from operators.positions.fill import Fill
from operators.positions.plan import plan_of
from operators.positions.terms import size_terms_of
from operators.strategy.trading_columns import TradingColumns
from operators.trading.desk import Desk
from operators.trading.terms import Terms
from operators.trading.told import Change, Readings
from schemas.execution import ExecutionConfig
from schemas.risk import RiskConfig

Decision = Literal["buy", "sell", "leave", ""]
ATR = 1.0
VOLATILITY = 0.001
MINUTE_MS = 60_000
YEAR = 525_600.0


class Floor:
    """One desk; ``restart`` replaces all of its state by what its snapshot says."""

    def __init__(self, execution: ExecutionConfig, risk: RiskConfig) -> None:
        plan = plan_of(risk, execution.scale_out)
        self.terms = Terms(
            name="floor",
            capital=execution.capital,
            at_close=execution.fill == "signal_close",
            costs=costs_of(execution),
            sizes=size_terms_of(execution),
            sizing=risk.sizing,
            scale_in=execution.scale_in,
            plan=plan,
            limits=risk.limits,
            protections=risk.protections,
            columns=TradingColumns(),
        )
        self.readings = Readings((ATR,) * len(plan.atr_periods), ATR, VOLATILITY)
        self.desk = Desk(self.terms, bar_ms=MINUTE_MS, bars_a_year=YEAR, opened_at=MINUTE_MS)
        self.changes: list[Change] = []
        self.fills: list[tuple[Bar, Fill]] = []

    def restart(self) -> None:
        """As a worker comes back."""
        kept = json.loads(json.dumps(self.desk.snapshot()))
        self.desk = Desk(self.terms, bar_ms=MINUTE_MS, bars_a_year=YEAR, opened_at=0, resume=kept)

    def over(self, bar: Bar, decision: Decision) -> None:
        """One bar, and what is decided at its close."""
        desk = self.desk
        desk.over(bar, self.readings)
        if desk.time_is_up:
            desk.leave(TIME_STOP, None)
        elif decision == "leave":
            desk.leave("rule", None)
        elif decision:
            self._enter(bar, "long" if decision == "buy" else "short")
        desk.at_close(bar, self.readings)
        self.changes += desk.changes
        self.fills += [(bar, fill) for change in desk.changes for fill in change.fills]
        desk.close(bar.close_time)

    def _enter(self, bar: Bar, side: Literal["long", "short"]) -> None:
        desk = self.desk
        if desk.side == side and not desk.adds:
            return
        refusal = desk.may_enter(side, bar, self.readings)
        if refusal is not None:
            desk.refused(refusal, "rule", bar.close)
            return
        if desk.side not in {"flat", side}:
            desk.leave("rule", None)
        desk.enter(side, "rule", "0" * 32, self.readings)
