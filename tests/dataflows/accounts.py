"""A strategy step that says of every signal what an account would: a position, a trade, metrics, equity, an execution.

The figures are made up, and follow from the signal alone, so that every run gives the same bytes.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from operators.strategy.step import Event as StrategyEvent
from operators.strategy.step import StrategyStep
from schemas.audit import Execution, execution_id
from schemas.metrics import CurveFigures, EquityPoint, StrategyMetrics, TradeFigures
from schemas.position import Fill, PositionChange, change_id
from schemas.record import Record, to_milliseconds
from schemas.signal import Signal
from schemas.trade import Trade, trade_ids

OF_ACCOUNTS = (PositionChange, Trade, StrategyMetrics, EquityPoint, Execution)
CAPITAL = 1_000.0
_CURVE: dict[str, Any] = dict.fromkeys(CurveFigures._fields, 0)
_TRADES: dict[str, Any] = dict.fromkeys(TradeFigures._fields, 0)


class Accounting(StrategyStep):
    """Whose signals are each followed by all that an account says; what its own account says is left out."""

    def on_batch(self, events: Iterable[StrategyEvent]) -> list[Any]:
        out: list[Any] = []
        for one in super().on_batch(events):
            if isinstance(one, OF_ACCOUNTS):
                continue
            out.append(one)
            if isinstance(one, Signal):
                out += told(one)
        return out


def told(signal: Signal) -> Iterator[Record]:
    """What an account says of an order that fills at the signal's close."""
    opens = signal.type == "entry"
    number = int(opens)  # of one close the exit comes first
    series: dict[str, Any] = {name: getattr(signal, name) for name in ("strategy", "version", "symbol", "timeframe")}
    bar: dict[str, Any] = {"open_time": signal.open_time, "close_time": signal.close_time}
    at_ms = to_milliseconds(signal.close_time)
    buys = opens == (signal.side == "long")
    fill = Fill(at_ms, "buy" if buys else "sell", 1.0, signal.price, 0.25, signal.rule)
    held = signal.position_after if opens else "flat"
    yield PositionChange(
        id=change_id(**series, close_time=signal.close_time, number=number),
        **series,
        **bar,
        number=number,
        change="opened" if opens else "closed",
        position=held,
        quantity=float(opens),
        average_price=signal.price if opens else None,
        price=signal.price,
        fills=(fill,),
        realised=0.0,
        unrealised=0.0,
        fees=0.25,
        cash=CAPITAL,
        equity=CAPITAL,
        reason=signal.rule,
        signal=signal.id,
    )
    if not opens:
        yield Trade(
            id=trade_ids(**series).id(str(at_ms), "1"),
            **series,
            number=1,
            side=signal.side,
            entry_time=signal.open_time,
            exit_time=signal.close_time,
            quantity=1.0,
            entry_price=signal.price,
            exit_price=signal.price,
            gross=0.0,
            fees=0.5,
            profit=-0.5,
            profit_fraction=-0.5 / signal.price,
            entries=1,
            exits=1,
            bars_held=1,
            entry_reason="in",
            exit_reason=signal.rule,
            stopped=False,
            adverse_excursion=0.0,
            favourable_excursion=0.0,
            equity=CAPITAL,
            exit_signal=signal.id,
        )
    yield StrategyMetrics(
        **series,
        status="running",
        close_time=signal.close_time,
        capital=CAPITAL,
        cash=CAPITAL,
        position=held,
        quantity=float(opens),
        price=signal.price,
        realised=0.0,
        unrealised=0.0,
        last_signal=signal.id,
        performance=CurveFigures(**_CURVE)._replace(exposure_time=0.0),
        trades=TradeFigures(**_TRADES),
    )
    if opens:
        yield EquityPoint(
            strategy=signal.strategy,
            symbol=signal.symbol,
            timeframe=signal.timeframe,
            close_time=signal.close_time,
            equity=CAPITAL,
            cash=CAPITAL - signal.price,
            drawdown=0.0,
            positions=1,
        )
    yield Execution(
        id=execution_id(**series, close_time=signal.close_time, number=number),
        **series,
        **bar,
        number=number,
        outcome="filled",
        position_before=signal.position_before,
        position_after=signal.position_after,
        evaluated=(signal.rule,),
        signals=(signal.id,),
        rules=(signal.rule,),
        fills=(fill,),
        equity=CAPITAL,
    ).timed(at_ms % 997)
