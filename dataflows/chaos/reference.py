"""What would have come: the graph in memory on the very candles that lie on the topic, with every command in its place.

The place of a command is the one decision that depends on timing, and the journal has it. All else is worked out anew:
records are read, refused and handed on here by code of this module, not by the source that is on trial.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from confluent_kafka import Message

from dataflows.chaos.inputs import PARAMETERS
from dataflows.graph import FeedItem
from dataflows.prove.case import Case
from dataflows.prove.cases import reference
from dataflows.prove.delivery import Piece, Plan
from dataflows.prove.run import Emitted, worked
from operators.control.fanout import Fanout
from operators.control.records import ControlRecord
from operators.control.registry import Registry
from operators.events import CandleBatch, Command, Enrolment, Listing
from operators.strategy.catalog import Catalog
from schemas.candle_row import CandleRow
from schemas.codec import Codec, DecodeError
from schemas.dead_letter import DeadLetter, Reason, dead_letter
from schemas.lifecycle import StrategyStatus, StrategyVersion
from schemas.placement import Placement
from schemas.record import from_milliseconds
from schemas.timeframe import timeframe_ms

SKEW_MS = 60_000
AT_ONCE = 1_000

Item = tuple[str, FeedItem]
Places = Mapping[int, int]
"""By offset of a control record: the offset of the candle before which it is worked."""


@dataclass(frozen=True)
class Topics:
    """What lies on the topics that are read, whole: candles by partition, the control log, the journal's placements."""

    candles: Mapping[int, Sequence[Message]]
    control: Sequence[tuple[int, ControlRecord]]
    placed: Mapping[int, Sequence[Placement]]


def expected(topics: Topics, codec: Codec) -> Emitted:
    """What the output topics must hold, by topic and key."""
    plans = {
        str(partition): _plan(_items(topics, partition, messages, codec))
        for partition, messages in topics.candles.items()
    }
    answers = list(_answers(topics.control))
    plans["control"] = _plan(iter(answers))
    versions = [record for _, record in topics.control if isinstance(record, StrategyVersion)]
    return worked(plans, _accepted(versions), PARAMETERS, case=Case(reference().name))


def places(placed: Sequence[Placement]) -> dict[int, int]:
    """Of several lives that placed a record the latest counts: what an earlier one sent may have come late."""
    found: dict[int, int] = {}
    for one in sorted(placed, key=lambda one: one.run):
        found.update(dict.fromkeys(range(one.first, one.end), one.candles))
    return found


def unplaced(topics: Topics) -> list[tuple[int, int]]:
    """Partitions and offsets of control records that no part has placed, though its partition has candles."""
    known = {partition: places(topics.placed.get(partition, ())) for partition in topics.candles}
    return [
        (partition, offset)
        for partition in topics.candles
        for offset, _record in topics.control
        if offset not in known[partition]
    ]


def _accepted(versions: Sequence[StrategyVersion]) -> list[StrategyVersion]:
    """One of each number: what comes again is the same."""
    return list({(one.strategy, one.version): one for one in reversed(versions)}.values())


def _plan(items: Iterator[Item]) -> Plan:
    pieces = []
    while piece := list(islice(items, AT_ONCE)):
        pieces.append(Piece(piece))
    return Plan(pieces, ())


def _answers(control: Sequence[tuple[int, ControlRecord]]) -> Iterator[Item]:
    registry = Registry(Catalog())
    for _offset, record in control:
        answer = registry.apply(record)
        if isinstance(answer, StrategyStatus):
            yield answer.key, answer
        elif answer.refusal:
            raise ValueError(f"what the owner says in {record.key} is refused: {answer.refusal}")


def _items(topics: Topics, partition: int, messages: Sequence[Message], codec: Codec) -> Iterator[Item]:
    """A partition, candle by candle, with what comes before each."""
    fanout = Fanout(Registry(Catalog()))
    before: dict[int, list[ControlRecord]] = defaultdict(list)
    known = places(topics.placed.get(partition, ()))
    for offset, record in topics.control:  # in this order: so it is within one place
        if offset in known:
            before[known[offset]].append(record)
    waiting = sorted(before)
    for message in messages:
        offset = message.offset() or 0
        while waiting and waiting[0] <= offset:
            for record in before[waiting.pop(0)]:
                yield from _keyed(fanout.control(record))
        read = _read(message, codec)
        if isinstance(read, DeadLetter):
            yield read.key, read
        elif read[8]:
            yield from _keyed(fanout.symbol(read[0]))
            yield read[0], CandleBatch(read[0], message.topic() or "", partition, [read], [offset], [message.value()])


def _keyed(events: Sequence[Command | Enrolment | Listing]) -> Iterator[Item]:
    for event in events:
        yield event.symbol, event


def _read(message: Message, codec: Codec) -> CandleRow | DeadLetter:
    recorded = message.timestamp()[1]
    try:
        row = codec.decode_candle_row(message.value())
    except DecodeError as error:
        return _refused(message, error.reason, error.detail)
    closes = row[2] + timeframe_ms(row[1])
    if row[8] and closes > recorded + SKEW_MS:
        at, written = from_milliseconds(closes).isoformat(), from_milliseconds(recorded).isoformat()
        detail = f"{row[0]} {row[1]}: the candle closes at {at}, but was recorded before, at {written}"
        return _refused(message, Reason.FROM_THE_FUTURE, detail)
    return row


def _refused(message: Message, reason: Reason, detail: str) -> DeadLetter:
    return dead_letter(
        reason,
        detail,
        topic=message.topic() or "",
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        key=message.key(),
        value=message.value(),
    )
