"""What the orders of a strategy are counted in: indicators that its ``risk`` and ``execution`` ask for."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from operators.indicators.identity import Indicator, IndicatorError, resolve
from operators.positions.plan import Plan, plan_of
from schemas.execution import ScaleOut, VolatilitySlippage
from schemas.problems import Problem
from schemas.risk import AtrDistance, RiskConfig, VolatilityTarget
from schemas.strategy import StrategyConfig

DISTANCES: Final = ("stop_loss", "take_profit", "trailing_stop", "break_even")
"""The fields of ``risk`` that say how far away something is."""


class TradingColumns(NamedTuple):
    """Columns of a strategy's frames that its desk reads; nothing where it asks for nothing.

    The value of a column at a bar is that at its close. NaN until there were enough bars: ``period`` of them before it,
    for each of the kinds.

    Attributes:
        atrs: average true ranges, in quote currency per unit, of ``plan_of(risk, scale_out).atr_periods``, in that
            order; each is what ``atr_14`` is in a rule.
        slippage_atr: the one that slippage by volatility is counted in.
        volatility: the sample deviation of the last ``period`` log returns, a fraction a bar (not a year), for sizing
            by a volatility target; what ``realised_volatility`` of that period is in a rule.
        needs_finer: whether the order in which prices were reached inside a bar may decide what is filled.
    """

    atrs: tuple[str, ...] = ()
    slippage_atr: str | None = None
    volatility: str | None = None
    needs_finer: bool = False

    @property
    def are_none(self) -> bool:
        """Whether nothing is read at all."""
        return not self.atrs and self.slippage_atr is None and self.volatility is None


NO_COLUMNS: Final = TradingColumns()
"""Of a strategy whose orders are counted in nothing that has to be computed."""


class Trading(NamedTuple):
    """What a strategy's orders are counted in.

    Attributes:
        columns: where its desk finds it.
        reads: the distinct indicators behind the columns, by the section of the strategy that asks for them, ``risk``
            or ``execution``; a section that asks for none is left out.
        problems: what cannot be computed, with its place.
    """

    columns: TradingColumns
    reads: Mapping[str, tuple[Indicator, ...]]
    problems: tuple[Problem, ...] = ()

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """The distinct ones of all sections."""
        return tuple({one.key: one for section in self.reads.values() for one in section}.values())


def trading_of(config: StrategyConfig) -> Trading:
    """What the ``risk`` and ``execution`` of a strategy ask for.

    >>> from schemas.strategy_file import parse_strategy
    >>> document = {"id": "dip", "rules": {"entry": {"condition": "close < 1"}}}
    >>> document["risk"] = {"stop_loss": {"method": "atr", "multiple": 2, "period": 20}}
    >>> trading_of(parse_strategy(document, origin="dip.json")).columns.atrs
    ('atr(period=20).atr',)
    """
    plan = plan_of(config.risk or RiskConfig(), config.execution.scale_out)
    problems: list[Problem] = []
    found: dict[tuple[str, int], Indicator] = {}
    reads: dict[str, dict[str, Indicator]] = {}
    for where, kind, period in _asked(config):
        if (kind, period) not in found:
            try:
                found[kind, period] = resolve(kind, {"period": period}, where=where)
            except IndicatorError as error:
                problems += error.problems
                continue
        indicator = found[kind, period]
        reads.setdefault(where.partition(".")[0], {})[indicator.key] = indicator
    if problems:
        return Trading(NO_COLUMNS, {}, tuple(problems))
    columns = {asked: indicator.columns[0] for asked, indicator in found.items()}
    slippage, sizing = config.execution.slippage, config.risk and config.risk.sizing
    return Trading(
        TradingColumns(
            atrs=tuple(columns["atr", period] for period in plan.atr_periods),
            slippage_atr=columns["atr", slippage.period] if isinstance(slippage, VolatilitySlippage) else None,
            volatility=columns[_VOLATILITY, sizing.period] if isinstance(sizing, VolatilityTarget) else None,
            needs_finer=_needs_finer(plan, config.execution.leverage),
        ),
        {section: tuple(indicators.values()) for section, indicators in reads.items()},
    )


_VOLATILITY: Final = "realised_volatility"


def _asked(config: StrategyConfig) -> Iterator[tuple[str, str, int]]:
    """Every indicator that is asked for: where, of which kind and with which period. Those of the plan come first."""
    risk = config.risk or RiskConfig()
    parts: tuple[ScaleOut, ...] = config.execution.scale_out
    distances: list[tuple[str, Any]] = [(f"risk.{name}", getattr(risk, name)) for name in DISTANCES]
    distances += [(f"execution.scale_out.{index}.at", part.at) for index, part in enumerate(parts)]
    for where, distance in distances:
        if isinstance(distance, AtrDistance):
            yield where, "atr", distance.period
    if isinstance(config.execution.slippage, VolatilitySlippage):
        yield "execution.slippage", "atr", config.execution.slippage.period
    if isinstance(risk.sizing, VolatilityTarget):
        yield "risk.sizing", _VOLATILITY, risk.sizing.period


def _needs_finer(plan: Plan, leverage: float) -> bool:
    """Whether a stop and a target, or several that a stop may cut short, can be reached inside one bar.

    A position that is held on credit has a stop that nobody asked for: where it is liquidated.
    """
    stops = plan.stop_loss is not None or plan.moves or leverage > 1
    targets = plan.take_profit is not None or bool(plan.parts)
    return stops and targets
