"""How far along its key an output record is: what tells a record that is newer than another one from an older one."""

from schemas.alert import Alert
from schemas.composite import Composite, Consensus, LateSignal
from schemas.dead_letter import DeadLetter
from schemas.lifecycle import StrategyStatus
from schemas.record import Record, UtcTime, to_milliseconds
from schemas.signal import Signal


def rank(record: Record) -> int | None:
    """A number that never falls from one record of a key to the next; None where the record has none.

    It is an event time in milliseconds, and of a dead letter the offset of what was refused. An answer to a command as
    a whole has none: no candle caused it.
    """
    if isinstance(record, DeadLetter):
        return record.offset
    instant = _instant(record)
    return None if instant is None else to_milliseconds(instant)


def _instant(record: Record) -> UtcTime | None:
    match record:
        case Signal():
            return record.close_time
        case Composite() | Consensus():
            return record.window_end
        case LateSignal():
            return record.watermark  # the times of late signals go back and forth
        case Alert():
            return record.event_time
        case StrategyStatus():
            return record.effective_bar
    return None
