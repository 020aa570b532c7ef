"""The signals of a strategy on one series: made from the rule that held and the candle at which it did."""

from typing import Any, NamedTuple

from operators.events import LARGEST, Frames, Transition
from operators.strategy.broken import AbsurdValue, first_absurd
from operators.strategy.compile import CompiledRule
from operators.strategy.position import Holding, Stretch
from schemas.lifecycle import DesiredState
from schemas.record import from_milliseconds, trusted
from schemas.signal import Position, Signal, signal_id, signal_ids
from schemas.signal_config import FORCED, Side


class _Made(NamedTuple):
    """What is the same for all signals of a rule: fields, and each name that it reads with its operand's place."""

    fields: dict[str, Any]
    names: list[tuple[str, int]]


class Signals:
    """Makes the signals of one version on one series. What is the same for all of them is worked once."""

    def __init__(self, desired: DesiredState, symbol: str, timeframe: str) -> None:
        self._strategy = desired.strategy
        self._version = desired.version
        self._symbol = symbol
        self._timeframe = timeframe
        self._ids = signal_ids(self._strategy, self._version, symbol, timeframe)
        self._made: dict[str, _Made] = {}

    def of(self, rule: CompiledRule, stretch: Stretch, row: int) -> Signal:
        """The signal of a rule that holds at this row, with the position of the stretch as it was before.

        Raises:
            AbsurdValue: a number that would be in it, or from which its confidence comes, is infinite or beyond
                ``LARGEST``, or the confidence is none from 0 to 1.
        """
        frames = stretch.frames
        made = self._made.get(rule.id) or self._begin(rule)
        read = stretch.values(rule.operands, row)
        how_sure = rule.confidence
        closed = frames.close_ms(row)
        fields = made.fields.copy()
        fields["id"] = self._ids.id(str(closed), rule.id)
        fields["open_time"] = frames.time(row)
        fields["close_time"] = from_milliseconds(closed)
        fields["price"] = frames.columns["close"][row + 1]
        fields["position_before"] = stretch.held.side
        fields["values"] = {name: read[place] for name, place in made.names}
        fields["conditions"] = rule.explain(*read)
        fields["partial"] = row in frames.partial
        measured = stretch.values(how_sure.operands, row)
        fields["confidence"], fields["confidence_terms"] = how_sure.measure(*measured)
        numbers = [*read, *measured] if measured else read
        if not _is_sound(fields, numbers):
            raise _unsound(rule, fields, numbers)
        return trusted(Signal, fields)

    def _begin(self, rule: CompiledRule) -> "_Made":
        after: Position = rule.side if rule.type == "entry" else "flat"
        known = {
            "strategy": self._strategy,
            "version": self._version,
            "symbol": self._symbol,
            "timeframe": self._timeframe,
            "rule": rule.id,
            "type": rule.type,
            "side": rule.side,
            "position_after": after,
            "condition": rule.condition,
            "confidence_method": rule.confidence.method,
        }
        fields = {name: known.get(name) for name in Signal.model_fields}  # all of them, in order: so it is written out
        names = [(name, rule.operands.index(operand)) for name, operand in rule.names.items()]
        made = self._made[rule.id] = _Made(fields, names)
        return made


def _is_sound(fields: dict[str, Any], read: list[float]) -> bool:
    """Whether no number of a signal, nor any that was read for it, is absurd. What was read may be NaN: not ready."""
    sound: bool = 0.0 <= fields["confidence"] <= 1.0 and -LARGEST <= fields["price"] <= LARGEST
    for part in fields["conditions"]:
        left = part[3]
        if left is not None:
            sound = sound and -LARGEST <= left <= LARGEST and -LARGEST <= part[4] <= LARGEST
    for value in read:
        if value > LARGEST or value < -LARGEST:
            return False
    for value in fields["confidence_terms"].values():
        sound = sound and -LARGEST <= value <= LARGEST
    return sound


def _unsound(rule: CompiledRule, fields: dict[str, Any], read: list[float]) -> AbsurdValue:
    """What is wrong with a signal that is not sound."""
    operands = [column for column, _ in (*rule.operands, *rule.confidence.operands)]
    sides = [("a side of a comparison", side) for part in fields["conditions"] for side in part[3:]]
    terms = fields["confidence_terms"].items()
    wrong = first_absurd([("price", fields["price"]), *zip(operands, read, strict=True), *sides, *terms])
    return wrong or AbsurdValue(f"the confidence is {fields['confidence']!r}, expected 0 to 1")


def closing(event: Transition, held: Holding, version: int, rule: str) -> Signal:
    """The signal by which a command closes a position as it takes effect, under the version before it.

    That is at the close of the base candle that made the command due, when the bar of the series may still be forming.
    """
    close_time = from_milliseconds(event.close_time)
    strategy = event.desired.strategy
    return Signal(
        id=signal_id(strategy, version, event.symbol, event.timeframe, close_time, rule),
        strategy=strategy,
        version=version,
        symbol=event.symbol,
        timeframe=event.timeframe,
        open_time=from_milliseconds(event.open_time),
        close_time=close_time,
        rule=rule,
        type="exit",
        side="long" if held.side == "long" else "short",
        confidence=1.0,
        price=event.price,
        position_before=held.side,
        position_after="flat",
        condition=f"command {event.desired.command}",
        values={},
        confidence_terms={"value": 1.0},
    )


def forced(desired: DesiredState, frames: Frames, row: int, side: Side, cause: str, price: float) -> Signal:  # noqa: PLR0913, PLR0917  # whose, where, what and why
    """The signal by which something else than a rule ends a position within a bar, at the price at which it did.

    It is that of the bar in which it happened: its times are those of the bar.
    """
    close_time, rule = from_milliseconds(frames.close_ms(row)), FORCED + cause
    return Signal(
        id=signal_id(desired.strategy, desired.version, frames.symbol, frames.timeframe, close_time, rule),
        strategy=desired.strategy,
        version=desired.version,
        symbol=frames.symbol,
        timeframe=frames.timeframe,
        open_time=frames.time(row),
        close_time=close_time,
        rule=rule,
        type="exit",
        side=side,
        confidence=1.0,
        price=price,
        position_before=side,
        position_after="flat",
        condition=f"{cause} at {price!r}",
        values={},
        confidence_terms={"value": 1.0},
        partial=row in frames.partial,
    )
