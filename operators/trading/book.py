"""The records of one strategy on one series: what its desk has done, told bar by bar."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from math import inf
from typing import Any, Final, NamedTuple

from operators.positions.fill import Fill
from operators.risk.closed_trade import STOPS
from operators.risk.refusal import Refusal
from operators.trading.desk import Desk
from operators.trading.told import Change, ClosedTrade, Refused
from schemas.alert import Alert
from schemas.audit import Execution, execution_ids
from schemas.ids import record_id
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.position import Fill as FillRecord
from schemas.position import LimitReached, PositionChange, change_ids
from schemas.record import from_milliseconds, trusted
from schemas.signal import Position, Signal
from schemas.trade import Trade, trade_ids

Booked = PositionChange | Trade | StrategyMetrics | EquityPoint | Execution | Alert


class BarTimes(NamedTuple):
    """When a bar opens and closes, in milliseconds since the epoch."""

    open_ms: int
    close_ms: int


class Work(NamedTuple):
    """What was asked and answered at one bar, beside what the desk did.

    Attributes:
        asked: the ids of the rules that were asked.
        signals: what was said.
        before: the position before the bar.
        error: what went wrong; empty where nothing did.
        command: what a command did; empty where none was.
        microseconds: how long it took, None where nobody measures.
    """

    asked: Sequence[str] = ()
    signals: Sequence[Signal] = ()
    before: Position = "flat"
    error: str = ""
    command: str = ""
    microseconds: int | None = None


class Book:
    """Writes up the desk of one version on one series. What is the same for all records is worked once.

    State: the number of changes and of executions within the bar that is told, so that their ids differ.
    """

    def __init__(self, strategy: str, version: int, symbol: str, timeframe: str, name: str) -> None:
        self._of: dict[str, Any] = {"strategy": strategy, "version": version, "symbol": symbol, "timeframe": timeframe}
        self._changes = change_ids(strategy, version, symbol, timeframe)
        self._trades = trade_ids(strategy, version, symbol, timeframe)
        self._executions = execution_ids(strategy, version, symbol, timeframe)
        self._name = name
        known = {"strategy": strategy, "symbol": symbol, "timeframe": timeframe}
        self._point: dict[str, Any] = {field: known.get(field) for field in EquityPoint.model_fields}

    def changes(self, changes: Iterable[Change], times: BarTimes, first: int = 0) -> Iterable[Booked]:
        """What happened to the position, and the trades that it closed. ``first`` numbers them within the bar."""
        for number, one in enumerate(changes, first):
            yield self._change(one, times, number)
            if one.trade is not None:
                yield self._trade(one.trade)
            if one.refusal is not None:
                yield self._alert(one, times, number)

    def equity(self, desk: Desk, close_time: datetime) -> EquityPoint:
        """The equity at a close."""
        account, fields = desk.account, self._point.copy()
        equity, value = account.equity, account.value
        fields["close_time"] = close_time
        fields["equity"] = equity
        fields["cash"] = account.cash
        fields["drawdown"] = desk.performance.drawdown
        if equity > 0.0:
            fields["gross_exposure"] = abs(value) / equity
            fields["net_exposure"] = value / equity
        fields["positions"] = 0 if account.trade is None else 1
        return trusted(EquityPoint, fields)

    def metrics(  # noqa: PLR0913  # what is known beside the account
        self, desk: Desk, close_ms: int, price: float, *, status: str, last_signal: str | None, beside: Refusal | None
    ) -> StrategyMetrics:
        """How the strategy stands at a close, once that was told to the desk.

        ``beside`` is what refuses an entry because of the strategy's other series, if anything does.
        """
        refusals = [*desk.risk.refusals(close_ms), *(() if beside is None else (beside,))]
        account = desk.account
        equity = account.equity
        flat = account.trade is None
        return trusted(
            StrategyMetrics,
            {
                **self._of,
                "name": self._name,
                "status": status,
                "close_time": from_milliseconds(close_ms),
                "capital": account.capital,
                "cash": account.cash,
                "position": desk.side,
                "quantity": abs(account.quantity),
                "average_price": None if flat else account.average,
                "price": price,
                "realised": account.realised,
                "unrealised": account.unrealised,
                "last_signal": last_signal,
                "exposure": account.notional / equity if equity > 0.0 else None,
                "risk_score": desk.risk.used(account.notional, equity),
                "violated_limits": tuple([one.limit for one in refusals]),
                "stale": False,
                "performance": desk.performance.figures(),
                "trades": desk.performance.trade_figures(),
            },
        )

    def execution(
        self, desk: Desk, changes: Sequence[Change], times: BarTimes, work: Work, number: int = 0
    ) -> Execution:
        """The audit of a bar, or of a command, at which something happened."""
        fills = [fill for change in changes for fill in change.fills]
        refused = [change for change in changes if change.refusal is not None]
        reasons = [work.command] if work.command else [change.reason for change in refused]
        reason = "; ".join(reasons)[:_LONGEST_REASON]
        record = trusted(
            Execution,
            {
                "id": self._executions.id(str(times.close_ms), str(number)),
                **self._of,
                "open_time": from_milliseconds(times.open_ms),
                "close_time": from_milliseconds(times.close_ms),
                "number": number,
                "outcome": _outcome(work, fills, refused),
                "position_before": work.before,
                "position_after": desk.side,
                "evaluated": tuple(work.asked),
                "signals": tuple([one.id for one in work.signals]),
                "rules": tuple([one.rule for one in work.signals]),
                "fills": tuple([FillRecord(*fill) for fill in fills]),
                "refusals": tuple([_reached(change.refusal) for change in refused if change.refusal is not None]),
                "reason": reason,
                "equity": desk.account.equity,
                "error": work.error[:_LONGEST_REASON],
            },
        )
        return record if work.microseconds is None else record.timed(work.microseconds)

    def _change(self, one: Change, times: BarTimes, number: int) -> PositionChange:
        standing = one.standing
        flat = standing.side == "flat"
        price = one.price if flat else standing.mark
        return trusted(
            PositionChange,
            {
                "id": self._changes.id(str(times.close_ms), str(number)),
                **self._of,
                "open_time": from_milliseconds(times.open_ms),
                "close_time": from_milliseconds(times.close_ms),
                "number": number,
                "change": one.change,
                "position": standing.side,
                "quantity": standing.quantity,
                "average_price": None if flat else standing.average,
                "price": price,
                "fills": tuple([FillRecord(*fill) for fill in one.fills]),
                "realised": standing.realised if one.trade is None else one.trade.trade.gross,
                "unrealised": standing.unrealised,
                "fees": standing.fees if one.trade is None else one.trade.trade.fees,
                "cash": standing.cash,
                "equity": standing.equity,
                "stop_price": _price(standing.stop),
                "target_price": _price(standing.target),
                "liquidation_price": _price(standing.liquidation),
                "reason": one.reason,
                "signal": one.signal,
                "refusal": None if one.refusal is None else _reached(one.refusal),
            },
        )

    def _trade(self, closed: ClosedTrade) -> Trade:
        trade = closed.trade
        return trusted(
            Trade,
            {
                "id": self._trades.id(str(trade.entry_ms), str(closed.number)),
                **self._of,
                "number": closed.number,
                "side": trade.side,
                "entry_time": from_milliseconds(trade.entry_ms),
                "exit_time": from_milliseconds(trade.exit_ms),
                "quantity": trade.quantity,
                "entry_price": trade.entry_price,
                "exit_price": trade.exit_price,
                "gross": trade.gross,
                "fees": trade.fees,
                "profit": trade.profit,
                "profit_fraction": trade.profit_fraction,
                "entries": trade.entries,
                "exits": trade.exits,
                "bars_held": trade.bars_held,
                "entry_reason": trade.entry_reason,
                "exit_reason": trade.exit_reason,
                "stopped": trade.exit_reason in STOPS,
                "adverse_excursion": trade.adverse_excursion,
                "favourable_excursion": trade.favourable_excursion,
                "equity": closed.equity,
                "fills": tuple([FillRecord(*fill) for fill in closed.fills]),
                "entry_signal": closed.entry_signal,
                "exit_signal": closed.exit_signal,
            },
        )

    def _alert(self, one: Change, times: BarTimes, number: int) -> Alert:
        strategy, symbol, timeframe = self._of["strategy"], self._of["symbol"], self._of["timeframe"]
        closed = from_milliseconds(times.close_ms)
        return Alert(
            id=record_id("alert", "refusal", symbol, timeframe, str(times.close_ms), strategy, str(number)),
            kind="refusal",
            severity="warning",
            symbol=symbol,
            timeframe=timeframe,
            strategy=strategy,
            event_time=closed,
            message=f"an order was refused: {one.reason}",
        )


_LONGEST_REASON: Final = 1_000


def _outcome(work: Work, fills: Sequence[Fill], refused: Sequence[Change]) -> str:
    if work.error:
        return "failed"
    if work.command:
        return "commanded"
    if fills:
        return "filled"
    return "refused" if refused else "signalled"


def _reached(refusal: Refused) -> LimitReached:
    if isinstance(refusal, Refusal):
        return refusal.reached
    return LimitReached(refusal.limit, refusal.allowed, refusal.actual)


def _price(price: float) -> float | None:
    """A price that an order can stand at; None of NaN and of what is no price."""
    return price if 0.0 < price < inf else None
