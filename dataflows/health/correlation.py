"""The correlation id: what ties a candle to everything that it causes.

It is ``SYMBOL@CLOSE``, the candle's symbol and close time in UTC: ``BTCUSDT@2025-06-29T15:15:00Z``. A signal, a
composite, a consensus, a late signal, an alert, a refused candle, and what an account says of a bar carry the close at
which they happen; a trade carries the moment at which it ended. An acknowledgement carries the close of the first bar
that it holds for.
"""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Final

from schemas.alert import Alert
from schemas.audit import Execution
from schemas.composite import Composite, Consensus, LateSignal
from schemas.dead_letter import DeadLetter
from schemas.lifecycle import StrategyStatus
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.position import PositionChange
from schemas.record import Record, UtcTime, from_milliseconds, to_milliseconds
from schemas.signal import Signal
from schemas.timeframe import timeframe_ms
from schemas.trade import Trade


def correlation_id(symbol: str, close_ms: int) -> str:
    """The id of a symbol's candle that closes then (milliseconds since the epoch).

    >>> correlation_id("BTCUSDT", 1_751_210_100_000)
    'BTCUSDT@2025-06-29T15:15:00Z'
    """
    return f"{symbol}@{from_milliseconds(close_ms).isoformat().removesuffix('+00:00')}Z"


def correlation_of(record: Record) -> str | None:
    """The id of the candle behind an output record; None for one that no candle caused, or none that can be read."""
    found = _instant(record)
    return None if found is None else correlation_id(*found)


_EVENT_TIME: Final[Mapping[type[Record], Callable[[Any], UtcTime]]] = {
    Signal: attrgetter("close_time"),
    LateSignal: attrgetter("close_time"),
    Composite: attrgetter("window_end"),
    Consensus: attrgetter("window_end"),
    Alert: attrgetter("event_time"),
    PositionChange: attrgetter("close_time"),
    Trade: attrgetter("exit_time"),
    StrategyMetrics: attrgetter("close_time"),
    EquityPoint: attrgetter("close_time"),
    Execution: attrgetter("close_time"),
}


def _instant(record: Record) -> tuple[str, int] | None:
    """Symbol, and the close time in milliseconds."""
    event_time = _EVENT_TIME.get(type(record))
    if event_time is not None:
        of = getattr(record, "symbol", None)  # none where it is of a portfolio, or of a worker
        return None if of is None else (of, to_milliseconds(event_time(record)))
    match record:
        case StrategyStatus(symbol=str() as symbol, timeframe=str() as timeframe) if record.effective_bar:
            return symbol, to_milliseconds(record.effective_bar) + timeframe_ms(timeframe)
        case DeadLetter() if record.event_time is not None and record.record_key:
            symbol = record.record_key.decode("utf-8", "backslashreplace")
            return symbol, to_milliseconds(record.event_time)
    return None
