"""What a portfolio has done and come to, as records."""

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import NamedTuple

from operators.positions.fill import Fill
from operators.risk.exposure import Exposures
from operators.risk.fund import Fund
from operators.risk.portfolio import Portfolio
from operators.risk.refusal import Refusal
from operators.risk.verdict import Leave, Lifted, Refused, Tripped
from schemas.alert import Alert
from schemas.ids import record_id
from schemas.metrics import EquityPoint
from schemas.portfolio import PortfolioConfig
from schemas.portfolio_event import Happening, PortfolioEvent, portfolio_event_id
from schemas.portfolio_metrics import NamedExposure, PortfolioMetrics, Switched
from schemas.position import MAX_FILLS
from schemas.position import Fill as WrittenFill
from schemas.record import from_milliseconds

_MOST_NAMED = 1_000


class Standing(NamedTuple):
    """A portfolio after an instant; money in quote currency."""

    at_ms: int
    command: str
    equity: float
    cash: float
    positions: int
    members: int
    followed: int
    refused: int


class _Event(NamedTuple):
    event: Happening
    key: str | None
    fills: tuple[WrittenFill, ...]
    limit: Refusal | None
    command: str | None
    reason: str


class Events:
    """What happened to a portfolio at one instant, in order."""

    def __init__(self, portfolio: str, at_ms: int) -> None:
        self.found: list[_Event] = []
        self._portfolio = portfolio
        self._at_ms = at_ms

    def configured(self, command: str, *, removed: bool) -> None:
        """Another configuration is in force, or none any more."""
        reason = "the portfolio was removed" if removed else "a configuration took effect"
        self.found.append(_Event("removed" if removed else "configured", None, (), None, command, reason))

    def switched(self, verdict: Tripped | Lifted) -> None:
        """The kill switch has tripped or was reset."""
        if isinstance(verdict, Tripped):
            does = "every position is left" if verdict.action == "flatten" else "positions are kept"
            reason = f"{verdict.cause}; {does}"
            self.found.append(_Event("tripped", None, (), verdict.cause, None, reason))
        else:
            self.found.append(_Event("reset", None, (), None, verdict.command, "entries are followed again"))

    def refused(self, verdict: Refused) -> None:
        """An entry is not followed."""
        self.found.append(_Event("refused", verdict.key, (), verdict.refusal, None, str(verdict.refusal)))

    def leaving(self, verdict: Leave) -> None:
        """A position is left."""
        self.found.append(_Event("leaving", verdict.key, (), verdict.cause, None, str(verdict.cause)))

    def followed(self, key: str, fills: Sequence[Fill], held: float) -> None:
        """Fills were mirrored, after which so many units are held."""
        written = tuple(WrittenFill(*one) for one in fills[:MAX_FILLS])
        reason = f"holds {held:g} after it" if held else "holds nothing after it"
        self.found.append(_Event("followed", key, written, None, None, reason))

    def records(self, equity: float) -> Iterator[PortfolioEvent]:
        """One for each, with the equity after all of them (quote currency)."""
        close_time = from_milliseconds(self._at_ms)
        for number, one in enumerate(self.found):
            strategy, symbol, timeframe = (None, None, None) if one.key is None else one.key.split("|")
            yield PortfolioEvent(
                id=portfolio_event_id(self._portfolio, close_time, number),
                portfolio=self._portfolio,
                close_time=close_time,
                number=number,
                event=one.event,
                strategy=strategy,
                symbol=symbol,
                timeframe=timeframe,
                fills=one.fills,
                limit=None if one.limit is None else one.limit.reached,
                command=one.command,
                equity=equity,
                reason=one.reason,
            )

    def alerts(self) -> Iterator[Alert]:
        """One for each refusal, and for a kill switch that has tripped."""
        close_time = from_milliseconds(self._at_ms)
        for number, one in enumerate(self.found):
            if one.event not in {"refused", "tripped"}:
                continue
            strategy, symbol, timeframe = (None, None, None) if one.key is None else one.key.split("|")
            refused = one.event == "refused"
            yield Alert(
                id=record_id("portfolio-alert", self._portfolio, str(self._at_ms), str(number)),
                kind="refusal" if refused else "kill_switch",
                severity="warning" if refused else "error",
                symbol=symbol,
                timeframe=timeframe,
                strategy=strategy,
                event_time=close_time,
                message=f"portfolio {self._portfolio}: {'an entry is not followed: ' if refused else ''}{one.reason}",
                portfolio=self._portfolio,
            )


def equity_point(portfolio: str, standing: Standing, decided: Portfolio, fund: Fund) -> EquityPoint:
    """Equity at an instant."""
    gross, net = _of_equity(decided.exposures, standing.equity)
    return EquityPoint(
        close_time=from_milliseconds(standing.at_ms),
        portfolio=portfolio,
        equity=standing.equity,
        cash=standing.cash,
        drawdown=fund.drawdown,
        gross_exposure=gross,
        net_exposure=net,
        positions=standing.positions,
    )


def metrics(config: PortfolioConfig, standing: Standing, decided: Portfolio, fund: Fund) -> PortfolioMetrics:
    """All figures at an instant."""
    exposures, tripped = decided.exposures, decided.tripped
    gross, net = _of_equity(exposures, standing.equity)
    by_symbol = [NamedExposure(one, exposures.of_symbol(one)) for one in exposures.symbols[:_MOST_NAMED]]
    by_group = [NamedExposure(one, exposures.of_group(one)) for one in sorted(config.groups)]
    violated = [one.reached for one in decided.violated(standing.at_ms)[:_MOST_NAMED]]
    switch: Switched = "tripped" if tripped is not None else "none" if config.kill_switch is None else "armed"
    return PortfolioMetrics(
        portfolio=config.id,
        command=standing.command,
        close_time=from_milliseconds(standing.at_ms),
        equity=standing.equity,
        cash=standing.cash,
        gross_exposure=gross,
        net_exposure=net,
        symbol_exposures=tuple(one for one in by_symbol if one.value),
        group_exposures=tuple(one for one in by_group if one.value),
        heat=exposures.at_risk,
        daily_loss=_finite(decided.daily_loss),
        drawdown=_finite(decided.drawdown),
        kill_switch=switch,
        tripped_by=None if tripped is None else tripped.reached,
        violated_limits=tuple(violated),
        positions=standing.positions,
        members=standing.members,
        followed=standing.followed,
        refused=standing.refused,
        performance=fund.figures(),
        trades=fund.trade_figures(),
    )


def _of_equity(exposures: Exposures, equity: float) -> tuple[float | None, float | None]:
    if equity <= 0.0:
        return None, None
    return exposures.gross / equity, exposures.net / equity


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
