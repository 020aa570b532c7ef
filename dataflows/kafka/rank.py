"""How far along its key an output record is: what tells a record that is newer than another one from an older one."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Final

from schemas.alert import Alert
from schemas.audit import Execution
from schemas.composite import Composite, Consensus, LateSignal
from schemas.dead_letter import DeadLetter
from schemas.lifecycle import StrategyStatus
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.portfolio_event import PortfolioEvent
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.position import PositionChange
from schemas.record import Record, UtcTime, to_milliseconds
from schemas.signal import Signal
from schemas.trade import Trade

_EVENT_TIME: Final[Mapping[type[Record], Callable[[Any], UtcTime | None]]] = {
    Signal: attrgetter("close_time"),
    Composite: attrgetter("window_end"),
    Consensus: attrgetter("window_end"),
    LateSignal: attrgetter("watermark"),  # the times of late signals go back and forth
    PositionChange: attrgetter("close_time"),
    Trade: attrgetter("exit_time"),
    StrategyMetrics: attrgetter("close_time"),
    EquityPoint: attrgetter("close_time"),
    Execution: attrgetter("close_time"),
    PortfolioMetrics: attrgetter("close_time"),
    PortfolioEvent: attrgetter("close_time"),
    Alert: attrgetter("event_time"),
    StrategyStatus: attrgetter("effective_bar"),
}


def rank(record: Record) -> int | None:
    """A number that never falls from one record of a key to the next; None where the record has none.

    It is an event time in milliseconds, and of a dead letter the offset of what was refused. A change of a position has
    that of its last fill, as the trade that ends with it. An answer to a command as a whole has none: no candle caused
    it.
    """
    if isinstance(record, DeadLetter):
        return record.offset
    if isinstance(record, PositionChange) and record.fills:
        return record.fills[-1].time_ms
    event_time = _EVENT_TIME.get(type(record))
    instant = None if event_time is None else event_time(record)
    return None if instant is None else to_milliseconds(instant)
