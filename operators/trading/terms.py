"""What a version of a strategy trades by: worked once from its configuration."""

from typing import Any, NamedTuple

from operators.positions.costs import Costs, costs_of
from operators.positions.plan import Plan, plan_of
from operators.positions.terms import SizeTerms, size_terms_of
from operators.risk.strategy_risk import StrategyRisk
from operators.strategy.compile import CompiledStrategy
from operators.strategy.trading_columns import TradingColumns
from schemas.execution import ScaleIn
from schemas.protection import Protection
from schemas.risk import Kelly, RiskConfig, RiskLimits, Sizing


class Terms(NamedTuple):
    """How orders fill and are sized, what protects a position, what keeps from entering.

    Attributes:
        name: what people call the strategy.
        capital: quote currency, of an account that is opened under these terms.
        at_close: orders fill at the close of the signal's own bar, else at the next open.
        costs: of fills.
        sizes: bounds of a position.
        sizing: how large a position is.
        scale_in: whether it may be added to.
        plan: exits that no rule asks for.
        limits: what no position, day or run may exceed.
        protections: what trades that went badly lead to.
        columns: what of the frames all of this reads.
    """

    name: str
    capital: float
    at_close: bool
    costs: Costs
    sizes: SizeTerms
    sizing: Sizing | None
    scale_in: ScaleIn | None
    plan: Plan
    limits: RiskLimits
    protections: tuple[Protection, ...]
    columns: TradingColumns

    @property
    def odds(self) -> int | None:
        """Over how many trades the odds are kept; None where nobody asks for them."""
        return self.sizing.trades if isinstance(self.sizing, Kelly) else None


def terms_of(strategy: CompiledStrategy) -> Terms:
    """The terms of a compiled strategy."""
    config = strategy.config
    execution, risk = config.execution, config.risk or RiskConfig()
    return Terms(
        name=config.meta.name or "",
        capital=execution.capital,
        at_close=execution.fill == "signal_close",
        costs=costs_of(execution),
        sizes=size_terms_of(execution),
        sizing=risk.sizing,
        scale_in=execution.scale_in,
        plan=plan_of(risk, execution.scale_out),
        limits=risk.limits,
        protections=risk.protections,
        columns=strategy.trading,
    )


def risk_of(terms: Terms, bar_ms: int, now_ms: int, equity: float, resume: dict[str, Any] | None) -> StrategyRisk:
    """What keeps a strategy from entering under these terms, from now on or as it was kept."""
    return StrategyRisk(terms.limits, terms.protections, bar_ms=bar_ms, now_ms=now_ms, equity=equity, resume=resume)
